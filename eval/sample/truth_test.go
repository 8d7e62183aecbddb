package sample

import (
	"encoding/json"
	"image"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// below are the files of a folder by their names in it.
func below(t *testing.T, folder string) map[string]file {
	t.Helper()
	in := map[string]file{}
	for _, f := range drawn() {
		if name, ok := strings.CutPrefix(f.name, folder+"/"); ok {
			in[name] = f
		}
	}
	if len(in) == 0 {
		t.Fatalf("nothing in %s", folder)
	}
	return in
}

func TestClassesAreEvenlyFilled(t *testing.T) {
	of := map[string]int{}
	for name := range below(t, "classes") {
		of[path.Dir(name)]++
	}
	for _, kind := range kinds {
		if of["train/"+kind.name] != trainImages || of["val/"+kind.name] != valImages {
			t.Errorf("%s has %d and %d images", kind.name, of["train/"+kind.name], of["val/"+kind.name])
		}
	}
	if len(of) != 2*len(kinds) || len(kinds) < 6 {
		t.Errorf("folders %v", slices.Sorted(maps.Keys(of)))
	}
}

func TestGroundTruthNamesImages(t *testing.T) {
	in := below(t, "retrieval")
	var g groundTruth
	if err := json.Unmarshal(in["gnd.json"].text, &g); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(slices.Clone(g.Images), g.Queries...) {
		if _, ok := in["images/"+name+".png"]; !ok {
			t.Errorf("no image %s", name)
		}
	}
	if n := len(in) - 1; n != len(g.Images)+len(g.Queries) {
		t.Errorf("%d images, %d are named", n, len(g.Images)+len(g.Queries))
	}
	noHard, noEasy, seen := 0, 0, map[int]bool{}
	for q, truth := range g.Truth {
		place := strings.TrimSuffix(g.Queries[q], "query")
		for word, list := range map[string][]int{"near": truth.Easy, "far": truth.Hard, "hidden": truth.Junk} {
			for _, i := range list {
				if seen[i] || !strings.HasPrefix(g.Images[i], place+word) {
					t.Errorf("query %d has %s as %s", q, g.Images[i], word)
				}
				seen[i] = true
			}
		}
		if len(truth.Hard) == 0 {
			noHard++
		}
		if len(truth.Easy) == 0 {
			noEasy++
		}
		if len(truth.Junk) == 0 {
			t.Errorf("query %d has no junk", q)
		}
	}
	if len(g.Truth) != len(g.Queries) || noHard != places/noHardEach || noEasy != 1 || len(seen) != len(g.Images)-elsewhere {
		t.Errorf("%d queries, %d truths, %d without hard, %d without easy, %d of %d images in them", len(g.Queries), len(g.Truth), noHard, noEasy, len(seen), len(g.Images))
	}
}

func TestCopiesHaveOriginals(t *testing.T) {
	names := map[string][]string{}
	in := below(t, "copies")
	for _, name := range slices.Sorted(maps.Keys(in)) {
		names[path.Dir(name)] = append(names[path.Dir(name)], path.Base(name))
	}
	for _, folder := range []string{"jpegqual/3", "jpegqual/30", "crops/10", "crops/50"} {
		if !slices.Equal(names[folder], names["original"]) {
			t.Errorf("%s has %q, the originals are %q", folder, names[folder], names["original"])
		}
	}
	first := map[string]int{}
	for _, name := range names["original"] {
		first[name[:4]]++
	}
	for _, name := range names["strong"] {
		if first[name[:4]] != 1 {
			t.Errorf("%s has %d originals", name, first[name[:4]])
		}
	}
	if len(names["original"]) != originals || len(names["distractors"]) != distractors || len(names["whitening"]) != forWhitener || len(names["strong"]) <= originals {
		t.Errorf("%d originals, %d distractors, %d for whitening, %d strong", len(names["original"]), len(names["distractors"]), len(names["whitening"]), len(names["strong"]))
	}
	area := func(name string) int { b := in[name].image.Bounds(); return b.Dx() * b.Dy() }
	for _, name := range names["original"] {
		whole, most, least := area("original/"+name), area("crops/10/"+name), area("crops/50/"+name)
		if 100*most < 86*whole || 100*most > 90*whole || 100*least < 46*whole || 100*least > 50*whole {
			t.Errorf("%s: %d pixels are cut to %d and %d", name, whole, most, least)
		}
	}
}

// labelsOf counts a mask's pixels by label.
func labelsOf(t *testing.T, mask, of image.Image) (count [256]int) {
	t.Helper()
	m, ok := mask.(*image.Paletted)
	if !ok || m.Bounds().Size() != of.Bounds().Size() {
		t.Fatalf("a mask of %v for an image of %v", mask.Bounds(), of.Bounds())
	}
	for _, label := range m.Pix {
		count[label]++
	}
	return count
}

func TestEveryFrameHasItsMask(t *testing.T) {
	in := below(t, "video")
	listed := strings.Fields(string(in["ImageSets/2017/val.txt"].text))
	frames := 0
	for n, q := range sequences {
		if listed[n] != q.name || q.width == q.height {
			t.Errorf("sequence %s, listed as %s, is %d x %d", q.name, listed[n], q.width, q.height)
		}
		objects := 0
		for name, f := range in {
			folder, ok := strings.CutPrefix(path.Dir(name), "JPEGImages/480p/")
			if !ok || folder != q.name {
				continue
			}
			frames++
			mask := "Annotations/480p/" + q.name + "/" + strings.TrimSuffix(path.Base(name), ".jpg") + ".png"
			count := labelsOf(t, in[mask].image, f.image)
			if path.Base(name) != "00000.jpg" {
				continue
			}
			for label := 1; label < 256 && count[label] > 0; label++ {
				objects++
				if count[label] < 200 {
					t.Errorf("object %d of %s is of %d pixels", label, q.name, count[label])
				}
			}
		}
		if objects < 2 || objects > 3 {
			t.Errorf("%s begins with %d objects", q.name, objects)
		}
	}
	if len(in) != 2*frames+1 || frames < 24 {
		t.Errorf("%d frames, %d files", frames, len(in))
	}
}

func TestObjectsHaveMasks(t *testing.T) {
	in := below(t, "objects")
	listed := strings.Fields(string(in["ImageSets/Segmentation/val.txt"].text))
	void := 0
	for _, name := range listed {
		count := labelsOf(t, in["SegmentationObject/"+name+".png"].image, in["JPEGImages/"+name+".jpg"].image)
		if count[0] == 0 || count[1] == 0 {
			t.Errorf("%s has %d pixels of background, %d of an object", name, count[0], count[1])
		}
		if count[255] > 0 {
			void++
		}
	}
	if len(listed) != objectImages || void != objectImages/2 || len(in) != 2*objectImages+1 {
		t.Errorf("%d images, %d with void, %d files", len(listed), void, len(in))
	}
}

// DAVIS and VOC begin their palettes so.
func TestMaskColors(t *testing.T) {
	for label, want := range map[int][3]uint32{0: {0, 0, 0}, 1: {128, 0, 0}, 2: {0, 128, 0}, 3: {128, 128, 0}, 8: {64, 0, 0}, 255: {224, 224, 192}} {
		r, g, b, _ := maskColors()[label].RGBA()
		if got := [3]uint32{r >> 8, g >> 8, b >> 8}; got != want {
			t.Errorf("label %d is %v, want %v", label, got, want)
		}
	}
}
