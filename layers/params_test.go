package layers

import (
	"strings"
	"testing"
)

// What is declared of a ViT's and its head's parameters are the reference's groups: everything of two dimensions and
// more decays unless it is a bias (get_params_groups), and norm_last_layer holds weight_g at 1.
func TestParamsAreTheReferencesGroups(t *testing.T) {
	for _, normLast := range []bool{false, true} {
		l := &Params{}
		ViTConfig{ImageSize: 32, Patch: 8, Dim: 64, Depth: 2, Heads: 1}.AddParams(l, "backbone.")
		HeadConfig{In: 64, Layers: 3, Hidden: 80, Bottleneck: 16, Out: 50, NormLast: normLast}.AddParams(l, "head.")
		for _, p := range l.List {
			if want := len(p.Shape) > 1 && !strings.HasSuffix(p.Name, ".bias"); p.Decay != want {
				t.Errorf("%s %v decays: %t", p.Name, p.Shape, p.Decay)
			}
			if want := strings.Contains(p.Name, "last_layer"); p.LastLayer != want {
				t.Errorf("%s is of the last layer: %t", p.Name, p.LastLayer)
			}
			if want := normLast && strings.HasSuffix(p.Name, "weight_g"); p.Frozen != want {
				t.Errorf("%s is frozen: %t", p.Name, p.Frozen)
			}
			if p.Buffer {
				t.Errorf("%s is a buffer", p.Name)
			}
		}
	}
}
