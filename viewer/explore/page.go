package explore

import (
	"fmt"
	"image"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/viewer"
)

// Title names the image and tells how to get help.
func (e *Explorer) Title() string {
	return fmt.Sprintf("dinogpu view: %s (press ? for the keys)", disk.Printable(e.pictures.name(e.index)))
}

// Done tells that the user closed the window.
func (e *Explorer) Done() bool { return e.done }

// Compose draws what is looked at.
func (e *Explorer) Compose(w, h int, scale float64) *image.RGBA {
	e.size, e.scale = image.Pt(w, h), scale
	return e.composer.Compose(e.page(), w, h, scale)
}

// Places tells where the pictures of the last composed page are.
func (e *Explorer) Places() viewer.Places { return e.composer.Places }

// page says what is looked at in pictures and words.
func (e *Explorer) page() *viewer.Page {
	p := &viewer.Page{Title: e.sentence(), Notes: e.notes(), Part: e.part, Status: e.status()}
	if e.help {
		p.Help = help()
	}
	p.Main = viewer.Picture{Image: e.shown, Marked: -1}
	if e.err != nil {
		p.Title = "Nothing to see: " + disk.Printable(e.err.Error())
		return p
	}
	if e.now == nil {
		p.Title = "The network runs over " + disk.Printable(filepath.Base(e.pictures.name(e.index))) + ": what it looks at comes here"
		return p
	}
	patch := viewer.Picture{Image: e.shown, GridH: e.now.gridH, GridW: e.now.gridW, Marked: e.token - 1}
	p.Main = e.main(patch)
	p.Groups = e.groups(patch)
	return p
}

// main is the large picture.
func (e *Explorer) main(p viewer.Picture) viewer.Picture {
	p.Opacity = e.opacity
	name := disk.Printable(filepath.Base(e.pictures.name(e.from)))
	switch {
	case e.mode == principal:
		p.Patches, _ = e.principalColors()
		p.Caption = "the features of each patch in color, over " + name
	case e.mode == cosine:
		p.Caption = "point at a patch of " + name
		if c := e.cosines(); c != nil {
			p.Patches, p.Caption = e.colors.Colored(c), "cosine similarity to the framed patch, over "+name
		}
	default:
		m, who := e.mean(), fmt.Sprintf("the mean of %d heads", len(e.maps))
		if e.head >= 0 {
			m, who = e.maps[e.head], fmt.Sprintf("head %d", e.head+1)
		}
		p.Patches, p.Caption = e.colors.Colored(m), who+", over "+name
	}
	return p
}

// plainGroup is the group of the image itself and its features; those before it have a picture for each head and the mean.
const plainGroup = 2

// groups are the small pictures: each head's map and their mean, what masks keep of them, and the components.
func (e *Explorer) groups(p viewer.Picture) []viewer.Group {
	who := "Each head's attention, and their mean"
	if e.token > 0 {
		who = "Each head's attention from the framed patch"
	}
	maps := viewer.Group{Title: who}
	masks := viewer.Group{Title: fmt.Sprintf("The fewest patches that hold %.0f %% of it", 100*e.threshold)}
	for h, m := range append(e.maps[:len(e.maps):len(e.maps)], e.mean()) {
		caption, selected := fmt.Sprintf("head %d", h+1), h == e.head
		if h == len(e.maps) {
			caption, selected = "mean", e.head < 0
		}
		colored, masked := p, p
		colored.Image, colored.Patches, colored.Opacity = nil, e.colors.Colored(m), 1
		colored.Caption, colored.Selected = caption, selected && e.mode == attention
		masked.Kept = eval.Kept(m, e.threshold)
		masked.Caption = caption + ": " + share(masked.Kept)
		maps.Pictures, masks.Pictures = append(maps.Pictures, colored), append(masks.Pictures, masked)
	}
	plain := viewer.Group{Title: "The image", Pictures: []viewer.Picture{p}}
	if e.o.PCA { // also while there are none yet: pictures stay where they are
		colors, of := e.principalColors()
		plain.Title = "The image, and its patches: like colors, like features"
		p.Image, p.Patches, p.Opacity, p.Selected = nil, colors, 1, e.mode == principal
		if p.Caption = "features"; colors != nil {
			p.Caption = fmt.Sprintf("features, %.0f %% of the variance", 100*of)
		}
		plain.Pictures = append(plain.Pictures, p)
	}
	return []viewer.Group{maps, masks, plain}
}

// share tells how many of all patches a mask keeps.
func share(kept []bool) string {
	n := 0
	for _, k := range kept {
		if k {
			n++
		}
	}
	return fmt.Sprintf("%.0f %% of all", 100*float64(n)/float64(max(1, len(kept))))
}

// sentence says what is seen.
func (e *Explorer) sentence() string {
	block := fmt.Sprintf("block %d of %d", e.block+1, e.net.model.ViT.Depth)
	switch {
	case e.mode == principal:
		return "Patches of like color have like features (" + block + ")"
	case e.mode == cosine:
		return "Bright patches have features like those of the framed one (" + block + ")"
	case e.token > 0:
		return "Where the framed patch looks: attention, brightest where it is strongest (" + block + ")"
	}
	return "Where the network looks in this image: attention, brightest where it is strongest (" + block + ")"
}

// notes say which network and which image it is, and how to read it.
func (e *Explorer) notes() string {
	v := e.net.model.ViT
	s := fmt.Sprintf("%s of %s: %d heads, patches of %d pixels.", e.o.Role, disk.Printable(e.net.model.File), v.Heads, v.Patch)
	if e.now != nil && e.err == nil {
		s += fmt.Sprintf(" The image has %d x %d pixels for it, %d x %d patches.", e.image.W, e.image.H, e.now.gridW, e.now.gridH)
	}
	if e.mode == attention {
		s += " Each map goes from its own least weight, dark, to its largest, bright."
	}
	if e.mode == attention && e.token == 0 {
		s += " The class token, which stands for the whole image, is the one that looks."
	}
	return s
}

// status is what goes on.
func (e *Explorer) status() string {
	s := fmt.Sprintf("image %d of %d: %s", e.index+1, e.pictures.n, disk.Printable(e.pictures.name(e.index)))
	if e.pictures.n == 1 {
		s = disk.Printable(e.pictures.name(e.index))
	}
	switch {
	case e.told != "":
		return disk.Printable(e.told)
	case e.want() != e.have || e.due:
		return s + " ... the network runs"
	}
	return s
}

// help lists the keys.
func help() []string {
	lines := []string{
		"point at the image: what the patch there attends to; a click holds it",
		"scroll to enlarge, pull to move; click a small picture to see it large",
		"drop image files or folders onto the window to look at them",
		"",
	}
	for _, k := range bindings() {
		lines = append(lines, k.name+"\t"+k.what)
	}
	return lines
}
