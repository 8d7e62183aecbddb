package explore

import (
	"bytes"
	"image"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/viewer"
)

const wide, high = 900, 500

// open is an explorer of two images in a window, that has shown the first.
func open(t *testing.T) *Explorer {
	t.Helper()
	dir := t.TempDir()
	o := options(t, writeImage(t, filepath.Join(dir, "a.png"), 48, 32, 1), writeImage(t, filepath.Join(dir, "b.png"), 32, 40, 2))
	o.Features = true
	e := newExplorer(t, o)
	update(t, e)
	e.Compose(wide, high, 1)
	return e
}

// page is what is shown, once everything is there.
func page(t *testing.T, e *Explorer) []byte {
	t.Helper()
	if e.Pending() {
		update(t, e)
	}
	return bytes.Clone(e.Compose(wide, high, 1).Pix)
}

func press(keys ...viewer.Key) []viewer.Event {
	var all []viewer.Event
	for _, k := range keys {
		all = append(all, viewer.Event{Kind: viewer.KeyPressed, Key: k})
	}
	return all
}

func mouse(kind viewer.EventKind, at image.Point) viewer.Event {
	return viewer.Event{Kind: kind, X: at.X, Y: at.Y}
}

// Every key changes what is shown, and the one that undoes it brings the same page back.
func TestKeys(t *testing.T) {
	e := open(t)
	for _, c := range []struct {
		what       string
		keys, back []viewer.Key
		say        string // in the page's words afterwards
	}{
		{"a head", []viewer.Key{'2'}, []viewer.Key{'0'}, "head 2, over a.png"},
		{"a block", []viewer.Key{viewer.KeyDown}, []viewer.Key{viewer.KeyUp}, "block 4 of 5"},
		{"the threshold", []viewer.Key{'+', '+'}, []viewer.Key{'-', '-'}, "that hold 70 %"},
		{"the colors", []viewer.Key{'c'}, []viewer.Key{'C'}, ""},
		{"the opacity", []viewer.Key{'.'}, []viewer.Key{','}, ""},
		{"the image", []viewer.Key{viewer.KeyRight}, []viewer.Key{viewer.KeyLeft}, "image 2 of 2"},
		{"the help", []viewer.Key{'?'}, []viewer.Key{viewer.KeyEscape}, "the next image"},
		{"what is compared", []viewer.Key{'s'}, []viewer.Key{'s'}, "Bright patches have features"},
	} {
		before := page(t, e)
		for _, v := range press(c.keys...) {
			if !e.Event(v) {
				t.Errorf("%s: the key changed nothing", c.what)
			}
		}
		after := page(t, e)
		if bytes.Equal(before, after) {
			t.Errorf("%s: the page is as before", c.what)
		}
		if words := words(e); !strings.Contains(words, c.say) {
			t.Errorf("%s: the page does not say %q: %s", c.what, c.say, words)
		}
		for _, v := range press(c.back...) {
			e.Event(v)
		}
		if !bytes.Equal(page(t, e), before) {
			t.Errorf("%s: the page does not come back", c.what)
		}
	}
	for _, v := range press('9', 'x', viewer.KeyF1, viewer.KeyEscape) {
		e.Event(v)
	}
	if e.head != -1 || e.Done() {
		t.Errorf("head %d, done %v", e.head, e.Done())
	}
	if e.Event(press('q')[0]); !e.Done() {
		t.Error("q does not close")
	}
}

// words are all that the page says.
func words(e *Explorer) string {
	p := e.page()
	all := []string{p.Title, p.Notes, p.Status, p.Main.Caption}
	for _, g := range p.Groups {
		all = append(all, g.Title)
		for _, x := range g.Pictures {
			all = append(all, x.Caption)
		}
	}
	return strings.Join(append(all, p.Help...), "\n")
}

// Before the network has run there is nothing to see, and the page says why.
func TestPageBeforeTheNetworkRan(t *testing.T) {
	e := newExplorer(t, options(t, writeImage(t, filepath.Join(t.TempDir(), "a.png"), 48, 32, 1)))
	if w := words(e); !e.Pending() || !strings.Contains(w, "The network runs over a.png") {
		t.Error(w)
	}
	update(t, e)
	if w := words(e); e.Pending() || strings.Contains(w, "network runs") {
		t.Error(w)
	}
}

// The ends of blocks, of the threshold and of the list.
func TestKeysAtTheEnds(t *testing.T) {
	e := open(t)
	for range 30 {
		for _, v := range press(viewer.KeyDown, '-', ',') {
			e.Event(v)
		}
	}
	if e.block != 0 || e.threshold != 0.05 || e.opacity > 1e-9 {
		t.Errorf("block %d, threshold %g, opacity %g", e.block, e.threshold, e.opacity)
	}
	for range 30 {
		for _, v := range press(viewer.KeyUp, '+', '.') {
			e.Event(v)
		}
	}
	if e.block != 4 || e.threshold != 0.95 || e.opacity != 1 {
		t.Errorf("block %d, threshold %g, opacity %g", e.block, e.threshold, e.opacity)
	}
	for _, v := range press('b', 'b', 'b') {
		e.Event(v)
	}
	if e.index != 1 {
		t.Errorf("three before the first of two is image %d", e.index)
	}
}

// The patch under the mouse attends, without the network running again; a click holds it.
func TestMouseOverAPatch(t *testing.T) {
	e := open(t)
	place := e.composer.Places.Main
	start := page(t, e)
	// patch 4 + 1 of the 4 x 6 grid: its middle
	at := image.Pt(place.Min.X+place.Dx()*9/12, place.Min.Y+place.Dy()*3/8)
	if !e.Event(mouse(viewer.MouseMoved, at)) || e.token != 1+1*6+4 {
		t.Fatalf("at %v in %v token %d attends", at, place, e.token)
	}
	held := e.net.built[len(e.net.built)-1].holds
	got := page(t, e)
	if bytes.Equal(got, start) || !strings.Contains(words(e), "from the framed patch") {
		t.Error("the page does not show it")
	}
	if held != e.image || len(e.seen) != 1 {
		t.Error("the network ran again")
	}
	var sum float32
	for _, w := range e.maps[0] {
		sum += w
	}
	if sum <= 0 || sum > 1.00001 {
		t.Errorf("its attention sums to %g", sum)
	}
	if e.Event(mouse(viewer.MouseMoved, at.Add(image.Pt(1, 0)))) {
		t.Error("a pixel further in the same patch changed something")
	}
	e.Event(mouse(viewer.MousePressed, at))
	e.Event(mouse(viewer.MouseReleased, at))
	if e.Event(mouse(viewer.MouseMoved, place.Min)) || e.Event(viewer.Event{Kind: viewer.MouseLeft}) || !bytes.Equal(page(t, e), got) {
		t.Error("a patch that is held is left")
	}
	e.Event(mouse(viewer.MousePressed, at))
	e.Event(mouse(viewer.MouseReleased, at))
	if !e.Event(viewer.Event{Kind: viewer.MouseLeft}) || !bytes.Equal(page(t, e), start) {
		t.Error("without the mouse the class token does not attend again")
	}
	// the similarity is 1 to the patch itself
	e.Event(press('s')[0])
	e.Event(mouse(viewer.MouseMoved, at))
	page(t, e)
	if c := e.cosines(); len(c) != 24 || c[10] < 0.9999 || c[11] > 0.9999 {
		t.Errorf("similarities %v", c)
	}
	// on another image of another size it is another patch, or none
	e.Event(press('n')[0])
	page(t, e)
	if e.token != 0 {
		t.Errorf("token %d attends in the next image", e.token)
	}
}

// Small pictures choose their head; enlarged and pulled, the image shows another part, and its patches are found there.
func TestMouseChoosesAndMoves(t *testing.T) {
	e := open(t)
	places := e.composer.Places
	start := page(t, e)
	e.Event(mouse(viewer.MousePressed, middle(places.Groups[1][1])))
	if e.head != 1 {
		t.Errorf("head %d after a click on head 2's mask", e.head)
	}
	e.Event(mouse(viewer.MousePressed, middle(places.Groups[0][3])))
	if e.head != -1 {
		t.Errorf("head %d after a click on the mean", e.head)
	}
	corner := places.Main.Min
	if !e.Event(viewer.Event{Kind: viewer.Scrolled, X: corner.X, Y: corner.Y, Scroll: 4}) {
		t.Fatal("scrolling changed nothing")
	}
	if w := e.part.X1 - e.part.X0; w > 0.42 || w < 0.4 || e.part.X0 > 0.01 || bytes.Equal(page(t, e), start) {
		t.Errorf("the part is %+v", e.part)
	}
	from := middle(places.Main)
	e.Event(mouse(viewer.MousePressed, from))
	if e.Event(mouse(viewer.MouseMoved, from.Add(image.Pt(1, 1)))) {
		t.Error("a hand that trembles pulls")
	}
	if !e.Event(mouse(viewer.MouseMoved, from.Sub(image.Pt(places.Main.Dx()*4, places.Main.Dy()*4)))) {
		t.Error("the image is not pulled")
	}
	e.Event(mouse(viewer.MouseReleased, from))
	if e.part.X1 < 0.999 || e.part.Y1 < 0.999 || e.pinned {
		t.Errorf("pulled far to the upper left: %+v, held: %v", e.part, e.pinned)
	}
	e.Event(mouse(viewer.MouseMoved, places.Main.Max.Sub(image.Pt(1, 1))))
	if e.token != 24 {
		t.Errorf("in the lower right corner token %d attends", e.token)
	}
	page(t, e)
	e.Event(press('z')[0])
	e.Event(viewer.Event{Kind: viewer.MouseLeft})
	if !bytes.Equal(page(t, e), start) {
		t.Error("z does not bring the whole image back")
	}
	for range 40 {
		e.Event(viewer.Event{Kind: viewer.Scrolled, X: from.X, Y: from.Y, Scroll: 1})
	}
	if w := e.part.X1 - e.part.X0; w != 1.0/mostZoom {
		t.Errorf("enlarged without end: %g", w)
	}
	page(t, e)
}

func middle(r image.Rectangle) image.Point { return r.Min.Add(r.Max).Div(2) }

// Files dropped onto the window are looked at; what is no image says so and leaves the rest.
func TestDrop(t *testing.T) {
	e := open(t)
	before := page(t, e)
	e.Event(viewer.Event{Kind: viewer.Dropped, Paths: []string{filepath.Join(t.TempDir(), "no such folder")}})
	page(t, e)
	if !strings.Contains(words(e), "doesn't exist") || e.Len() != 2 {
		t.Errorf("%d images, and the page says %s", e.Len(), words(e))
	}
	other := writeImage(t, filepath.Join(t.TempDir(), "c.png"), 40, 40, 5)
	if !e.Event(viewer.Event{Kind: viewer.Dropped, Paths: []string{other}}) || e.Len() != 1 {
		t.Fatalf("%d images", e.Len())
	}
	if after := page(t, e); bytes.Equal(after, before) || !strings.Contains(words(e), "c.png") || e.Err() != nil {
		t.Errorf("it is not shown: %s", words(e))
	}
	damaged := writeText(t, filepath.Join(t.TempDir(), "bad.png"), "no image")
	e.Event(viewer.Event{Kind: viewer.Dropped, Paths: []string{damaged}})
	settle(t, e)
	if e.Err() == nil || !strings.Contains(words(e), "Nothing to see: ") || !strings.Contains(words(e), "bad.png") || e.Pending() {
		t.Errorf("a damaged image: %v, %s", e.Err(), words(e))
	}
}

// The page that is kept is the page that is shown.
func TestKeep(t *testing.T) {
	e := open(t)
	var kept []byte
	e.o.Keep = func(im *image.RGBA) (string, error) {
		kept = bytes.Clone(im.Pix)
		return "there.png", nil
	}
	shown := page(t, e)
	if !e.Event(press('w')[0]) || !bytes.Equal(kept, shown) {
		t.Error("another page was kept than is shown")
	}
	if !strings.Contains(words(e), "written to there.png") {
		t.Errorf("%s", words(e))
	}
	e.Event(press('c')[0])
	if strings.Contains(words(e), "there.png") {
		t.Error("it is still said after the next key")
	}
}
