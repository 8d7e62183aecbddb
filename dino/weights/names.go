package weights

import (
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A part is what a tensor of a file is to a network: the whole of a parameter, or a third of a qkv.
type part struct {
	stored
	of    string // the parameter, as the released state_dict names it
	third int    // 1, 2, 3: its query, key or value rows; 0: all of it
}

// A state is what a file's tensors are, by their names.
type state struct {
	networks []namedNetwork // the teacher first
	center   *stored        // the loss's, nil where there is none
	training bool           // beside the networks there are an optimizer's tensors or the like
	hf       bool           // names are Hugging Face's
}

// A namedNetwork is one network's tensors.
type namedNetwork struct {
	role  string
	parts []part
}

// wrappers are keys that programs put around a state dict.
var wrappers = []string{"state_dict", "model", "model_state_dict"}

// besides are keys that training programs put beside one.
var besides = []string{"optimizer", "optimizer_state_dict", "dino_loss", "fp16_scaler", "scaler", "lr_scheduler"}

// sortOut finds a file's networks. Where there are keys teacher and student, these are two; what lies beside them, or
// beside a key like state_dict, belongs to the training and not to a network.
func sortOut(tensors []stored) state {
	all := make([]part, len(tensors))
	for i, t := range tensors {
		all[i] = part{stored: t, of: unwrapped(t.name)}
	}
	s := state{}
	for _, p := range all {
		if p.of == "dino_loss.center" || p.of == "center" {
			s.center = &p.stored
		}
	}
	for {
		teacher, student := within(all, RoleTeacher), within(all, RoleStudent)
		if len(teacher)+len(student) > 0 {
			for _, n := range []namedNetwork{{RoleTeacher, teacher}, {RoleStudent, student}} {
				if len(n.parts) > 0 {
					s.networks = append(s.networks, n)
				}
			}
			break
		}
		i := slices.IndexFunc(wrappers, func(key string) bool { return len(within(all, key)) > 0 })
		if i < 0 {
			kept := slices.DeleteFunc(slices.Clone(all), func(p part) bool { return slices.Contains(besides, firstKey(p.of)) })
			s.networks = []namedNetwork{{RoleTeacher, kept}}
			break
		}
		all = within(all, wrappers[i])
	}
	kept := 0
	for _, n := range s.networks {
		kept += len(n.parts)
		for i := range n.parts {
			s.hf = n.parts[i].rename() || s.hf
		}
	}
	s.training = kept < len(tensors)
	return s
}

// within are the parts whose names begin with a key, without it.
func within(all []part, key string) []part {
	var inner []part
	for _, p := range all {
		if rest, ok := strings.CutPrefix(p.of, key+"."); ok {
			p.of = rest
			inner = append(inner, p)
		}
	}
	return inner
}

func firstKey(name string) string {
	key, _, _ := strings.Cut(name, ".")
	return key
}

// unwrapped is a name without the prefixes that classes around a network give it, wherever they stand. The released
// evaluations take them away in the same way.
func unwrapped(name string) string {
	keys := strings.Split(name, ".")
	last := keys[len(keys)-1]
	kept := slices.DeleteFunc(keys[:len(keys)-1], func(key string) bool { return key == "module" || key+"." == settings.BackbonePrefix })
	return strings.Join(append(kept, last), ".")
}

// earlierHeads are names of the head in checkpoints from before the code was released (facebookresearch/dino, issues 30
// and 65).
var earlierHeads = map[string]string{"projection_head": settings.HeadPrefix + "mlp", "prototypes": settings.HeadPrefix + "last_layer"}

// rename gives a part the released name of its parameter, and tells whether it had Hugging Face's.
func (p *part) rename() (hf bool) {
	if p.of, p.third, hf = huggingFaceName(p.of); hf {
		return true
	}
	key := firstKey(p.of)
	if now, ok := earlierHeads[key]; ok {
		p.of = now + strings.TrimPrefix(p.of, key)
	}
	return false
}
