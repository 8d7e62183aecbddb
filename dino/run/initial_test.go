package run

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// begunWith is the state that a run of s begins with, and what it says.
func begunWith(t *testing.T, d *gpu.Device, o Options) (map[string]layers.HostTensor, *heard) {
	t.Helper()
	h := &heard{}
	o.Device, o.Folder, o.Notices = d, filepath.Join(t.TempDir(), "new"), h
	r, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tensors, err := r.trainer.State()
	if err != nil {
		t.Fatal(err)
	}
	return namedTensors(tensors), h
}

func namedTensors(tensors []layers.HostTensor) map[string]layers.HostTensor {
	named := map[string]layers.HostTensor{}
	for _, t := range tensors {
		named[t.Name] = t
	}
	return named
}

// A run begins with the weights of another to the bit; what does not fit the run's head or its images is drawn or resized,
// and all of it is said.
func TestInitFrom(t *testing.T) {
	d := openDevice(t)
	folder := filepath.Join(t.TempDir(), "before")
	before := tiny(1)
	before.Config.Seed = 5
	if err := trained(t, func() (*Run, error) { return New(t.Context(), Options{Settings: before, Folder: folder, Device: d}) }); err != nil {
		t.Fatal(err)
	}
	_, tensors := newest(t, folder)
	old := namedTensors(tensors)
	alone := filepath.Join(folder, weights.TeacherFile)

	for name, c := range map[string]struct {
		from   string
		change func(*settings.Config)
		one    bool   // both networks begin as the teacher
		head   string // why the head is fresh; empty: it is taken
		said   []string
	}{
		"the same": {
			folder, func(*settings.Config) {}, false, "",
			[]string{"begins with " + folder, ", a checkpoint of dinogpu, teacher and student: student as its student, teacher as its teacher", "the head and the center are taken"},
		},
		"larger images": {
			folder, func(c *settings.Config) { c.GlobalCropsSize = 44 }, false, "",
			[]string{"positions are resized from 4 x 4 to 6 x 6 patches"},
		},
		"more prototypes": {
			folder, func(c *settings.Config) { c.OutDim = 25 }, false,
			"the file's head.last_layer.weight_g is [24 1], and `out_dim` 25,", nil,
		},
		"a deeper head": {folder, func(c *settings.Config) { c.HeadLayers = 4 }, false, "the file's has 3 layers, and `head_layers` is 4", nil},
		"the teacher's file": {
			alone, func(*settings.Config) {}, true, "the file has none",
			[]string{"begins with " + alone + ", a backbone of dinogpu (.safetensors): student and teacher as its only network"},
		},
		"other colors": {
			folder, func(c *settings.Config) { c.Mean = settings.RGB{0.5, 0.5, 0.5} }, false, "",
			[]string{"advice: the weights expect images of mean 0.286,0.286,0.286 and deviation 0.353,0.353,0.353: set `mean` 0.286"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := tiny(1)
			s.Config.InitFrom = c.from
			c.change(&s.Config)
			plain := s
			plain.Config.InitFrom = ""
			drawn, _ := begunWith(t, d, Options{Settings: plain})
			got, h := begunWith(t, d, Options{Settings: s})
			for name, x := range got {
				want, role, inner := old[name], "", ""
				role, inner, _ = strings.Cut(name, ".")
				if c.one && role == "student" {
					want = old["teacher."+inner]
				}
				switch {
				case strings.HasPrefix(role, "moment"), c.head != "" && (strings.HasPrefix(inner, "head.") || role == "center"):
					want = drawn[name]
				case inner == "backbone.pos_embed" && s.Config.GlobalCropsSize != 28:
					resized, err := layers.ViTConfig{ImageSize: 4, Patch: 1, Dim: 96}.ResizePositions(want.Values, 6, 6)
					if err != nil {
						t.Fatal(err)
					}
					want.Values, want.Shape = resized, []int{1, 37, 96}
				}
				want.Name = x.Name
				if !reflect.DeepEqual(x, want) {
					t.Errorf("%s is not what it should begin as", name)
				}
			}
			if c.head != "" {
				c.said = append(c.said, "the head starts fresh: "+c.head)
			}
			for _, want := range c.said {
				if !h.holds(want) {
					t.Errorf("%q is not in %q", want, h.said)
				}
			}
		})
	}
}

// A head whose prototypes have lengths of their own is none for a run that keeps them at 1, and heads are taken apart by
// what they lack.
func TestOtherHead(t *testing.T) {
	c := tiny(1).Config
	l := &layers.Params{}
	c.Head().AddParams(l, settings.HeadPrefix)
	head := func() []layers.HostTensor {
		var tensors []layers.HostTensor
		for _, p := range l.List {
			x := layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
			for i := range x.Values {
				x.Values[i] = 1
			}
			tensors = append(tensors, x)
		}
		return tensors
	}
	if why := otherHead(c, head()); why != "" {
		t.Error(why)
	}
	own := head()
	own[len(own)-2].Values[3] = 1.5
	if why := otherHead(c, own); !strings.Contains(why, "lengths of their own, and `norm_last_layer`") {
		t.Error(why)
	}
	free := c
	free.NormLastLayer = false
	if why := otherHead(free, own); why != "" {
		t.Error(why)
	}
	if why := otherHead(c, head()[:len(own)-1]); why != "the file's lacks head.last_layer.weight_v" {
		t.Error(why)
	}
	more := append(head(), layers.HostTensor{Name: "head.last_layer.bias", Shape: []int{24}, Values: make([]float32, 24)})
	if why := otherHead(c, more); why != "the file's has 9 tensors, the run's 8" {
		t.Error(why)
	}
}

// Weights that cannot be begun with are refused before there is a folder.
func TestRefusedInitialWeights(t *testing.T) {
	d := openDevice(t)
	dir := t.TempDir()
	folder := filepath.Join(dir, "run")
	c := tiny(1).Config
	save := func(name string, change func([]layers.HostTensor)) string {
		l := &layers.Params{}
		c.ViT().AddParams(l, "")
		var tensors []layers.HostTensor
		for _, p := range l.List {
			tensors = append(tensors, layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())})
		}
		change(tensors)
		path := filepath.Join(dir, name)
		if err := weights.WriteSafetensors(path, tensors, weights.BackboneMetadata(c)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := save("good.safetensors", func([]layers.HostTensor) {})
	bad := save("bad.safetensors", func(x []layers.HostTensor) { x[1].Values[7] = float32(math.NaN()) })
	for name, x := range map[string]struct {
		from   string
		change func(*settings.Config)
		want   string
	}{
		"no file":    {filepath.Join(dir, "none"), func(*settings.Config) {}, "none"},
		"other size": {good, func(c *settings.Config) { c.Depth = 3 }, good + " holds a backbone of width 96, 1 block, 3 heads and patches of 7 pixels, and the run's has width 96, 3 blocks"},
		"a NaN":      {bad, func(*settings.Config) {}, bad + ", teacher: pos_embed is not finite"},
	} {
		s := tiny(1)
		s.Config.InitFrom = x.from
		x.change(&s.Config)
		if _, err := New(t.Context(), Options{Settings: s, Folder: folder, Device: d}); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Fatalf("%s: a folder was made", name)
		}
	}
}

// A file with more than a backbone is begun with where partial says so, here a classifier's.
func TestInitFromPart(t *testing.T) {
	d := openDevice(t)
	s := tiny(1)
	l := &layers.Params{}
	s.Config.ViT().AddParams(l, "")
	tensors := l.Fresh(9)
	tensors = append(tensors, layers.HostTensor{Name: "pooler.weight", Shape: []int{5, 96}, Values: make([]float32, 5*96)})
	s.Config.InitFrom = filepath.Join(t.TempDir(), "timm.safetensors")
	if err := weights.WriteSafetensors(s.Config.InitFrom, tensors, weights.BackboneMetadata(s.Config)); err != nil {
		t.Fatal(err)
	}
	if _, err := New(t.Context(), Options{Settings: s, Folder: filepath.Join(t.TempDir(), "run"), Device: d}); err == nil || !strings.Contains(err.Error(), "set `partial`") {
		t.Errorf("not partial: %v", err)
	}
	s.Config.Partial = true
	got, h := begunWith(t, d, Options{Settings: s})
	for _, x := range tensors[:len(tensors)-1] {
		for _, role := range []string{"student.", "teacher."} {
			if !reflect.DeepEqual(got[role+settings.BackbonePrefix+x.Name].Values, x.Values) {
				t.Errorf("%s%s is not the file's", role, x.Name)
			}
		}
	}
	if !h.holds("pooler.weight") || !h.holds("the head starts fresh: the file has none") {
		t.Errorf("said %q", h.said)
	}
}

// A run that began with weights goes on without them, bit for bit across the end of the head's warm-up, but not with others.
func TestInitFromIsResumed(t *testing.T) {
	d := openDevice(t)
	dir := t.TempDir()
	before, whole, parts := filepath.Join(dir, "before"), filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	if err := trained(t, func() (*Run, error) { return New(t.Context(), Options{Settings: tiny(1), Folder: before, Device: d}) }); err != nil {
		t.Fatal(err)
	}
	m, err := weights.Open(before, weights.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := tiny(2)
	s.Config.HeadWarmupEpochs, s.Config.Seed = 1, 3
	if err := trained(t, func() (*Run, error) {
		return New(t.Context(), Options{Settings: s, Initial: m, Folder: whole, Device: d})
	}); err != nil {
		t.Fatal(err)
	}
	s.Run.MaxSteps = 4
	_ = trained(t, func() (*Run, error) {
		return New(t.Context(), Options{Settings: s, Initial: m, Folder: parts, Device: d})
	})
	if err := os.Rename(before, before+"-gone"); err != nil {
		t.Fatal(err)
	}
	stored, err := Open(parts)
	if err != nil || stored.Settings.Config.InitFrom != m.File {
		t.Fatalf("config.yaml has init_from %q, %v", stored.Settings.Config.InitFrom, err)
	}
	other := stored.Settings
	other.Config.InitFrom = "elsewhere"
	var changed *settings.ChangedError
	if _, err := stored.Resume(t.Context(), Options{Settings: other, Device: d}); !errors.As(err, &changed) || changed.Key != "init_from" {
		t.Errorf("other weights: %v", err)
	}
	if err := trained(t, func() (*Run, error) { return Resume(t.Context(), parts, Options{Device: d}) }); err != nil {
		t.Fatal(err)
	}
	_, want := newest(t, whole)
	_, got := newest(t, parts)
	if !reflect.DeepEqual(want, got) {
		t.Error("the resumed run's state differs")
	}
	log := read(t, filepath.Join(parts, logFile))
	for _, want := range []string{"only the head trains at first, for 1 epoch", "begins with " + m.File} {
		if !strings.Contains(log, want) {
			t.Errorf("train.log lacks %q:\n%s", want, log)
		}
	}
	// A run that never saved begins again, for which it needs them.
	if err := os.RemoveAll(filepath.Join(parts, weights.CheckpointsFolder)); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), parts, Options{Device: d}); err == nil || !strings.Contains(err.Error(), m.File) {
		t.Errorf("without the weights: %v", err)
	}
	if err := os.Rename(before+"-gone", before); err != nil {
		t.Fatal(err)
	}
	if err := trained(t, func() (*Run, error) { return Resume(t.Context(), parts, Options{Device: d}) }); err != nil {
		t.Fatal(err)
	}
	if _, got := newest(t, parts); !reflect.DeepEqual(want, got) {
		t.Error("the run that began again differs")
	}
}
