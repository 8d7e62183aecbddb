package weights

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// Models that dinogpu does not run are named as what they are, also where only part was asked for.
func TestOtherModels(t *testing.T) {
	vit := func(more ...string) []string {
		return append([]string{"cls_token", "pos_embed", "patch_embed.proj.weight", "norm.weight"}, more...)
	}
	for want, names := range map[string][]string{
		"a DINOv2":                vit("register_tokens", "blocks.0.ls1.gamma", "mask_token"),
		"a DINOv2 or":             {"embeddings.cls_token", "embeddings.mask_token", "encoder.layer.0.layer_scale1.lambda1"},
		"a ResNet":                {"conv1.weight", "bn1.running_mean", "layer1.0.conv1.weight", "fc.weight"},
		"a ResNet, and":           {"state_dict.module.encoder_q.layer1.0.conv1.weight", "epoch"},
		"an XCiT":                 vit("blocks.0.local_mp.conv1.weight", "cls_attn_blocks.0.norm1.weight"),
		"a convolutional network": {"features.0.weight", "classifier.0.weight"},
		"an MAE with its decoder": vit("mask_token", "decoder_blocks.0.norm1.weight"),
		"a DeiT":                  vit("dist_token"),
		"a CLIP":                  {"vision_model.embeddings.class_embedding", "text_model.final_layer_norm.bias"},
		"relative positions":      {"layers.0.blocks.0.attn.relative_position_bias_table"},
		"LayerScale":              vit("blocks.0.gamma_1"),
		"a ConvNeXt":              {"stages.0.blocks.0.conv_dw.weight"},
		"a language model":        {"embeddings.word_embeddings.weight"},
		"a linear classifier":     {"state_dict.module.linear.weight", "state_dict.module.linear.bias"},
	} {
		var tensors []layers.HostTensor
		for _, name := range names {
			tensors = append(tensors, layers.HostTensor{Name: name, Shape: []int{1}, Values: []float32{1}})
		}
		path := filepath.Join(t.TempDir(), "w.safetensors")
		if err := WriteSafetensors(path, tensors, nil); err != nil {
			t.Fatal(err)
		}
		for _, partial := range []bool{false, true} {
			_, err := Open(path, Options{Partial: partial})
			if err == nil || !strings.HasPrefix(err.Error(), path+" looks like ") || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v", names, err)
			}
		}
	}
}

// Another program's training: what it holds, and what to do.
func TestAnotherProgramsCheckpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	one := func(name string) layers.HostTensor {
		return layers.HostTensor{Name: name, Shape: []int{1}, Values: []float32{1}}
	}
	if err := WriteSafetensors(path, []layers.HostTensor{one("state_dict.net.a"), one("state_dict.net.b"), one("optimizer.state.0.exp_avg")}, nil); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path, Options{})
	if err == nil || !strings.Contains(err.Error(), `it holds "state_dict.net.a", "state_dict.net.b")`) || !strings.Contains(err.Error(), "training checkpoint of another program: export its backbone's state_dict") {
		t.Error(err)
	}
}

// A tensor of another shape in the middle of a ViT-S/16 is found by the header alone: the file has no bytes behind it but
// a hole.
func TestAFullSizeFileWithOneWrongShape(t *testing.T) {
	c := settings.DefaultConfig()
	l := &layers.Params{}
	c.ViT().AddParams(l, "")
	slices.SortFunc(l.List, func(a, b layers.Param) int { return strings.Compare(a.Name, b.Name) })
	path := filepath.Join(t.TempDir(), "vits16.safetensors")
	var lines []string
	at := 0
	for _, p := range l.List {
		shape := slices.Clone(p.Shape)
		if p.Name == "blocks.6.mlp.fc1.weight" {
			shape = []int{384, 1536} // as many values
		}
		lines = append(lines, fmt.Sprintf(`%q:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, p.Name, strings.ReplaceAll(fmt.Sprint(shape), " ", ","), at, at+4*p.Len()))
		at += 4 * p.Len()
	}
	header := "{" + strings.Join(lines, ",") + "}"
	writeTestFile(t, path, append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...))
	if err := os.Truncate(path, int64(8+len(header)+at)); err != nil {
		t.Fatal(err)
	}
	if at < 80<<20 {
		t.Fatalf("the file has only %d bytes", at)
	}
	want := path + " is not the backbone of width 384 and 12 blocks that it begins as: of another shape are blocks.6.mlp.fc1.weight [384 1536] instead of [1536 384];"
	if _, err := Open(path, Options{}); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Error(err)
	}
}
