package weights

import (
	"slices"
	"strings"
)

// format says what a file is, in words, by its kind and the names of its tensors.
func (l *located) format(s state) string {
	kind := " (" + l.kind + ")"
	if l.header != nil {
		return "checkpoint of dinogpu, " + roles(s)
	}
	for _, n := range s.networks {
		if what := otherModel(n); what != "" {
			what, _, _ = strings.Cut(what, ",")
			return "what looks like " + what + kind
		}
	}
	has := s.has
	switch {
	case l.meta[metaHeads] != "":
		return "backbone of dinogpu" + kind
	case s.hf:
		return "Hugging Face ViT" + kind
	case !has(ofViT):
		return "tensors" + kind
	case len(s.networks) > 1 || s.center != nil:
		return "DINO checkpoint" + kind + ", " + roles(s)
	case l.config != nil && l.config.timm || has(func(name string) bool { return name == "head.weight" }):
		return "timm ViT" + kind
	case has(ofHead):
		return "DINO backbone and head" + kind
	}
	return "DINO or timm backbone" + kind // whose names are the same
}

// roles are the networks' names.
func roles(s state) string {
	var names []string
	for _, n := range s.networks {
		names = append(names, n.role)
	}
	return strings.Join(names, " and ")
}

// has tells whether a parameter of such a name is in one of the networks.
func (s state) has(name func(string) bool) bool {
	return slices.ContainsFunc(s.networks, func(n namedNetwork) bool {
		return slices.ContainsFunc(n.parts, func(p part) bool { return name(p.of) })
	})
}

// ofViT tells names that a vision transformer begins with.
func ofViT(name string) bool { return name == "cls_token" || name == "patch_embed.proj.weight" }
