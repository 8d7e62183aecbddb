package released

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The numbers are those of the published networks.
func TestCatalog(t *testing.T) {
	want := map[string]struct {
		parameters int
		url        string
	}{
		"dino_vits16":           {21_665_664, "https://dl.fbaipublicfiles.com/dino/dino_deitsmall16_pretrain/dino_deitsmall16_pretrain.pth"},
		"dino_vits8":            {21_670_272, "https://dl.fbaipublicfiles.com/dino/dino_deitsmall8_pretrain/dino_deitsmall8_pretrain.pth"},
		"dino_vitb16":           {85_798_656, "https://dl.fbaipublicfiles.com/dino/dino_vitbase16_pretrain/dino_vitbase16_pretrain.pth"},
		"dino_vitb8":            {85_807_872, "https://dl.fbaipublicfiles.com/dino/dino_vitbase8_pretrain/dino_vitbase8_pretrain.pth"},
		"dino_deitsmall8_300ep": {21_670_272, "https://dl.fbaipublicfiles.com/dino/dino_deitsmall8_300ep_pretrain/dino_deitsmall8_300ep_pretrain.pth"},
	}
	for _, e := range Catalog() {
		if w := want[e.Name]; e.Parameters() != w.parameters || e.URL() != w.url || e.Text == "" {
			t.Errorf("%+v: %d parameters at %s, want %+v", e, e.Parameters(), e.URL(), w)
		}
		delete(want, e.Name)
	}
	if len(want) > 0 {
		t.Errorf("not in the catalog: %v", want)
	}
}

func TestPath(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir, err := Dir()
	if err != nil {
		t.Fatal(err)
	}
	var not *NotPulled
	if _, err := Path("dino_vits16"); !errors.As(err, &not) || not.Path != filepath.Join(dir, "dino_deitsmall16_pretrain.pth") || !strings.Contains(err.Error(), not.Entry.URL()) {
		t.Errorf("before a pull: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "dino_deitsmall16_pretrain.pth"), 0o755); err != nil { // a folder is no file
		t.Fatal(err)
	}
	file := filepath.Join(dir, "dino_deitsmall16_pretrain.safetensors")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if path, err := Path("dino_vits16"); err != nil || path != file {
		t.Errorf("after a pull: %q, %v", path, err)
	}
	for name, words := range map[string]string{
		"dino_resnet50": "a ResNet-50, which dinogpu cannot run", "dino_xcit_small_12_p8": "an XCiT", "dinov2_vits14": "DINOv2", "dino_vits15": "dino_vits16, dino_vits8",
	} {
		if _, err := Path(name); err == nil || errors.As(err, &not) || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", name, err)
		}
		if Known(name) != (name != "dino_vits15") {
			t.Errorf("%s: known is %v", name, Known(name))
		}
	}
}
