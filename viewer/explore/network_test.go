package explore

import (
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/weights"
)

// An image that is too large says which size would do, and that size does.
func TestTooLarge(t *testing.T) {
	o := options(t, writeImage(t, filepath.Join(t.TempDir(), "a.png"), 30, 15, 1))
	o.ImageSize = 3000
	e := newExplorer(t, o)
	if err := e.Update(context.Background()); err != nil {
		t.Fatal(err)
	}
	if e.Err() == nil {
		t.Fatal("an image of 6000 x 3000 pixels was run")
	}
	said := regexp.MustCompile("set `image_size` to ([0-9]+)$").FindStringSubmatch(e.Err().Error())
	if said == nil || !strings.Contains(e.Err().Error(), "6000 x 3000 pixels are too many") {
		t.Fatalf("it says %v", e.Err())
	}
	size, _ := strconv.Atoi(said[1])
	fits := func(short int) bool { return e.net.fits(e.net.scaled(e.net.size(2, 1), short)) == nil }
	if size < 200 || !fits(size) || fits(size+2*e.net.model.ViT.Patch) {
		t.Errorf("%d fits: %v, and more does too: %v", size, fits(size), fits(size+16))
	}
	o.ImageSize = 8192
	e = newExplorer(t, o)
	if err := e.Update(context.Background()); err != nil || e.Err() == nil || !strings.Contains(e.Err().Error(), "set `image_size` to 4096") {
		t.Errorf("a side beyond the largest: %v, %v", err, e.Err())
	}
}

func (n *network) size(w, h int) size { return size{w, h, n.model.ViT.Depth - 1} }

// A few sizes are kept, and what an image was is remembered.
func TestBackbonesAreKept(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i, w := range []int{32, 40, 48, 56, 64} {
		paths = append(paths, writeImage(t, filepath.Join(dir, string(rune('a'+i))+".png"), w, 32, i))
	}
	e := newExplorer(t, options(t, paths...))
	for i := range paths {
		e.index = i
		update(t, e)
	}
	var sizes []int
	for _, b := range e.net.built {
		sizes = append(sizes, b.size.w)
	}
	if !slices.Equal(sizes, []int{48, 56, 64}) || len(e.seen) != 5 {
		t.Errorf("kept: %v; %d images are remembered", sizes, len(e.seen))
	}
	first := e.seen[seenKey{0, 4, 0}].maps
	e.index = 0
	update(t, e)
	if e.now.maps[0][0] != first[0][0] || e.net.built[2].size.w != 64 {
		t.Error("an image that was remembered ran again")
	}
	e.token = 3
	update(t, e)
	if e.net.built[2].size.w != 32 {
		t.Error("its backbone is not there for another patch")
	}
}

func TestPrepared(t *testing.T) {
	n := &network{model: goldenModel(t, "vit_evals.safetensors")}
	for _, c := range []struct{ w, h, short, wantW, wantH int }{
		{32, 32, 32, 32, 32}, {100, 50, 33, 64, 32}, {50, 100, 33, 32, 64}, {8, 8, 8, 8, 8}, {10, 900, 8, 8, 720},
	} {
		im, err := n.prepared(augment.NewImage(c.w, c.h), c.short)
		if err != nil || im.W != c.wantW || im.H != c.wantH {
			t.Errorf("%d x %d by %d: %+v, %v, want %d x %d", c.w, c.h, c.short, im, err, c.wantW, c.wantH)
		}
	}
	if size := DefaultSize(n.model); size != 64 { // 32 * 480 / 224 = 68
		t.Errorf("the usual size is %d", size)
	}
}

// Wrong options are sentences.
func TestNewRefuses(t *testing.T) {
	photo := writeImage(t, filepath.Join(t.TempDir(), "a.png"), 32, 32, 1)
	for want, change := range map[string]func(*Options){
		"blocks 1 to 5":       func(o *Options) { o.Block = 6 },
		"heads 1 to 3":        func(o *Options) { o.Head = 4 },
		"above 0 and below 1": func(o *Options) { o.Threshold = 1 },
		"`image_size` 7":      func(o *Options) { o.ImageSize = 7 },
		"no images are named": func(o *Options) { o.Images = nil },
		"doesn't exist":       func(o *Options) { o.Images = []string{photo + "x"} },
		"holds no student":    func(o *Options) { o.Role = weights.RoleStudent },
	} {
		o := options(t, photo)
		change(&o)
		if e, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
			if e != nil {
				e.Close()
			}
		}
	}
}

// One basis for all images: a basis of both is not that of the first alone, and an image that cannot be read is left out.
func TestPrincipalComponentsOfSeveral(t *testing.T) {
	dir := t.TempDir()
	a, b := writeImage(t, filepath.Join(dir, "a.png"), 32, 32, 1), writeImage(t, filepath.Join(dir, "b.png"), 64, 32, 9)
	bad := writeText(t, filepath.Join(dir, "bad.png"), "no image")
	explore := func(paths ...string) *Explorer {
		o := options(t, paths...)
		o.PCA = true
		e := newExplorer(t, o)
		update(t, e)
		return e
	}
	one, both := explore(a), explore(a, b, bad)
	if slices.Equal(one.basis.Axes[0], both.basis.Axes[0]) {
		t.Error("the second image changed nothing")
	}
	colors, _ := both.principalColors()
	both.index = 1
	update(t, both)
	if more, _ := both.principalColors(); len(colors) != 16 || len(more) != 32 || both.Pending() {
		t.Errorf("%d and %d patches", len(colors), len(more))
	}
	var low, high uint8 = 255, 0 // red, over both images
	more, _ := both.principalColors()
	for _, c := range append(colors, more...) {
		low, high = min(low, c.R), max(high, c.R)
	}
	if low != 0 || high != 255 {
		t.Errorf("red goes from %d to %d over both images", low, high)
	}
	both.Event(press(' ')[0])
	both.Event(press('p')[0])
	if err := both.Update(context.Background()); err != nil || both.Err() == nil {
		t.Errorf("the damaged image: %v, %v", err, both.Err())
	}
}
