package released

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/layers"
)

// base is where the authors keep their files.
const base = "https://dl.fbaipublicfiles.com/dino"

// An Entry is one released network: its name in torch.hub, where its file lies, and what must be in it.
type Entry struct {
	Name string
	Path string // under the server's or a mirror's base: folder and file
	ViT  layers.ViTConfig
	Text string // what it is, in a few words
}

// URL is the file's address at the authors' server.
func (e Entry) URL() string { return base + "/" + e.Path }

// Parameters is the number of values in the network.
func (e Entry) Parameters() int {
	l := &layers.Params{}
	e.ViT.AddParams(l, "")
	return l.Count()
}

// Bytes is about the size of its file: float32 values, and little else.
func (e Entry) Bytes() int64 { return 4 * int64(e.Parameters()) }

// leastBytes and mostBytes bound what can be the file: half precision, and float32 with all that a format may add.
func (e Entry) leastBytes() int64 { return e.Bytes() / 2 }
func (e Entry) mostBytes() int64  { return e.Bytes()*5/4 + 1<<20 }

func (e Entry) file() string { return path.Base(e.Path) }

func vit(dim, heads, patch int) layers.ViTConfig {
	return layers.ViTConfig{ImageSize: 224, Patch: patch, Dim: dim, Depth: 12, Heads: heads}
}

func entry(name, file, text string, v layers.ViTConfig) Entry {
	return Entry{Name: name, Path: file + "/" + file + ".pth", ViT: v, Text: text}
}

// Catalog are the released networks that this program runs: the teachers' backbones, trained on ImageNet-1k.
func Catalog() []Entry {
	return []Entry{
		entry("dino_vits16", "dino_deitsmall16_pretrain", "ViT-S/16", vit(384, 6, 16)),
		entry("dino_vits8", "dino_deitsmall8_pretrain", "ViT-S/8", vit(384, 6, 8)),
		entry("dino_vitb16", "dino_vitbase16_pretrain", "ViT-B/16", vit(768, 12, 16)),
		entry("dino_vitb8", "dino_vitbase8_pretrain", "ViT-B/8", vit(768, 12, 8)),
		entry("dino_deitsmall8_300ep", "dino_deitsmall8_300ep_pretrain", "ViT-S/8 of 300 epochs, whose attention the paper shows", vit(384, 6, 8)),
	}
}

// others are released networks that are no vision transformers of DINO's.
var others = map[string]string{
	"dino_resnet50":           "a ResNet-50",
	"dino_xcit_small_12_p16":  "an XCiT",
	"dino_xcit_small_12_p8":   "an XCiT",
	"dino_xcit_medium_24_p16": "an XCiT",
	"dino_xcit_medium_24_p8":  "an XCiT",
}

// other says what a network is that others released too, and this program does not run; empty for any other name.
func other(name string) string {
	if strings.HasPrefix(name, "dinov2_") {
		return "a network of DINOv2"
	}
	return others[name]
}

// Known tells whether name is that of a released network, whether or not this program runs it.
func Known(name string) bool {
	return other(name) != "" || slices.ContainsFunc(Catalog(), func(e Entry) bool { return e.Name == name })
}

// Lookup is the entry of that name among entries; the error says which there are.
func Lookup(entries []Entry, name string) (Entry, error) {
	var names []string
	for _, e := range entries {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	if what := other(name); what != "" {
		return Entry{}, fmt.Errorf("%s is %s, which dinogpu cannot run: it runs DINO's vision transformers, %s", name, what, strings.Join(names, ", "))
	}
	return Entry{}, fmt.Errorf("no released network is called %s: there are %s", disk.Quote(name), strings.Join(names, ", "))
}
