package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// tinted are labeled images of three classes, each with a tint of its own, and some that cannot be read.
type tinted struct {
	images []*augment.Image
	broken []int
}

func newTinted(seed uint64, n int, broken ...int) tinted {
	r := rand.New(rand.NewPCG(seed, 1))
	s := tinted{broken: broken}
	for i := range n {
		im := augment.NewImage(12, 10)
		for p := range im.Pix {
			im.Pix[p] = uint8(r.IntN(120))
			if p%3 == i%3 {
				im.Pix[p] += 40
			}
		}
		s.images = append(s.images, im)
	}
	return s
}

func (s tinted) Len() int          { return len(s.images) }
func (s tinted) Name(i int) string { return fmt.Sprint("n", i) }
func (s tinted) Label(i int) int   { return i % 3 }
func (s tinted) Classes() []string { return []string{"red", "green", "blue"} }
func (s tinted) Decode(i int) (*augment.Image, error) {
	if slices.Contains(s.broken, i) {
		return nil, errors.New("damaged")
	}
	return s.images[i], nil
}

// means are features of the host's own: each channel's mean over the image's upper and lower half. After calls of them,
// they fail with an error.
type means struct {
	calls int
	err   error
	seen  *[][]float32
}

func (m *means) Features(_ context.Context, images [][]uint8) ([]float32, error) {
	if m.calls--; m.calls == 0 {
		return nil, m.err
	}
	var all []float32
	for _, im := range images {
		row := make([]float32, 6)
		for p, v := range im {
			row[p%3+3*(2*p/len(im))] += 6 * float32(v) / 255 / float32(len(im))
		}
		all = append(all, row...)
	}
	if m.seen != nil {
		*m.seen = append(*m.seen, all)
	}
	return all, nil
}

// tintedLinear is an evaluation of tinted images, two of which cannot be read.
func tintedLinear(t *testing.T, lrs ...float64) Linear {
	t.Helper()
	train, test := newTinted(1, 40, 7, 39), newTinted(2, 31, 30)
	q, _, err := Match(Named{train, "train"}, Named{test, "test"})
	if err != nil {
		t.Fatal(err)
	}
	q.Bank.View, q.Queries.View = EvalView(8), EvalView(8)
	return Linear{Question: q, Embedder: &means{}, Dim: 6, Size: 8, LRs: lrs, Epochs: 4, Batch: 9, TestEvery: 2, Seed: 5}
}

// kept are hooks that keep what they are told.
type kept struct {
	states  []*LinearState
	best    LinearProbe
	leftOut [2]int
}

func (k *kept) hooks() LinearHooks {
	return LinearHooks{
		LeftOut: [2]func(string, error){func(string, error) { k.leftOut[0]++ }, func(string, error) { k.leftOut[1]++ }},
		Images:  func(string, int) func(int) { return func(int) {} },
		Epoch:   func(LinearEpoch) error { return nil },
		Best:    func(_ int, _ LinearScore, p LinearProbe) error { k.best = p; return nil },
		Save: func(s *LinearState) error {
			c := *s
			c.Probes, c.Sums, c.History = slices.Clone(s.Probes), slices.Clone(s.Sums), slices.Clone(s.History)
			k.states = append(k.states, &c)
			return nil
		},
		Load: func() (LinearProbe, error) { return k.best, nil },
	}
}

func (k *kept) last() *LinearState { return k.states[len(k.states)-1] }

func runLinear(t *testing.T, l Linear, state *LinearState) (*LinearResult, *kept) {
	t.Helper()
	k := &kept{}
	r, err := l.Train(context.Background(), device(t), state, k.hooks())
	if err != nil {
		t.Fatal(err)
	}
	return r, k
}

// It learns what can be learned, from crops as from central views; rates that share a pass give what each gives alone, bit
// for bit; the number of processors changes nothing.
func TestLinearLearns(t *testing.T) {
	l := tintedLinear(t, 1, 30)
	r, k := runLinear(t, l, nil)
	if r.Rate < 0 || r.Test.Top1 < 80 || r.Test.Top5 != 100 || len(r.Test.Answers) != 30 || len(r.History) != 4 ||
		len(r.History[1].Scores) != 0 || len(r.History[2].Scores) != 2 || len(r.History[3].Scores) != 2 || r.History[3].Losses[1] >= r.History[0].Losses[1] {
		t.Errorf("the best is rate %d in epoch %d, %+v of %+v", r.Rate, r.Epoch, r.Test.LinearScore, r.History)
	}
	if len(k.states) != 5 || k.states[0].Epoch != 0 || k.last().Epoch != 4 {
		t.Errorf("%d states were saved", len(k.states))
	}
	if k.leftOut != [2]int{8, 3} { // two in each epoch, one in each test
		t.Errorf("left out %v times", k.leftOut)
	}
	for i, lr := range l.LRs {
		alone, ka := runLinear(t, tintedLinear(t, lr), nil)
		if diff := cmp.Diff(ka.last().Probes[0], k.last().Probes[i]); diff != "" {
			t.Errorf("rate %g alone (-) and beside another (+): %s", lr, diff)
		}
		if alone.History[3].Losses[0] != r.History[3].Losses[i] || alone.History[3].Scores[0] != r.History[3].Scores[i] {
			t.Errorf("rate %g alone: %+v", lr, alone.History)
		}
	}
	before := runtime.GOMAXPROCS(1)
	_, single := runLinear(t, l, nil)
	runtime.GOMAXPROCS(before)
	if diff := cmp.Diff(k.last(), single.last()); diff != "" {
		t.Errorf("one worker gives others: %s", diff)
	}
	l.Cached = true
	var seen [][]float32
	l.Embedder = &means{seen: &seen}
	if c, _ := runLinear(t, l, nil); c.Test.Top1 < 80 || cmp.Equal(c.History, r.History) {
		t.Errorf("of central views: %+v", c.Test.LinearScore)
	}
	if len(seen) != 5+4 { // 38 and 30 images in batches of 9
		t.Errorf("features were taken %d times", len(seen))
	}
}

// Stopped anywhere, within an epoch or a test, it goes on to the same bits.
func TestLinearGoesOn(t *testing.T) {
	l := tintedLinear(t, 1, 30)
	want, whole := runLinear(t, l, nil)
	for _, calls := range []int{1, 4, 7, 9, 13, 26} {
		ctx, stop := context.WithCancel(context.Background())
		k := &kept{}
		cut := l
		cut.Embedder = &means{calls: calls, err: context.Canceled}
		h := k.hooks()
		embed := cut.Embedder
		cut.Embedder = embedderFunc(func(c context.Context, images [][]uint8) ([]float32, error) {
			rows, err := embed.Features(c, images)
			if err != nil {
				stop()
			}
			return rows, err
		})
		if _, err := cut.Train(ctx, device(t), nil, h); !errors.Is(err, context.Canceled) {
			t.Fatalf("%d calls: %v", calls, err)
		}
		path := filepath.Join(t.TempDir(), "state")
		about := LinearAbout{Classes: l.Question.Classes, LRs: l.LRs}
		if err := WriteLinear(path, about, k.last().Probes, k.last()); err != nil {
			t.Fatal(err)
		}
		f, err := ReadLinear(path)
		if err != nil {
			t.Fatal(err)
		}
		after := &kept{best: k.best}
		got, err := l.Train(context.Background(), device(t), f.State, after.hooks())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole.last(), after.last()); diff != "" {
			t.Errorf("stopped at call %d: %s", calls, diff)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("stopped at call %d: %s", calls, diff)
		}
	}
}

type embedderFunc func(ctx context.Context, images [][]uint8) ([]float32, error)

func (f embedderFunc) Features(ctx context.Context, images [][]uint8) ([]float32, error) {
	return f(ctx, images)
}

func TestLinearRefuses(t *testing.T) {
	l := tintedLinear(t, 1)
	for want, change := range map[string]func(l *Linear){
		"lower `lr`": func(l *Linear) {
			l.Embedder = embedderFunc(func(_ context.Context, images [][]uint8) ([]float32, error) {
				return slices.Repeat([]float32{float32(math.NaN())}, 6*len(images)), nil
			})
		},
		"none of 2 images can be read": func(l *Linear) { l.Question.Bank.Which, l.Question.Bank.Labels = []int{7, 39}, []int{1, 0} },
		"none of 1 images can be read": func(l *Linear) { l.Question.Queries.Which, l.Question.Queries.Labels = []int{30}, []int{0} },
		"out of order":                 func(l *Linear) { l.Embedder = &means{calls: 2, err: errors.New("out of order")} },
	} {
		one := l
		change(&one)
		if _, err := one.Train(context.Background(), device(t), nil, (&kept{}).hooks()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Classes that the classifier does not know are wrong, and have no loss.
func TestLinearScoreByHand(t *testing.T) {
	logits := []float32{ // three classes, a column an image
		1, 2, 0,
		1, 0, 0,
		3, 5, 0,
	}
	for _, c := range []struct{ b, class, place, prediction int }{{0, 0, 1, 2}, {0, 1, 2, 2}, {1, 2, 0, 2}, {2, 2, 2, 0}, {2, 0, 0, 0}, {1, NoClass, 3, 2}} {
		if a := answer(logits, 3, 3, c.b, c.class); a.Place != c.place || a.Prediction != c.prediction || a.Class != c.class {
			t.Errorf("%+v: %+v", c, a)
		}
	}
	if got := crossEntropy(logits, 3, 3, 2, 1); math.Abs(got-math.Log(3)) > 1e-12 {
		t.Errorf("the loss of equal logits is %g", got)
	}
	test := LinearTest{Answers: []LinearAnswer{{Class: 0, Place: 0}, {Class: 0, Place: 4}, {Class: 2, Place: 5}, {Class: NoClass, Place: 1}}}
	images, top1, top5 := test.Of(3)
	if !slices.Equal(images, []int{2, 0, 1}) || !slices.Equal(top1, []float64{50, 0, 0}) || !slices.Equal(top5, []float64{100, 0, 0}) {
		t.Errorf("by class: %v %v %v", images, top1, top5)
	}
}

// The files of the released code, in both formats of PyTorch.
func TestReadReleasedLinear(t *testing.T) {
	want := golden.Open(t, "../torch/expected.safetensors")
	for _, name := range []string{"linear.pth", "linear-legacy.pth"} {
		data, err := os.ReadFile(golden.Path(t, "../torch/"+name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "checkpoint.pth.tar")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := ReadLinear(path)
		if err != nil {
			t.Fatal(err)
		}
		p := f.Probes[0]
		if f.About != nil || f.State != nil || len(f.Probes) != 1 || !slices.Equal(p.Weight, want.Float32s(name+" state_dict.module.linear.weight")) ||
			!slices.Equal(p.Bias, want.Float32s(name+" state_dict.module.linear.bias")) || len(p.Bias) != 3 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestReadLinearRefuses(t *testing.T) {
	dir := t.TempDir()
	good := LinearAbout{Classes: []string{"a", "b"}, LRs: []float64{1}}
	probe := LinearProbe{Weight: make([]float32, 6), Bias: make([]float32, 2)}
	probe.Momentum[0], probe.Momentum[1] = probe.Weight, probe.Bias
	for want, write := range map[string]func(path string) error{
		"1 classifiers of 3 classes": func(path string) error {
			return WriteLinear(path, LinearAbout{Classes: []string{"a", "b", "c"}, LRs: []float64{1}}, []LinearProbe{probe}, nil)
		},
		"2 epochs and 0 images": func(path string) error {
			return WriteLinear(path, good, []LinearProbe{probe}, &LinearState{Epoch: 2})
		},
		"results of 2 classifiers": func(path string) error {
			return WriteLinear(path, good, []LinearProbe{probe}, &LinearState{Epoch: 1, History: []LinearEpoch{{Epoch: 1, Losses: []float64{1, 2}}}})
		},
		"several sizes": func(path string) error {
			about := good
			about.LRs = []float64{1, 2}
			return WriteLinear(path, about, []LinearProbe{probe, {Weight: make([]float32, 8), Bias: make([]float32, 2)}}, nil)
		},
		"not finite": func(path string) error {
			return WriteLinear(path, good, []LinearProbe{{Weight: make([]float32, 6), Bias: []float32{0, float32(math.Inf(1))}}}, nil)
		},
		"damaged": func(path string) error { return os.WriteFile(path, []byte("no classifier"), 0o600) },
	} {
		path := filepath.Join(dir, "file")
		if err := write(path); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadLinear(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A part of each class is put aside: at least one image and never all, the same for the same seed.
func TestLinearPart(t *testing.T) {
	dir := t.TempDir()
	for class, n := range map[string]int{"a": 1, "b": 2, "c": 10, "empty": 0} {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if err := os.WriteFile(filepath.Join(dir, class, fmt.Sprint(i, ".png")), []byte{1}, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	part := func(seed uint64) (names [2][]string) {
		q, m, err := OpenLinear(LinearPaths{Train: dir, Fraction: 0.3, Seed: seed}, 8)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Unknown) > 0 || !slices.Equal(q.Classes, []string{"a", "b", "c"}) {
			t.Errorf("%+v: %v", m, q.Classes)
		}
		for i, side := range []Images{q.Bank, q.Queries} {
			for _, n := range side.Which {
				names[i] = append(names[i], side.Source.Name(n))
			}
		}
		tested, _, err := OpenLinearTest(LinearPaths{Train: dir, Fraction: 0.3, Seed: seed}, q.Classes, 3, 8)
		if err != nil || !slices.Equal(tested.Labels, q.Queries.Labels) || len(tested.Which) != len(q.Queries.Which) {
			t.Errorf("tested alone: %v, %v", tested.Labels, err)
		}
		return names
	}
	one := part(1)
	count := func(names []string, class string) (n int) {
		for _, name := range names {
			if strings.HasPrefix(name, class) {
				n++
			}
		}
		return n
	}
	for class, want := range map[string][2]int{"a": {1, 0}, "b": {1, 1}, "c": {7, 3}} {
		if got := [2]int{count(one[0], class), count(one[1], class)}; got != want {
			t.Errorf("class %s: %v, want %v", class, got, want)
		}
	}
	if all := append(slices.Clone(one[0]), one[1]...); len(slices.Compact(slices.Sorted(slices.Values(all)))) != 13 {
		t.Errorf("some are on both sides: %v", one)
	}
	if !cmp.Equal(one, part(1)) || cmp.Equal(one, part(2)) {
		t.Error("the part does not hang on the seed")
	}
}

// Without names, classes go by their order, and there have to be as many.
func TestOpenLinearTestWithoutNames(t *testing.T) {
	dir := t.TempDir()
	for _, class := range []string{"x", "y"} {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, class, "0.png"), []byte{1}, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, _, err := OpenLinearTest(LinearPaths{Test: dir}, nil, 2, 8)
	if err != nil || !slices.Equal(m.Labels, []int{0, 1}) {
		t.Errorf("%v, %v", m.Labels, err)
	}
	if _, _, err := OpenLinearTest(LinearPaths{Test: dir}, nil, 1000, 8); err == nil || !strings.Contains(err.Error(), "1000 classes without names") {
		t.Errorf("2 classes for 1000: %v", err)
	}
	m, matched, err := OpenLinearTest(LinearPaths{Test: dir}, []string{"w", "y"}, 2, 8)
	if err != nil || !slices.Equal(m.Labels, []int{NoClass, 1}) || !slices.Equal(matched.Unknown, []string{"x"}) || matched.UnknownImages != 1 {
		t.Errorf("%v, %+v, %v", m.Labels, matched, err)
	}
	if _, _, err := OpenLinearTest(LinearPaths{Test: dir}, []string{"v", "w"}, 2, 8); err == nil || !strings.Contains(err.Error(), "no class of") {
		t.Errorf("no class in common: %v", err)
	}
}
