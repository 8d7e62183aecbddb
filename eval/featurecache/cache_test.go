package featurecache

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/layers"
)

// place gives a test its own folder for caches, and a key with a set of images.
func place(t *testing.T) Key {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	return Key{Program: "p 1", Network: "n", View: "32 center", Dim: 3, Paths: []string{t.TempDir()}}
}

// image writes a file and looks at it.
func image(t *testing.T, k Key, name, content string) Image {
	t.Helper()
	path := filepath.Join(k.Paths[0], name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return look(t, path)
}

func look(t *testing.T, path string) Image {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	im, err := Of(path, info)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func open(t *testing.T, k Key) *Cache {
	t.Helper()
	c, err := Open(k)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func save(t *testing.T, c *Cache) {
	t.Helper()
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
}

// filled keeps features of two images.
func filled(t *testing.T, k Key) (a, b Image, path string) {
	t.Helper()
	a, b = image(t, k, "a.png", "a"), image(t, k, "b.png", "b")
	c := open(t, k)
	if c.Get(a) != nil || c.Get(b) != nil {
		t.Fatal("an empty cache knows something")
	}
	c.Add(a, []float32{1, 2, 3})
	c.Add(b, []float32{4, 2, 3})
	save(t, c)
	return a, b, c.Path
}

func TestKeptFeaturesAreFound(t *testing.T) {
	k := place(t)
	a, b, _ := filled(t, k)
	c := open(t, k)
	if got := c.Get(a); !slices.Equal(got, []float32{1, 2, 3}) {
		t.Errorf("a is %v", got)
	}
	if got := c.Get(b); !slices.Equal(got, []float32{4, 2, 3}) || c.Len() != 2 {
		t.Errorf("b is %v, of %d", got, c.Len())
	}
}

// A file that changed in any way has no features: other bytes, the same number of other bytes later, another path.
func TestChangedImages(t *testing.T) {
	k := place(t)
	a, b, _ := filled(t, k)
	longer := image(t, k, "a.png", "ab")
	path := filepath.Join(k.Paths[0], "b.png")
	at := time.Now().Add(time.Nanosecond * 100)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	later := look(t, path)
	moved := filepath.Join(k.Paths[0], "c.png")
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	c := open(t, k)
	for name, im := range map[string]Image{"longer": longer, "later": later, "moved": look(t, moved)} {
		if c.Get(im) != nil || im == a || im == b {
			t.Errorf("an image that is %s is taken for the old one", name)
		}
	}
	// what is gone leaves the file
	c.Add(longer, []float32{7, 7, 7})
	save(t, c)
	c = open(t, k)
	if c.Get(a) != nil || c.Get(b) != nil || !slices.Equal(c.Get(longer), []float32{7, 7, 7}) || c.Len() != 1 {
		t.Errorf("%d rows are kept", c.Len())
	}
}

// Whatever of a key is another's has another file.
func TestOtherKeys(t *testing.T) {
	k := place(t)
	a, _, path := filled(t, k)
	for name, change := range map[string]func(*Key){
		"program": func(k *Key) { k.Program = "p 2" }, "network": func(k *Key) { k.Network = "m" }, "view": func(k *Key) { k.View = "32 whole" },
		"dim": func(k *Key) { k.Dim = 4 }, "set": func(k *Key) { k.Paths = append(k.Paths, "x") }, "split": func(k *Key) { k.Program, k.Network = "p", "1 n" },
	} {
		other := k
		other.Paths = slices.Clone(k.Paths)
		change(&other)
		c := open(t, other)
		if c.Get(a) != nil || c.Path == path {
			t.Errorf("another %s: its features are taken", name)
		}
		// under the wrong name it is refused
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.Path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := Open(other); err == nil || !strings.Contains(err.Error(), "something else") || c.Get(a) != nil {
			t.Errorf("another %s: %v", name, err)
		}
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	k.Paths = []string{"here"}
	there := k
	there.Paths = []string{filepath.Join(wd, "here")}
	if open(t, k).Path != open(t, there).Path {
		t.Error("a path from the working folder is another than the same from the root")
	}
}

func TestNetworkSum(t *testing.T) {
	tensors := func() []layers.HostTensor {
		return []layers.HostTensor{{Name: "a", Shape: []int{2, 1}, Values: []float32{1, 2}}, {Name: "b", Shape: []int{1}, Values: []float32{3}}}
	}
	sums := map[string]string{}
	for name, change := range map[string]func(x []layers.HostTensor){
		"same": func([]layers.HostTensor) {}, "value": func(x []layers.HostTensor) { x[0].Values[1] = 2.0000002 },
		"name": func(x []layers.HostTensor) { x[1].Name = "c" }, "shape": func(x []layers.HostTensor) { x[0].Shape = []int{1, 2} },
	} {
		x := tensors()
		change(x)
		sums[NetworkSum(x, 3, "heads")] = name
	}
	sums[NetworkSum(tensors(), 4, "heads")] = "heads"
	if len(sums) != 5 || sums[NetworkSum(tensors(), 3, "heads")] != "same" {
		t.Errorf("%v", sums)
	}
	// more values than are taken at once
	large := []layers.HostTensor{{Name: "a", Shape: []int{40000}, Values: make([]float32, 40000)}}
	before := NetworkSum(large)
	large[0].Values[39999] = 1
	if NetworkSum(large) == before {
		t.Error("the last value does not count")
	}
}

// A damaged file is said to be, is empty, and is written over.
func TestDamage(t *testing.T) {
	k := place(t)
	a, b, path := filled(t, k)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 16
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := Open(k); err == nil || !strings.Contains(err.Error(), path) || c.Get(a) != nil {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if err := os.WriteFile(path, whole[:i], 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := Open(k); err == nil || c.Get(b) != nil {
			t.Fatalf("cut to %d bytes: %v", i, err)
		}
	}
	c, _ := Open(k) // cut, as above
	c.Add(a, []float32{5, 5, 5})
	save(t, c)
	if got := open(t, k).Get(a); !slices.Equal(got, []float32{5, 5, 5}) {
		t.Errorf("after damage %v is kept", got)
	}
}

// Two processes at once: what both kept is there, and nothing that neither has images for.
func TestTwoWriters(t *testing.T) {
	k := place(t)
	a, b, x := image(t, k, "a.png", "a"), image(t, k, "b.png", "b"), image(t, k, "x.png", "x")
	one, two := open(t, k), open(t, k)
	one.Get(a)
	one.Get(b)
	two.Get(a)
	two.Get(b)
	one.Add(a, []float32{1, 1, 1})
	two.Add(b, []float32{2, 2, 2})
	two.Add(x, []float32{9, 9, 9})
	save(t, two)
	save(t, one)
	c := open(t, k)
	if !slices.Equal(c.Get(a), []float32{1, 1, 1}) || !slices.Equal(c.Get(b), []float32{2, 2, 2}) || c.Get(x) != nil {
		t.Errorf("%v", c.now)
	}
	// many at once: each file is whole
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 10 {
				c, err := Open(k)
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				c.Get(b)
				c.Add(a, []float32{float32(w), float32(i), 0})
				if err := c.Save(); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	all.Wait()
	c = open(t, k)
	if !slices.Equal(c.Get(b), []float32{2, 2, 2}) || c.Get(a)[1] != 9 {
		t.Errorf("%v", c.now)
	}
	if entries, err := os.ReadDir(filepath.Dir(c.Path)); err != nil || len(entries) != 1 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

// Without a place to write, Save says so; without a folder for caches there is none.
func TestNoPlace(t *testing.T) {
	k := place(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", file)
	c, err := Open(k)
	if err == nil || c == nil {
		t.Errorf("under a file: %v, %v", c, err)
	}
	c.Add(image(t, k, "a.png", "a"), []float32{1, 2, 3})
	if err := c.Save(); err == nil {
		t.Error("it was saved under a file")
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if c, err := Open(k); err == nil || c != nil {
		t.Errorf("%v, %v", c, err)
	}
}

// The file that was used longest ago goes first; those of others stay.
func TestTrim(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-48 * time.Hour)
	for i, name := range []string{"a" + suffix, "kept" + suffix, "b" + suffix, "c" + suffix, "d" + suffix + ".tmp-1", "e" + suffix + ".tmp-2", "other.txt"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
		at := old.Add(time.Duration(i) * time.Minute)
		if i == 5 {
			at = time.Now()
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	names := func() string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, e := range entries {
			text += strings.ReplaceAll(e.Name(), suffix, "") + " "
		}
		return text
	}
	for _, c := range []struct { // four whole files and the young unfinished one have 500 bytes
		most int64
		want string
	}{{500, "a b c e.tmp-2 kept other.txt "}, {499, "b c e.tmp-2 kept other.txt "}, {0, "e.tmp-2 kept other.txt "}} {
		if err := trim(dir, "kept"+suffix, c.most); err != nil {
			t.Fatal(err)
		}
		if got := names(); got != c.want {
			t.Errorf("at most %d: %q, want %q", c.most, got, c.want)
		}
	}
}

// A cache that is read counts as used, and is not written.
func TestReadingIsUse(t *testing.T) {
	k := place(t)
	a, _, path := filled(t, k)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, k)
	c.Get(a)
	save(t, c)
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) || !after.ModTime().After(before.ModTime()) {
		t.Errorf("%v, then %v: %v", before.ModTime(), after.ModTime(), err)
	}
	if n := open(t, k).Len(); n != 0 {
		t.Errorf("%d rows are kept that nobody asked for", n)
	}
}
