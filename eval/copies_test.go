package eval

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// Tokens to descriptors, and images to the same.
func TestCopyDescriptorGolden(t *testing.T) {
	d, g := device(t), golden.Open(t, "copy.safetensors")
	v, weights := goldenNet(t, d)
	dim, tokens, want := v.Dim, g.Float32s("gem.tokens"), g.Float32s("gem.descriptor")
	image := g.Shape("gem.tokens")[1] * dim
	for i := range 2 {
		one := tokens[i*image : (i+1)*image]
		closeTo(t, "descriptor of tokens", copyDescriptor(one[:dim], one[dim:]), want[2*i*dim:2*(i+1)*dim], 1e-5)
	}
	s := g.Shape("gem.input")
	b, err := dino.NewBackbone(d, d.Target(), dino.BackboneConfig{ViT: v, Height: s[2], Width: s[3], Blocks: 1, Patches: true, Normalized: true, Batch: 2}, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	input := g.Float32s("gem.input")
	out, err := b.RunNormalized(context.Background(), [][]float32{input[:len(input)/2], input[len(input)/2:]})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		got := copyDescriptor(out.Class[0][i*dim:(i+1)*dim], out.Patches[0][i*(image-dim):(i+1)*(image-dim)])
		closeTo(t, "descriptor of an image", got, want[2*i*dim:2*(i+1)*dim], 1e-5)
	}
	photos, err := augment.OpenImages(golden.Path(t, "photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	square, err := squares{photos, 48}.Decode(0)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range g.Bytes("photo.square48_bicubic") {
		if off := int(square.Pix[i]) - int(p); off < -1 || off > 1 {
			t.Fatalf("value %d of the square is %d, want %d", i, square.Pix[i], p)
		}
	}
}

// goldenCopies are the golden features: the database's, and both blocks' one behind the other.
func goldenCopies(t *testing.T) (g *golden.File, dim int, train, database, queries []float32) {
	t.Helper()
	g = golden.Open(t, "copy.safetensors")
	return g, g.Shape("database")[1], g.Float32s("whiten.train"), g.Float32s("database"), slices.Concat(g.Float32s("query.strong"), g.Float32s("query.jpegqual/3"))
}

func learn(t *testing.T, train []float32, dim int) *whitening {
	t.Helper()
	m := newMoments(dim)
	for row := range slices.Chunk(train, dim) {
		m.add(row)
	}
	w, err := m.whitening()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// within64 fails where a value is further from what it should be than a share of the largest.
func within64(t *testing.T, name string, got, want []float64, share float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d values, want %d", name, len(got), len(want))
	}
	largest, worst := 0.0, 0.0
	for i, v := range want {
		largest, worst = max(largest, math.Abs(v)), max(worst, math.Abs(v-got[i]))
	}
	if !(worst <= share*largest) {
		t.Errorf("%s is off by up to %g, and the largest is %g", name, worst, largest)
	}
}

func TestWhiteningGolden(t *testing.T) {
	g, dim, train, database, queries := goldenCopies(t)
	w := learn(t, train, dim)
	within64(t, "mean", w.mean, g.Float64s("whiten.mean"), 1e-4)
	within64(t, "eigenvalues", w.eigenvalues, g.Float64s("whiten.eigenvalues_floored"), 1e-4)
	for k, want := range g.Float64s("whiten.eigenvalues_floored") {
		if math.Abs(w.eigenvalues[k]-want) > 1e-4*want {
			t.Errorf("eigenvalue %d is %g, want %g", k, w.eigenvalues[k], want)
		}
	}
	scaled := mat.NewDense(dim, dim, nil)
	scaled.Apply(func(_, k int, v float64) float64 { return v / w.eigenvalues[k] }, w.directions)
	var inverse mat.Dense
	inverse.Mul(scaled, w.directions.T())
	within64(t, "inverse", inverse.RawMatrix().Data, g.Float64s("whiten.inverse"), 1e-4)
	// A direction's sign is free, so the golden one decides it.
	directions, kept := g.Float64s("whiten.directions"), g.Shape("whiten.directions")[0]
	w.apply(database)
	w.apply(queries)
	var got []float64
	for row := range slices.Chunk(database, dim) {
		for k := range kept {
			sign := 0.0
			for i := range dim {
				sign += w.directions.At(i, k) * directions[k*dim+i]
			}
			if math.Abs(math.Abs(sign)-1) > 1e-4 {
				t.Fatalf("direction %d has the cosine %g with what it should be", k, sign)
			}
			got = append(got, sign*float64(row[k]))
		}
	}
	within64(t, "database on directions", got, g.Float64s("whiten.database_on_directions"), 1e-4)
	var dots []float64
	for q := range slices.Chunk(queries, dim) {
		for row := range slices.Chunk(database, dim) {
			dot := 0.0
			for k, v := range q {
				dot += float64(v) * float64(row[k])
			}
			dots = append(dots, dot)
		}
	}
	within64(t, "dots", dots, g.Float64s("whiten.dots"), 1e-4)
}

// similarities are the cosines of queries with a database as the device makes them.
func similarities(t *testing.T, database, queries []float32, dim int) (all []float64) {
	t.Helper()
	err := galleryOf(t, database, dim).cosines(context.Background(), device(t), galleryOf(t, queries, dim), func(_ int, cosines []float32) {
		for _, v := range cosines {
			all = append(all, float64(v))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Features to the twenty nearest and mAP, as the released code has them.
func TestCopiesGolden(t *testing.T) {
	g, dim, train, database, queries := goldenCopies(t)
	within64(t, "similarity without whitening", similarities(t, database, queries, dim), g.Float64s("similarity.without_whitening"), 1e-4)
	w := learn(t, train, dim)
	w.apply(database)
	w.apply(queries)
	within64(t, "similarity", similarities(t, database, queries, dim), g.Float64s("similarity"), 1e-4)
	lists, err := galleryOf(t, database, dim).Nearest(context.Background(), device(t), galleryOf(t, queries, dim), CopyTop, nil)
	if err != nil {
		t.Fatal(err)
	}
	top := g.Ints("top20")
	for q, list := range lists {
		for place, n := range list {
			if n.Index != top[q*CopyTop+place] {
				t.Fatalf("query %d has image %d at place %d, want %d", q, n.Index, place, top[q*CopyTop+place])
			}
		}
	}
	strong := g.Ints("strong.original")
	for _, b := range []struct {
		name  string
		first int
		of    func(i int) int
	}{{"strong", 0, func(i int) int { return strong[i] }}, {"jpegqual/3", len(strong), func(i int) int { return i }}} {
		want := g.Float64s("ap." + b.name)
		r := newCopyBlockResult(len(want))
		for i := range want {
			r.Copies[i] = scoreCopy(lists[b.first+i], b.of(i))
			if r.Copies[i].AP != want[i] {
				t.Errorf("%s %d: AP %v, want %v", b.name, i, r.Copies[i].AP, want[i])
			}
		}
		r.mean()
		if m := g.Float64s("map." + b.name)[0]; r.MAP != m {
			t.Errorf("%s: mAP %v, want %v", b.name, r.MAP, m)
		}
	}
	if text := g.Setting("ap_example"); text != "found at 0 and 3 of 2; at 2 of 2; none of 1; at 19 of 1" {
		t.Fatalf("the examples are %q", text)
	}
	for k, want := range g.Float64s("ap.example") {
		if got := trapezoidAP([][]int{{0, 3}, {2}, nil, {19}}[k], []int{2, 2, 1, 1}[k]); got != want {
			t.Errorf("example %d: AP %v, want %v", k, got, want)
		}
	}
}

// whiteningMistakes are what is learned from m with the mistakes that are usually made, and without one.
func whiteningMistakes(t *testing.T, m *moments) map[string]*whitening {
	t.Helper()
	all := map[string]*whitening{}
	for _, name := range []string{"no mistake", "a centered covariance", "the mean left in"} {
		of := m
		if name == "a centered covariance" {
			of = newMoments(m.dim)
			m.flush()
			mean := mat.NewVecDense(m.dim, slices.Clone(m.sum))
			of.n = m.n
			of.outer.Outer(-1/float64(m.n), mean, mean)
			of.outer.Add(of.outer, m.outer)
		}
		w, err := of.whitening()
		if err != nil {
			t.Fatal(err)
		}
		for k := range w.mean {
			w.mean[k] = m.sum[k] / float64(m.n)
		}
		if name == "the mean left in" {
			clear(w.mean)
		}
		all[name] = w
	}
	return all
}

// What usual mistakes come to on the golden features, as testdata/golden/README-evals.md says: far from what is right.
func TestCopyMistakes(t *testing.T) {
	g, dim, train, _, _ := goldenCopies(t)
	want := g.Float64s("similarity")
	m := newMoments(dim)
	for row := range slices.Chunk(train, dim) {
		m.add(row)
	}
	lands := map[string][2]float64{"a centered covariance": {.34, .005}, "the mean left in": {.13, .005}, "no mistake": {0, 1e-4}}
	for name, w := range whiteningMistakes(t, m) {
		_, _, _, database, queries := goldenCopies(t)
		w.apply(database)
		w.apply(queries)
		worst := 0.0
		for i, v := range similarities(t, database, queries, dim) {
			worst = max(worst, math.Abs(v-want[i]))
		}
		if at := lands[name]; math.Abs(worst-at[0]) > at[1] {
			t.Errorf("%s comes to %.4f on the similarity, want %.2f", name, worst, at[0])
		}
	}
}

// More vectors than are multiplied at once, and fewer, give the same whitening as all of them in one sum.
func TestWhiteningInParts(t *testing.T) {
	const n, dim = 2*whiteningRows + 77, 6
	f := clustered(8, n, dim, 0.8)
	w := learn(t, f, dim)
	w.apply(f)
	// The second moment of what is whitened, the mean put back, is one on the diagonal.
	shift := make([]float64, dim)
	for k := range dim {
		for i, m := range w.mean {
			shift[k] += m * w.directions.At(i, k) / math.Sqrt(w.eigenvalues[k])
		}
	}
	for i := range dim {
		for j := range dim {
			sum := 0.0
			for row := range slices.Chunk(f, dim) {
				sum += (float64(row[i]) + shift[i]) * (float64(row[j]) + shift[j]) / n
			}
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(sum-want) > 1e-5 {
				t.Errorf("moment %d, %d of what was whitened is %g, want %g", i, j, sum, want)
			}
		}
	}
	if _, err := newMoments(3).whitening(); err == nil {
		t.Error("whitening is learned from nothing")
	}
	m := newMoments(3)
	m.add(make([]float32, 3))
	if _, err := m.whitening(); err == nil || !strings.Contains(err.Error(), "eigenvalue") {
		t.Errorf("whitening is learned from zeros: %v", err)
	}
}

// From images: copies find their originals, broken ones are left out with what depends on them.
func TestFindCopies(t *testing.T) {
	d := device(t)
	photos := goldenImages(t)
	e, weights := goldenEmbedding(t, d, nil)
	dark := func(im *augment.Image) *augment.Image {
		out := augment.NewImage(im.W, im.H)
		for i, v := range im.Pix {
			out.Pix[i] = v - v/8
		}
		return out
	}
	noise := augment.NewImage(40, 30)
	for i := range noise.Pix {
		noise.Pix[i] = uint8(i * 7919 >> 3)
	}
	c := &Copies{
		Originals:   imageSource{photos[0], photos[1], nil, photos[2]},
		Distractors: imageSource{noise, nil},
		Blocks: []CopyBlock{
			{Name: "dark", Images: imageSource{dark(photos[0]), dark(photos[1]), photos[0], dark(photos[2])}, Of: []int{0, 1, 2, 3}},
			{Name: "broken", Folder: "broken", Images: imageSource{nil}, Of: []int{0}},
			{Name: "wrong", Images: imageSource{dark(photos[0])}, Of: []int{3}},
		},
	}
	var left []string
	done := 0
	f := CopyFinder{Backbone: e.config(32, 32), Size: 40, LeftOut: func(name string, _ error) { left = append(left, name) }, Done: func(n int) { done = n }}
	got, err := c.Find(context.Background(), d, f, weights)
	if err != nil {
		t.Fatal(err)
	}
	if done != c.Images() || got.Originals != 3 || got.Distractors != 1 || got.LeftOut != 4 || got.Learned != 0 || !slices.Equal(left, []string{"original/n2", "distractors/n1", "broken/n0"}) {
		t.Errorf("%d images gone through, %+v, left out %v", done, got, left)
	}
	if b := got.Blocks[0]; b.MAP != 1 || b.Used != 3 || b.Copies[0] != (CopyScore{1, 1}) || !math.IsNaN(b.Copies[2].AP) {
		t.Errorf("copies that are nearly their originals: %+v", b)
	}
	if b := got.Blocks[1]; !math.IsNaN(b.MAP) || b.Used != 0 {
		t.Errorf("a block of which nothing can be read: %+v", b)
	}
	if b := got.Blocks[2]; b.Copies[0].Rank < 2 || b.MAP >= 1 || b.MAP <= 0 {
		t.Errorf("a copy that is said to be of another image: %+v", b)
	}
	c.Whitening = imageSource{photos[0], photos[1], photos[2], noise, nil}
	got, err = c.Find(context.Background(), d, f, weights)
	if err != nil || got.Learned != 4 || got.LeftOut != 5 || got.Blocks[0].Used != 3 {
		t.Errorf("with whitening %+v, %v", got, err)
	}
	c.Originals = imageSource{nil, nil, nil, nil}
	if _, err := c.Find(context.Background(), d, f, weights); err == nil {
		t.Error("without a readable original there is a result")
	}
}

func TestMatchCopies(t *testing.T) {
	words := strings.Fields
	for _, c := range []struct {
		block, originals, copies, by string
		of                           []int
	}{
		{"crops/10", "cat dog", "dog cat", ByName, []int{1, 0}},
		{"strong", "cat dog cat_2", "cat_2_x cat-7 dog(3) cats", ByName, []int{2, 0, 1, -1}},
		{"strong", "200000 200100", "200001 200102 200003 300000", ByLetters, []int{0, 1, 0, -1}},
		{"strong", "200000 200100", "200000 200102 200003", ByLetters, []int{0, 1, 0}},
		{"blur", "200000 200100", "a b", ByOrder, []int{0, 1}},
		{"strong", "ab123 ab124", "x y", ByOrder, []int{0, 1}},
		{"blur", "a b", "a x", ByName, []int{0, -1}},
		{"blur", "sub/a b", "b sub/a-1", ByName, []int{1, 0}},
	} {
		of, by, err := matchCopies(c.block, words(c.originals), words(c.copies))
		if err != nil || by != c.by || !slices.Equal(of, c.of) {
			t.Errorf("%s: %v of %v: %v by %s, %v; want %v by %s", c.block, c.copies, c.originals, of, by, err, c.of, c.by)
		}
	}
	if _, _, err := matchCopies("blur", words("200000 200100"), words("200001 200102 200003")); err == nil || !strings.Contains(err.Error(), strconv.Quote("blur")) {
		t.Errorf("names that do not fit: %v", err)
	}
	if _, _, err := matchCopies("strong", words("image_1 image_2"), words("imagexyz")); err == nil {
		t.Error("a copy has its first letters in common with both originals, and is of one of them")
	}
}
