package weights

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino/weights/torchfile"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/testdata/hostile"
)

// Files of every kind, damaged in every way: no panic, no memory beyond what their size allows, and an error that names
// the file.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	read := func(path string) []byte {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	write := func(tensors []layers.HostTensor, meta map[string]string) []byte {
		path := filepath.Join(dir, "w")
		if err := WriteSafetensors(path, tensors, meta); err != nil {
			t.Fatal(err)
		}
		return read(path)
	}
	c := smallConfig()
	run := writeRun(t, c, 4)
	heads := map[string]string{metaHeads: "3"}
	vit := smallViT()
	vit.Depth, vit.PatchSize, vit.GlobalCropsSize = 1, 2, 4
	pth := filepath.Join(dir, "w.pth")
	if err := torchfile.Write(pth, hostWeights(vit, "teacher.", false)); err != nil {
		t.Fatal(err)
	}
	seeds := [][]byte{
		read(filepath.Join(run, TeacherFile)),
		read(filepath.Join(run, CheckpointsFolder, CheckpointName(4))),
		read(pth),
		write(hostWeights(c, "student.module.backbone.", true), heads),
		write(huggingFaceNames("vit.", hostWeights(c, "", false)), heads),
		write([]layers.HostTensor{{Name: "patch_embed.proj.weight", Shape: []int{24, 3, 2, 2}, Values: make([]float32, 24*12)}}, heads),
	}
	for _, partial := range []bool{false, true} {
		hostile.Mutate(t, seeds, time.Second, func(path string) error {
			w, err := Open(path, Options{Partial: partial})
			if err == nil && len(w.Networks) == 0 {
				t.Error("a model without a network")
			}
			return err
		})
	}
	hostile.Mutate(t, seeds, time.Second, func(path string) error {
		_, err := Inspect(path, true, func(error) {})
		return err
	})
}

// Small texts beside weights. The sentences name these files, and not the one that the helper writes.
func TestHostileTexts(t *testing.T) {
	dir := hubFolder(t, huggingFaceNames("", hostWeights(smallConfig(), "", false)), nil)
	latest := filepath.Join(dir, "latest")
	if err := os.Mkdir(filepath.Join(dir, "tiny-1"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name, open string
		seeds      [][]byte
	}{
		{"config.json", dir, [][]byte{
			[]byte(`{"model_type": "vit", "hidden_size": 24, "num_attention_heads": 3, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "image_size": 28, "qkv_bias": true}`),
			[]byte(`{"architecture": "vit", "model_args": {"num_heads": 3}, "pretrained_cfg": {"input_size": [3, 28, 28], "mean": [0.1, 0.2, 0.3]}}`),
		}},
		{"preprocessor_config.json", dir, [][]byte{[]byte(`{"do_normalize": true, "image_mean": [0.5, 0.25, 0.5], "image_std": [0.5, 0.5, 0.25]}`)}},
		{"latest", latest, [][]byte{[]byte("tiny-1\n")}},
	} {
		writeTestFile(t, filepath.Join(dir, "config.json"), []byte(`{"num_attention_heads": 3}`))
		hostile.Mutate(t, x.seeds, 300*time.Millisecond, func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			writeTestFile(t, filepath.Join(dir, x.name), text)
			if _, err = Open(x.open, Options{}); err == nil {
				return nil
			}
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("%v names no file", err)
			}
			return fmt.Errorf("%s: %w", path, err)
		})
	}
}
