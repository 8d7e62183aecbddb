package augment

import (
	"fmt"
	"testing"
)

// A whole view of each kind is the reference's steps in the reference's order:
// crop, flip, colors in any of their 24 orders, gray, blur, solarize, with the
// factors' ranges of reference code and the same draws. Every step, order and
// combination that matters occurs among the streams.
func TestViewStepByStep(t *testing.T) {
	recipe, im := Reference(24, globalScale, 1, 12, localScale), noise(60, 45, 1)
	for v := range recipe.Views() {
		k := recipe.Kind(v)
		happened := map[string]int{}
		orders := map[[4]int]bool{}
		for i := range 600 {
			key := Key{Image: i, View: v}
			got := recipe.View(im, v, NewRand(key))

			r := NewRand(key)
			want := ResizedCrop(im, RandomBox(60, 45, k.Scale, defaultRatio, r), k.Size, k.Size).Pix
			did := ""
			step := func(name string, p float64, do func()) {
				if r.Float() < p {
					do()
					happened[name]++
					did += " " + name
				}
			}
			step("flip", 0.5, func() { Flip(want, k.Size) })
			step("jitter", 0.8, func() {
				brightness, contrast, saturation := r.Uniform(0.6, 1.4), r.Uniform(0.6, 1.4), r.Uniform(0.8, 1.2)
				hue := r.Uniform(-0.1, 0.1)
				order := [4]int{0, 1, 2, 3}
				for j := 3; j > 0; j-- {
					o := r.IntN(j + 1)
					order[j], order[o] = order[o], order[j]
				}
				orders[order] = true
				for _, change := range order {
					switch change {
					case 0:
						Brightness(want, brightness)
					case 1:
						Contrast(want, contrast)
					case 2:
						Saturation(want, saturation)
					case 3:
						Hue(want, hue)
					}
				}
			})
			step("gray", 0.2, func() { Grayscale(want) })
			step("blur", []float64{1, 0.1, 0.5}[v], func() { Blur(want, k.Size, k.Size, r.Uniform(0.1, 2)) })
			step("solarize", []float64{0, 0.2, 0}[v], func() { Solarize(want) })
			within(t, fmt.Sprintf("view %d of stream %d:%s", v, i, did), got, want, 0)
			happened[did]++
		}
		if len(orders) != 24 {
			t.Errorf("view %d: the colors changed in %d of their 24 orders", v, len(orders))
		}
		all := []string{" flip jitter gray blur", " flip jitter gray blur solarize", " flip jitter gray blur"}[v]
		if happened[all] == 0 {
			t.Errorf("view %d: never all of%s", v, all)
		}
	}
}
