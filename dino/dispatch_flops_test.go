package dino

import (
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// No dispatch of any preset's training takes longer than drivers bear, on the slowest GPUs and on those that put all crops
// side by side.
func TestNoDispatchIsTooLong(t *testing.T) {
	integrated := gpu.Adapter{Kind: "integrated", Limits: gpu.Limits{Binding: gpu.DesktopBinding, Buffer: gpu.DesktopBinding}}.Target()
	for _, preset := range settings.Presets() {
		s, err := settings.FromPreset(preset.Name)
		if err != nil {
			t.Fatal(err)
		}
		for name, target := range map[string]gpu.Target{"integrated": integrated, "desktop": gpu.DesktopTarget()} {
			tr, err := Record(s.Config, target, 1, Options{})
			if err != nil {
				t.Fatal(err)
			}
			longest, what := 0, ""
			for _, p := range tr.all() {
				p.Each(func(k gpu.Kernel, args []gpu.Tensor) {
					if k.Flops > longest {
						longest, what = k.Flops, k.Name
					}
				})
			}
			t.Logf("%s, %s: %d dispatches, the longest %s of %.1f GFLOP", preset.Name, name, tr.Dispatches(), what, float64(longest)/1e9)
			if longest > target.DispatchFlops {
				t.Errorf("%s, %s: %s takes %d FLOPs at once, %d are allowed", preset.Name, name, what, longest, target.DispatchFlops)
			}
		}
	}
}
