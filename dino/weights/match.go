package weights

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// An offer is what a file has for a parameter.
type offer struct {
	shape []int
	parts []part // one, or the query, key and value rows, which lie below each other in qkv
}

// gather puts the parts of a network together by parameter. lone holds thirds of a qkv whose others are not there.
func gather(parts []part) (offers map[string]offer, lone []part, err error) {
	offers = map[string]offer{}
	split := map[string][]part{}
	for _, p := range parts {
		o, there := offers[p.of]
		others := split[p.of]
		switch {
		case there || len(others) > 0 && p.third == 0 || slices.ContainsFunc(others, func(q part) bool { return q.third == p.third }):
			return nil, nil, fmt.Errorf("holds %s twice, under different prefixes: export one network into a file of its own", disk.Quote(p.of))
		case p.third > 0:
			split[p.of] = append(others, p)
		default:
			o.shape, o.parts = p.shape, []part{p}
			offers[p.of] = o
		}
	}
	for _, of := range slices.Sorted(maps.Keys(split)) {
		three := split[of]
		if len(three) < len(thirds) {
			lone = append(lone, three...)
			continue
		}
		slices.SortFunc(three, func(a, b part) int { return cmp.Compare(a.third, b.third) })
		o := offer{parts: three}
		if first := three[0].shape; len(first) > 0 && slices.Equal(first, three[1].shape) && slices.Equal(first, three[2].shape) {
			o.shape = slices.Clone(first)
			o.shape[0] *= len(thirds) // elements has bounded it
		}
		offers[of] = o
	}
	return offers, lone, nil
}

// A slot is a parameter and what fills it; where nothing does, it starts as in a fresh network.
type slot struct {
	param layers.Param
	parts []part
}

// A matched network is one whose values may be read.
type matched struct {
	role     string
	backbone []slot // in the order of the released state_dict
	head     []part
	faults   []string // what keeps the file from being exactly this backbone
	taken    int      // parameters that the file fills
	fresh    int      // values of those that it does not
}

// match puts the tensors into the backbone's order, by name and shape.
func match(n namedNetwork, v layers.ViTConfig) (matched, error) {
	offers, lone, err := gather(n.parts)
	if err != nil {
		return matched{}, err
	}
	m := matched{role: n.role}
	l := &layers.Params{}
	v.AddParams(l, settings.BackbonePrefix) // fresh values hang on the whole name
	var missing, wrong, over []string
	for _, p := range l.List {
		name := strings.TrimPrefix(p.Name, settings.BackbonePrefix)
		o, ok := offers[name]
		delete(offers, name)
		switch {
		case !ok:
			missing = append(missing, name)
		case o.shape == nil:
			wrong = append(wrong, fmt.Sprintf("the query, key and value rows of %s %v, %v, %v", name, o.parts[0].shape, o.parts[1].shape, o.parts[2].shape))
		case !slices.Equal(o.shape, p.Shape):
			wrong = append(wrong, fmt.Sprintf("%s %v instead of %v", name, o.shape, p.Shape))
		default:
			m.backbone = append(m.backbone, slot{p, o.parts})
			m.taken++
			continue
		}
		m.backbone = append(m.backbone, slot{param: p})
		m.fresh += p.Len()
	}
	for _, name := range slices.Sorted(maps.Keys(offers)) {
		switch o := offers[name]; {
		case !ofHead(name):
			for _, p := range o.parts {
				over = append(over, disk.Quote(p.name))
			}
		case !strings.HasSuffix(name, ".num_batches_tracked"): // a norm's counter, of no use here
			m.head = append(m.head, o.parts...)
		}
	}
	slices.SortStableFunc(m.head, headOrder)
	for _, p := range lone {
		over = append(over, disk.Quote(p.name))
	}
	for _, f := range []struct {
		what  string
		names []string
	}{{"it lacks", missing}, {"of another shape are", wrong}, {"it has no place for", over}} {
		if len(f.names) > 0 {
			m.faults = append(m.faults, f.what+" "+listed(f.names))
		}
	}
	return m, nil
}

// ofHead tells whether a tensor stands behind the backbone: DINO's head, or that of another method.
func ofHead(name string) bool { return strings.HasPrefix(name, settings.HeadPrefix) }

// headOrder is that of the released state_dict: the MLP's layers by number, then the last layer; a weight before its bias.
func headOrder(a, b part) int {
	key := func(p part) (last, number int, kind string) {
		keys := strings.Split(p.of, ".")
		if keys[1] == "last_layer" {
			last = 1
		}
		if len(keys) > 2 {
			number, _ = strconv.Atoi(keys[2]) // a head of one layer has none
		}
		return last, number, keys[len(keys)-1]
	}
	lastA, numberA, kindA := key(a)
	lastB, numberB, kindB := key(b)
	kinds := func(kind string) int { return slices.Index([]string{"weight", "bias"}, kind) }
	return cmp.Or(cmp.Compare(lastA, lastB), cmp.Compare(numberA, numberB), cmp.Compare(kinds(kindA), kinds(kindB)), cmp.Compare(kindA, kindB))
}

// listed names the first few and counts the rest.
func listed(names []string) string {
	const most = 4
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
