package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// goldenVideo is the golden sequence: features of 6 frames, the first frame's labels, and what follows from both.
type goldenVideo struct {
	config   propagationConfig
	patch    int
	features [][]float32
	first    []float32   // (H*W, Classes)
	soft     [][]float32 // (H*W, Classes) of each frame
	masks    [][]uint8
}

func openGoldenVideo(t *testing.T) (goldenVideo, *golden.File) {
	t.Helper()
	g := golden.Open(t, "video.safetensors")
	shape := g.Shape("soft") // frames, classes, rows, columns
	v := goldenVideo{
		config: propagationConfig{
			H: shape[2], W: shape[3], Dim: g.Shape("features")[2], Classes: shape[1],
			LastFrames: g.Int("n_last_frames"), Neighborhood: g.Int("size_mask_neighborhood"), TopK: g.Int("topk"),
		},
		patch: g.Int("patch"),
	}
	n := v.config.H * v.config.W
	var labels []uint8
	for _, l := range g.Ints("first.labels") {
		labels = append(labels, uint8(l))
	}
	v.first = oneHot(labels, v.config.Classes)
	features, soft, masks := g.Float32s("features"), g.Float32s("soft"), g.Bytes("masks")
	for f := range shape[0] {
		v.features = append(v.features, features[f*n*v.config.Dim:(f+1)*n*v.config.Dim])
		v.soft = append(v.soft, transposed(soft[f*n*v.config.Classes:(f+1)*n*v.config.Classes], v.config.Classes, n))
		if f > 0 {
			size := n * v.patch * v.patch
			v.masks = append(v.masks, masks[(f-1)*size:f*size])
		}
	}
	return v, g
}

// transposed turns (rows, columns) into (columns, rows).
func transposed(x []float32, rows, columns int) []float32 {
	out := make([]float32, len(x))
	for r := range rows {
		for c := range columns {
			out[c*rows+r] = x[r*columns+c]
		}
	}
	return out
}

// off is the largest difference.
func off(t *testing.T, a, b []float32) float64 {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d values beside %d", len(a), len(b))
	}
	worst := 0.0
	for i := range a {
		worst = max(worst, math.Abs(float64(a[i])-float64(b[i])))
		if a[i] != a[i] || b[i] != b[i] {
			return math.Inf(1)
		}
	}
	return worst
}

// propagate runs a whole video on the device.
func propagate(t *testing.T, d *gpu.Device, c propagationConfig, features [][]float32, first []float32) [][]float32 {
	t.Helper()
	p, err := newPropagation(d, c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.release()
	if err := p.begin(features[0], first); err != nil {
		t.Fatal(err)
	}
	soft := [][]float32{first}
	for _, f := range features[1:] {
		labels, err := p.next(context.Background(), f)
		if err != nil {
			t.Fatal(err)
		}
		soft = append(soft, labels)
	}
	return soft
}

// From features to masks: PyTorch's soft labels, stretched classes and masks, on the device and by plain loops.
func TestPropagationEqualsReference(t *testing.T) {
	v, g := openGoldenVideo(t)
	c := v.config
	plain := propagatePlain(v.features, v.first, plainPropagation{
		H: c.H, W: c.W, Dim: c.Dim, Classes: c.Classes, LastFrames: c.LastFrames, Neighborhood: c.Neighborhood, TopK: c.TopK,
	})
	device := propagate(t, device(t), c, v.features, v.first)
	upsampled, normalized := g.Float32s("upsampled"), g.Float32s("normalized")
	size := c.H * c.W * v.patch * v.patch
	h, w := g.Shape("first.mask")[0], g.Shape("first.mask")[1]
	for f := range v.features {
		if x := off(t, plain[f], v.soft[f]); x > 1e-5 {
			t.Errorf("frame %d by plain loops: soft labels are off by %.2g", f, x)
		}
		if x := off(t, device[f], v.soft[f]); x > 1e-5 {
			t.Errorf("frame %d on the device: soft labels are off by %.2g", f, x)
		}
		if f == 0 {
			continue
		}
		s := softMask{labels: device[f], H: c.H, W: c.W, Classes: c.Classes, Patch: v.patch}
		for class := range c.Classes {
			at := ((f-1)*c.Classes + class) * size
			up := s.upsampled(class)
			if x := off(t, up, upsampled[at:at+size]); x > 1e-5 {
				t.Errorf("frame %d, class %d: upsampled labels are off by %.2g", f, class, x)
			}
			if !normalize(up) {
				t.Errorf("frame %d, class %d: the same everywhere", f, class)
			}
			if x := off(t, up, normalized[at:at+size]); x > 1e-5 {
				t.Errorf("frame %d, class %d: stretched labels are off by %.2g", f, class, x)
			}
		}
		mask := s.mask()
		if !slices.Equal(mask, v.masks[f-1]) {
			t.Errorf("frame %d: another mask", f)
		}
		if !slices.Equal(maskPlain(plain[f], plainMask{H: c.H, W: c.W, Classes: c.Classes, Patch: v.patch}), v.masks[f-1]) {
			t.Errorf("frame %d: another mask by plain loops", f)
		}
		want := g.Bytes("masks.original_size")[(f-1)*h*w : f*h*w]
		if !slices.Equal(nearestLabels(mask, c.H*v.patch, c.W*v.patch, h, w), want) {
			t.Errorf("frame %d: another mask at the first mask's size", f)
		}
	}
}

// The usual mistakes land as far from the reference as is written in testdata/golden/README-evals.md, so that the
// tolerances above see each.
func TestPropagationSeesMistakes(t *testing.T) {
	v, _ := openGoldenVideo(t)
	c := v.config
	right := plainPropagation{H: c.H, W: c.W, Dim: c.Dim, Classes: c.Classes, LastFrames: c.LastFrames, Neighborhood: c.Neighborhood, TopK: c.TopK}
	for name, x := range map[string]struct {
		mistake func(*plainPropagation)
		want    float64
	}{
		"no first frame":     {func(o *plainPropagation) { o.NoFirstFrame = true }, 0.47},
		"hard labels":        {func(o *plainPropagation) { o.HardLabels = true }, 0.35},
		"top-k by frame":     {func(o *plainPropagation) { o.TopKByFrame = true }, 0.26},
		"round neighborhood": {func(o *plainPropagation) { o.RoundNeighborhood = true }, 0.59},
	} {
		o := right
		x.mistake(&o)
		worst := 0.0
		for f, labels := range propagatePlain(v.features, v.first, o) {
			worst = max(worst, off(t, labels, v.soft[f]))
		}
		if math.Abs(worst-x.want) > 0.006 {
			t.Errorf("%s: off by %.3f, want %.2f", name, worst, x.want)
		}
	}
	pixels := 0
	for f, want := range v.masks {
		for i, l := range maskPlain(v.soft[f+1], plainMask{H: c.H, W: c.W, Classes: c.Classes, Patch: v.patch, NoMinMax: true}) {
			if l != want[i] {
				pixels++
			}
		}
	}
	if pixels != 34 {
		t.Errorf("no min-max: %d pixels are wrong, want 34", pixels)
	}
}

// Grids, neighborhoods, numbers of context frames and of classes of all kinds beside plain loops; the last with classes in
// several parts and the blocks' sides halved.
func TestPropagationBesidePlainLoops(t *testing.T) {
	d := device(t)
	for _, c := range []propagationConfig{
		{H: 1, W: 1, Dim: 4, Classes: 2, LastFrames: 7, Neighborhood: 12, TopK: 5},
		{H: 3, W: 20, Dim: 6, Classes: 3, LastFrames: 0, Neighborhood: 2, TopK: 5},
		{H: 18, W: 7, Dim: 8, Classes: 2, LastFrames: 1, Neighborhood: 3, TopK: 1},
		{H: 6, W: 5, Dim: 5, Classes: 256, LastFrames: 2, Neighborhood: 0, TopK: 9},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(c.H), uint64(c.W)))
			var features [][]float32
			for range 5 {
				f := make([]float32, c.H*c.W*c.Dim)
				for i := range f {
					f[i] = float32(r.NormFloat64())
				}
				features = append(features, f)
			}
			features[3] = features[2] // ties
			labels := make([]uint8, c.H*c.W)
			for i := range labels {
				labels[i] = uint8(r.IntN(c.Classes))
			}
			got := propagate(t, d, c, features, oneHot(labels, c.Classes))
			want := propagatePlain(features, oneHot(labels, c.Classes), plainPropagation{
				H: c.H, W: c.W, Dim: c.Dim, Classes: c.Classes, LastFrames: c.LastFrames, Neighborhood: c.Neighborhood, TopK: c.TopK,
			})
			for f := range got {
				if x := off(t, got[f], want[f]); x > 1e-5 {
					t.Errorf("frame %d is off by %.2g", f, x)
				}
			}
		})
	}
}

// Memory stays bounded whatever the grid: blocks shrink, classes go in parts.
func TestPropagationIsBounded(t *testing.T) {
	for _, c := range []propagationConfig{
		{H: 60, W: 106, Dim: 384, Classes: 256, LastFrames: 7, Neighborhood: 12, TopK: 5},
		{H: 60, W: 106, Dim: 768, Classes: 11, LastFrames: 7, Neighborhood: 0, TopK: 5},
		{H: 135, W: 240, Dim: 384, Classes: 3, LastFrames: 30, Neighborhood: 40, TopK: 20},
	} {
		p, err := newPropagation(nil, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range []gpu.Target{gpu.GPUTarget, gpu.SoftwareTarget} {
			m, err := p.blockProgram(target, c.LastFrames+1).Plan()
			if err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			frame := 4 * c.H * c.W * c.Dim
			if most := 4*propagationBytes + 2*frame*(c.LastFrames+2); m.Scratch+m.Textures > most {
				t.Errorf("%+v: a block takes %d bytes, want %d at most", c, m.Scratch+m.Textures, most)
			}
		}
		for _, l := range p.labels {
			if 4*l.Len() > propagationBytes {
				t.Errorf("%+v: labels %v", c, l.Shape)
			}
		}
	}
}

func TestPropagationRefuses(t *testing.T) {
	c := propagationConfig{H: 60, W: 106, Dim: 4, Classes: 2, LastFrames: 7, Neighborhood: 12, TopK: 5000}
	if _, err := newPropagation(nil, c); err == nil {
		t.Error("a top-k of 5,000 is taken")
	}
	c = propagationConfig{H: 2, W: 2, Dim: 4, Classes: 2, LastFrames: 1, Neighborhood: 1, TopK: 1}
	p, err := newPropagation(device(t), c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.release()
	bad := make([]float32, 16)
	bad[7] = float32(math.Inf(1))
	if err := p.begin(bad, make([]float32, 8)); err == nil {
		t.Error("features that are not finite are taken")
	}
}

// BenchmarkPropagation is a block of a frame of DAVIS at patch 8 with all context frames: the arithmetic of neighborhoods
// alone, and of whole windows, beside the device's rate of fused multiply-adds.
func BenchmarkPropagation(b *testing.B) {
	d, err := opened()
	if err != nil {
		b.Fatal(err)
	}
	c := referencePropagation(384, 8)
	p, err := newPropagation(d, c)
	if err != nil {
		b.Fatal(err)
	}
	defer p.release()
	if err := p.record(len(p.features)); err != nil {
		b.Fatal(err)
	}
	features := make([]float32, p.frame.Len())
	gpu.Noise(features, 1, 1)
	for _, t := range append([]gpu.Tensor{p.frame}, p.features...) {
		if err := d.Write(t, features); err != nil {
			b.Fatal(err)
		}
	}
	places := p.window.Places()
	if err := d.WriteBits(p.place, places[len(places)/2]); err != nil {
		b.Fatal(err)
	}
	rate := func(program *gpu.Program, runs, flops int) float64 {
		begun := time.Now()
		for range runs {
			if err := program.Run(); err != nil {
				b.Fatal(err)
			}
		}
		d.Wait()
		return float64(runs) * float64(flops) / time.Since(begun).Seconds() / 1e9
	}
	useful := 2 * p.window.Patches() * p.window.Most(len(p.features)) * c.Dim // inside, where neighborhoods are whole
	rate(p.program, 1, 0)
	for b.Loop() {
		r := rate(p.program, 1, useful)
		b.ReportMetric(r, "useful-GFLOP/s")
		b.ReportMetric(r*float64(p.program.Flops())/float64(useful), "GFLOP/s")
	}
	fma, out := gpu.NewProgram("fma", d.Target()), gpu.NewTensor("fma", 1<<16)
	defer gpu.Release(out)
	defer fma.Release()
	layers.BenchFMA(fma, 16, out)
	if err := fma.Build(d); err != nil {
		b.Fatal(err)
	}
	rate(fma, 1, 0)
	b.ReportMetric(rate(fma, 5, fma.Flops()), "FMA-GFLOP/s")
}
