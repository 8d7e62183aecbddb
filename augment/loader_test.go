package augment

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fake is a source of small noise images, some of them unreadable.
type fake struct {
	n     int
	bad   func(i int) bool
	delay time.Duration
}

func (f fake) Len() int          { return f.n }
func (f fake) Name(i int) string { return fmt.Sprintf("p%d", i) }
func (f fake) Label(i int) int   { return i%5 - 1 }
func (f fake) Classes() []string { return nil }

func (f fake) Decode(i int) (*Image, error) {
	time.Sleep(f.delay)
	if f.bad != nil && f.bad(i) {
		return nil, errors.New("spoilt")
	}
	return noise(12, 10, uint64(i)), nil
}

// plain is what of a batch must not depend on timing.
type plain struct {
	N, Epoch int
	Images   []int
	Labels   []int
	Views    [][]uint8
}

func keep(b *Batch) plain {
	p := plain{N: b.N, Epoch: b.Epoch, Images: slices.Clone(b.Images), Labels: slices.Clone(b.Labels)}
	for _, v := range b.Views {
		p.Views = append(p.Views, slices.Clone(v))
	}
	return p
}

// take runs a loader for n batches from batch from on.
func take(t *testing.T, src Source, cfg LoaderConfig, from, n int) []plain {
	t.Helper()
	l, err := NewLoader(src, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Seek(from); err != nil {
		t.Fatal(err)
	}
	var out []plain
	for range n {
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, keep(b))
		b.Release()
	}
	return out
}

func smallConfig() LoaderConfig {
	return LoaderConfig{Recipe: Reference(8, globalScale, 2, 4, localScale), BatchSize: 3, Seed: 5}
}

func TestWorkersDoNotMatter(t *testing.T) {
	src := fake{n: 11, bad: func(i int) bool { return i == 4 || i == 7 }}
	cfg := smallConfig()
	cfg.Workers, cfg.Queue = 1, 1
	want := take(t, src, cfg, 0, 10)
	cfg.Workers, cfg.Queue = 4, 3
	if d := cmp.Diff(want, take(t, src, cfg, 0, 10)); d != "" {
		t.Errorf("4 workers made other batches than 1:\n%s", d)
	}
	cfg.Seed++
	// Not cmp: it would search long for the shortest way between two noises.
	if reflect.DeepEqual(want, take(t, src, cfg, 0, 10)) {
		t.Error("another seed made the same batches")
	}
}

func TestSeekEqualsRunning(t *testing.T) {
	src, cfg := fake{n: 11}, smallConfig()
	cfg.Workers = 2
	want := take(t, src, cfg, 0, 12)
	for _, from := range []int{1, 3, 4, 10} {
		if d := cmp.Diff(want[from:], take(t, src, cfg, from, 12-from)); d != "" {
			t.Errorf("from batch %d:\n%s", from, d)
		}
	}
	// Back and forth in one loader.
	l, err := NewLoader(src, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, n := range []int{0, 7, 2, 2, 3, 11} {
		if err := l.Seek(n); err != nil {
			t.Fatal(err)
		}
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want[n], keep(b)); d != "" {
			t.Errorf("after seeking batch %d:\n%s", n, d)
		}
		b.Release()
	}
	if l.Seek(-1) == nil {
		t.Error("batch -1 was accepted")
	}
}

// Each epoch shows each image at most once, drops the rest, and another
// order follows.
func TestEpochs(t *testing.T) {
	cfg := smallConfig()
	got := take(t, fake{n: 11}, cfg, 0, 6)
	var orders [2][]int
	for i, b := range got {
		if b.N != i || b.Epoch != i/3 {
			t.Errorf("batch %d says N %d, epoch %d", i, b.N, b.Epoch)
		}
		orders[b.Epoch] = append(orders[b.Epoch], b.Images...)
	}
	for e, o := range orders {
		s := slices.Compact(slices.Sorted(slices.Values(o)))
		if len(o) != 9 || len(s) != 9 || s[0] < 0 || s[8] > 10 {
			t.Errorf("epoch %d shows %v", e, o)
		}
	}
	if slices.Equal(orders[0], orders[1]) {
		t.Error("two epochs have the same order")
	}
}

// Four batches of one make the step that one batch of four makes.
func TestAccumulateMakesTheSameImages(t *testing.T) {
	src, cfg := fake{n: 11}, smallConfig()
	cfg.BatchSize = 4
	whole := take(t, src, cfg, 0, 4)
	cfg.BatchSize, cfg.Accumulate = 1, 4
	parts := take(t, src, cfg, 0, 16)
	for n, w := range whole {
		joined := plain{N: n, Epoch: w.Epoch, Views: make([][]uint8, len(w.Views))}
		for _, p := range parts[4*n : 4*n+4] {
			if p.Epoch != w.Epoch {
				t.Errorf("step %d: epochs %d and %d", n, p.Epoch, w.Epoch)
			}
			joined.Images = append(joined.Images, p.Images...)
			joined.Labels = append(joined.Labels, p.Labels...)
			for v := range p.Views {
				joined.Views[v] = append(joined.Views[v], p.Views[v]...)
			}
		}
		if d := cmp.Diff(w, joined); d != "" {
			t.Errorf("step %d:\n%s", n, d)
		}
	}
	l, err := NewLoader(src, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if l.StepsPerEpoch() != 2 {
		t.Errorf("%d steps per epoch, want 2", l.StepsPerEpoch())
	}
}

// Every image's views lie where the batch says and are what Recipe.View
// makes from its streams.
func TestBatchLayout(t *testing.T) {
	src, cfg := fake{n: 11}, smallConfig()
	for _, b := range take(t, src, cfg, 0, 4) {
		for v := range b.Views {
			size := cfg.Recipe.Size(v) * cfg.Recipe.Size(v) * 3
			for slot, i := range b.Images {
				im, _ := src.Decode(i)
				want := cfg.Recipe.View(im, v, NewRand(Key{Seed: 5, Epoch: b.Epoch, Image: i, View: v}))
				within(t, fmt.Sprintf("batch %d view %d slot %d", b.N, v, slot), b.Views[v][slot*size:(slot+1)*size], want, 0)
			}
		}
	}
}

// A batch's labels are those of the images that it shows, replacements for bad
// ones included; an image without a class has -1.
func TestBatchLabels(t *testing.T) {
	src, cfg := fake{n: 30, bad: func(i int) bool { return i < 9 }}, smallConfig()
	none := 0
	for _, b := range take(t, src, cfg, 0, 20) {
		for slot, i := range b.Images {
			if b.Labels[slot] != src.Label(i) {
				t.Errorf("batch %d shows image %d of class %d and says %d", b.N, i, src.Label(i), b.Labels[slot])
			}
			if b.Labels[slot] == -1 {
				none++
			}
		}
	}
	if none == 0 {
		t.Error("no image without a class was shown")
	}
}

func TestBadImages(t *testing.T) {
	var mu sync.Mutex
	named := map[string]int{}
	cfg := smallConfig()
	cfg.Workers = 4
	cfg.OnBad = func(name string, err error) {
		mu.Lock()
		defer mu.Unlock()
		named[name]++
	}
	src := fake{n: 30, bad: func(i int) bool { return i < 10 }}
	for _, b := range take(t, src, cfg, 0, 20) { // two epochs
		for _, i := range b.Images {
			if i < 10 {
				t.Errorf("batch %d holds the bad image %d", b.N, i)
			}
		}
	}
	if len(named) != 10 {
		t.Errorf("%d images named, want 10: %v", len(named), named)
	}
	for name, n := range named {
		if n != 1 {
			t.Errorf("%s named %d times", name, n)
		}
	}
}

// The 11th bad one of 30 is too many; so is a set without one good image.
func TestTooManyBad(t *testing.T) {
	for _, c := range []struct{ n, bad int }{{30, 11}, {5, 5}} {
		l, err := NewLoader(fake{n: c.n, bad: func(i int) bool { return i < c.bad }}, smallConfig())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range 3 * c.n {
			if _, err = l.Next(context.Background()); err != nil {
				break
			}
		}
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d of %d images cannot be read", c.bad, c.n)) || !strings.Contains(err.Error(), "p0") {
			t.Errorf("%d bad of %d: %v", c.bad, c.n, err)
		}
		if _, again := l.Next(context.Background()); again == nil {
			t.Error("the error did not stay")
		}
	}
}

// A cancelled wait gives the context's error and loses no batch.
func TestNextHeedsContext(t *testing.T) {
	l, err := NewLoader(fake{n: 6, delay: 30 * time.Millisecond}, smallConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := l.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	b, err := l.Next(context.Background())
	if err != nil || b.N != 0 {
		t.Fatalf("batch %+v, %v", b, err)
	}
	if b.Wait <= 0 {
		t.Errorf("Wait is %v though the images are slow", b.Wait)
	}
	l.Close()
	l.Close()
	if _, err := l.Next(context.Background()); err == nil {
		t.Error("a closed loader gave a batch")
	}
}

func TestNewLoaderRefuses(t *testing.T) {
	for say, spoil := range map[string]func(*LoaderConfig){
		"a batch of 12 is more than the 11 images there are: lower the batch size":                           func(c *LoaderConfig) { c.BatchSize = 12 },
		"a batch of 3 x accumulate 4 = 12 images, and there are only 11: lower accumulate or the batch size": func(c *LoaderConfig) { c.Accumulate = 4 },
		"a batch of 0 images": func(c *LoaderConfig) { c.BatchSize = 0 },
		"first global crop":   func(c *LoaderConfig) { c.Recipe.Global1.Size = -1 },
	} {
		cfg := smallConfig()
		spoil(&cfg)
		if _, err := NewLoader(fake{n: 11}, cfg); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("want an error with %q, got %v", say, err)
		}
	}
}

// The demo's batches: 16 images in 2 + 4 views.
func BenchmarkLoaderDemo(b *testing.B) {
	train, _, err := Demo()
	if err != nil {
		b.Fatal(err)
	}
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers%d", workers), func(b *testing.B) {
			l, err := NewLoader(train, LoaderConfig{Recipe: Light(28, globalScale, 4, 14, localScale), BatchSize: 16, Workers: workers})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			for b.Loop() {
				batch, err := l.Next(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				batch.Release()
			}
		})
	}
}
