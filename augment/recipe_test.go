package augment

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

var (
	globalScale = [2]float64{0.4, 1}
	localScale  = [2]float64{0.05, 0.4}
)

// The numbers of the reference code's DataAugmentationDINO.
func TestReferenceNumbers(t *testing.T) {
	r := Reference(224, globalScale, 8, 96, localScale)
	if r.Views() != 10 || r.Size(0) != 224 || r.Size(1) != 224 || r.Size(2) != 96 || r.Size(9) != 96 {
		t.Errorf("%d views of sizes %d %d %d", r.Views(), r.Size(0), r.Size(1), r.Size(2))
	}
	for v, want := range [][2]float64{{1, 0}, {0.1, 0.2}, {0.5, 0}} {
		k := r.Kind(v)
		if k.Blur != want[0] || k.Solarize != want[1] {
			t.Errorf("view %d: blur %g solarize %g, want %v", v, k.Blur, k.Solarize, want)
		}
		if k.Flip != 0.5 || k.Gray != 0.2 || k.Sigma != [2]float64{0.1, 2} || k.Jitter != (Jitter{0.8, 0.4, 0.4, 0.2, 0.1}) {
			t.Errorf("view %d: %+v", v, *k)
		}
	}
	if r.Global2.Scale != globalScale || r.Local.Scale != localScale {
		t.Errorf("scales %v %v", r.Global2.Scale, r.Local.Scale)
	}
}

// How often each step changes a crop, counted over many streams. A single step
// is switched on by itself so that its effect can be told.
func TestChancesHold(t *testing.T) {
	im := noise(6, 6, 1)
	const n = 4000
	for name, c := range map[string]struct {
		set  func(*Kind)
		want float64
	}{
		"flip":     {func(k *Kind) { k.Flip = 0.5 }, 0.5},
		"gray":     {func(k *Kind) { k.Gray = 0.2 }, 0.2},
		"blur":     {func(k *Kind) { k.Blur, k.Sigma = 0.1, [2]float64{1, 2} }, 0.1},
		"solarize": {func(k *Kind) { k.Solarize = 0.2 }, 0.2},
		"jitter":   {func(k *Kind) { k.Jitter = Jitter{P: 0.8, Brightness: 0.4} }, 0.8},
	} {
		k := Kind{Size: 6, Scale: [2]float64{1, 1}, Ratio: [2]float64{1, 1}}
		c.set(&k)
		changed := 0
		dst := make([]uint8, 6*6*3)
		for i := range n {
			k.view(dst, im, NewRand(Key{Image: i}), &scratch{})
			if !bytes.Equal(dst, im.Pix) {
				changed++
			}
		}
		// Five standard errors.
		if got := float64(changed) / n; math.Abs(got-c.want) > 5*math.Sqrt(c.want*(1-c.want)/n)+0.002 {
			t.Errorf("%s changed %.3f of the crops, want %.3f", name, got, c.want)
		}
	}
}

// Light changes a gray image but keeps it gray, and always changes it.
func TestLight(t *testing.T) {
	r := Light(28, globalScale, 4, 14, localScale)
	im := NewImage(28, 28)
	g := noise(28, 28, 2)
	for i := range 28 * 28 {
		copy(im.Pix[3*i:], []uint8{g.Pix[i], g.Pix[i], g.Pix[i]})
	}
	for v := range r.Views() {
		pix := r.View(im, v, NewRand(Key{View: v}))
		if len(pix) != r.Size(v)*r.Size(v)*3 {
			t.Fatalf("view %d has %d bytes", v, len(pix))
		}
		for i := 0; i < len(pix); i += 3 {
			if pix[i] != pix[i+1] || pix[i] != pix[i+2] {
				t.Fatalf("view %d: a gray image got the color %v", v, pix[i:i+3])
			}
		}
	}
	if k := r.Local; k.Flip != 0.5 || k.Jitter != (Jitter{P: 1, Brightness: 0.4, Contrast: 0.4}) || k.Blur+k.Solarize+k.Gray != 0 {
		t.Errorf("%+v", k)
	}
}

func TestViewIsPure(t *testing.T) {
	r, im := Reference(32, globalScale, 2, 16, localScale), noise(50, 40, 3)
	for v := range r.Views() {
		key := Key{Seed: 1, Epoch: 2, Image: 3, View: v}
		a, b := r.View(im, v, NewRand(key)), r.View(im, v, NewRand(key))
		if !bytes.Equal(a, b) {
			t.Errorf("view %d differs from itself", v)
		}
		key.Epoch++
		if bytes.Equal(a, r.View(im, v, NewRand(key))) {
			t.Errorf("view %d is the same in the next epoch", v)
		}
	}
}

// The orders of the color changes are all reached.
func TestJitterOrders(t *testing.T) {
	j := Jitter{P: 1, Brightness: 0.4, Contrast: 0.4}
	base := []uint8{10, 10, 10, 240, 240, 240, 60, 60, 60}
	var brightFirst, contrastFirst int
	for i := range 400 {
		pix := append([]uint8(nil), base...)
		j.apply(pix, NewRand(Key{Image: i}))
		r := NewRand(Key{Image: i}) // the same draws again
		b, c := r.Uniform(0.6, 1.4), r.Uniform(0.6, 1.4)
		bc, cb := append([]uint8(nil), base...), append([]uint8(nil), base...)
		Brightness(bc, b)
		Contrast(bc, c)
		Contrast(cb, c)
		Brightness(cb, b)
		switch {
		case bytes.Equal(bc, cb):
		case bytes.Equal(pix, bc):
			brightFirst++
		case bytes.Equal(pix, cb):
			contrastFirst++
		default:
			t.Fatalf("stream %d: %v is neither order's result, %v or %v", i, pix, bc, cb)
		}
	}
	if brightFirst < 100 || contrastFirst < 100 {
		t.Errorf("brightness came first %d times, contrast %d times", brightFirst, contrastFirst)
	}
}

func TestRecipeCheck(t *testing.T) {
	good := Reference(32, globalScale, 2, 16, localScale)
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	none := Reference(32, globalScale, 0, 0, [2]float64{})
	if err := none.Check(); err != nil {
		t.Errorf("without local crops their size doesn't matter: %v", err)
	}
	for say, spoil := range map[string]func(*Recipe){
		"number of local crops": func(r *Recipe) { r.Locals = -1 },
		"size of 0":             func(r *Recipe) { r.Global1.Size = 0 },
		"area scale":            func(r *Recipe) { r.Local.Scale = [2]float64{0.4, 0.05} },
		"area scale from NaN":   func(r *Recipe) { r.Local.Scale[0] = math.NaN() },
		"area scale from 0.4":   func(r *Recipe) { r.Global2.Scale[1] = 1.5 },
		"probability of 1.5":    func(r *Recipe) { r.Global2.Gray = 1.5 },
		"color strength":        func(r *Recipe) { r.Global2.Jitter.Contrast = -1 },
		"hue strength":          func(r *Recipe) { r.Global2.Jitter.Hue = 0.6 },
		"blur from":             func(r *Recipe) { r.Global1.Sigma = [2]float64{0, 0} },
	} {
		r := good
		spoil(&r)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("want an error with %q, got %v", say, err)
		}
	}
}

func BenchmarkViewSmall(b *testing.B) {
	r, im := Light(28, globalScale, 4, 14, localScale), noise(28, 28, 4)
	for v, name := range map[int]string{0: "global28", 2: "local14"} {
		b.Run(name, func(b *testing.B) {
			s, dst := &scratch{}, make([]uint8, r.Size(v)*r.Size(v)*3)
			i := 0
			for b.Loop() {
				r.Kind(v).view(dst, im, NewRand(Key{Image: i, View: v}), s)
				i++
			}
		})
	}
}

func BenchmarkViewReference(b *testing.B) {
	r, im := Reference(224, globalScale, 8, 96, localScale), noise(500, 375, 4)
	for v, name := range map[int]string{0: "global224", 2: "local96"} {
		b.Run(name, func(b *testing.B) {
			s, dst := &scratch{}, make([]uint8, r.Size(v)*r.Size(v)*3)
			i := 0
			for b.Loop() {
				r.Kind(v).view(dst, im, NewRand(Key{Image: i, View: v}), s)
				i++
			}
		})
	}
}
