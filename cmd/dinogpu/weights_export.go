package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/dino/weights/export"
)

type weightsExportCmd struct {
	weightsFlags
	Format    string `required:"" enum:"dino,timm,hf,onnx" placeholder:"FORMAT" help:"What they are for: ${enum}."`
	Out       string `required:"" placeholder:"PATH" help:"The file (.safetensors, .pth, .onnx) or, for hf and timm, the new folder."`
	Student   bool   `help:"The student instead of the teacher, as --checkpoint-key student."`
	WithHead  bool   `help:"The projection head too (dino, onnx)."`
	DType     string `name:"dtype" enum:"float32,float16" default:"float32" help:"How values are stored: ${enum}. float16 halves the file and rounds to about 3 digits."`
	ImageSize int    `default:"0" placeholder:"N" help:"Interpolate the positions to images of N x N pixels, as the reference does. 0: the size that they were trained at."`
}

// Help is what --help says before the flags.
func (weightsExportCmd) Help() string {
	return strings.TrimSpace(`
dino: a state_dict under the names of the released weights, for PyTorch code and for dinogpu.
    safetensors.torch.load_file("teacher.safetensors")
    torch.load("teacher.pth")

timm: the same names; a folder (--out with another ending, or none) says its sizes too.
    timm.create_model("local-dir:FOLDER", pretrained=True)

hf: a folder for transformers.
    ViTModel.from_pretrained("FOLDER", add_pooling_layer=False)
    ViTImageProcessor.from_pretrained("FOLDER")

onnx: a graph that takes normalized images, (batch, 3, N, N), and gives features and patches.
    onnxruntime.InferenceSession("teacher.onnx").run(["features"], {"image": x})

How to normalize images is in each of them but a .pth file.`)
}

// Run reads, writes and says what was written.
func (c *weightsExportCmd) Run(a *app) error {
	if c.Weights == "" {
		return usageError{errNoWeights}
	}
	if c.Student {
		c.CheckpointKey = weights.RoleStudent
	}
	o := export.Options{
		Format: c.Format, Role: c.CheckpointKey, WithHead: c.WithHead, Half: c.DType == "float16", ImageSize: c.ImageSize,
		Program: version,
	}
	if err := export.Check(c.Out, o); err != nil {
		return usageError{err}
	}
	if c.ImageSize < 0 || c.ImageSize > settings.MaxSide {
		return usageError{fmt.Errorf("--image-size %d is no number of pixels from 1 to %d", c.ImageSize, settings.MaxSide)}
	}
	model, err := c.open(a)
	if err != nil {
		return err
	}
	if err := export.Write(model, c.Out, o); err != nil {
		return err
	}
	if filepath.Ext(c.Out) == ".pth" {
		a.console.Print("a .pth file has no place for what the tensors' shapes do not tell: %d heads, mean %s, std %s",
			model.ViT.Heads, settings.Text(model.Mean), settings.Text(model.Std))
	}
	size, err := bytesIn(c.Out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s of %s as %s, %s: %s (%s)\n", c.CheckpointKey, model.File, c.Format, c.DType, c.Out, disk.Size(size))
	return err
}

// bytesIn is the size of a file, or of all files of a folder.
func bytesIn(path string) (size uint64, err error) {
	err = filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += uint64(info.Size())
		}
		return err
	})
	return size, err
}
