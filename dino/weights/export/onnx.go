package export

import (
	"fmt"
	"strconv"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights/onnx"
)

// writeONNX writes the network as a graph.
func (e *exporting) writeONNX(path string) error {
	v := e.model.ViT
	graph, err := onnx.ViT(v, e.Backbone, e.Head, e.options.Half)
	if err != nil {
		return fmt.Errorf("%s cannot be written as a graph: %w", e.model.File, err)
	}
	graph.Producer, graph.Version = "dinogpu", e.options.Program
	graph.Doc = "A vision transformer trained with DINO (arXiv 2104.14294)."
	graph.Metadata = map[string]string{
		"description": fmt.Sprintf("DINO ViT, the %s. image: RGB from 0 to 1, %d x %d, minus mean, over std, channels first. features: the class token after the final norm. patches: the patch tokens after it, row by row.", e.Role, v.ImageSize, v.ImageSize),
		"mean":        settings.Text(e.model.Mean), "std": settings.Text(e.model.Std),
		"image_size": strconv.Itoa(v.ImageSize), "patch_size": strconv.Itoa(v.Patch), "heads": strconv.Itoa(v.Heads),
	}
	if e.options.WithHead {
		graph.Metadata["description"] += " logits: the projection head's output, before any temperature."
	}
	if size := graph.Size(); size > onnx.MaxBytes {
		advice := "export as float16"
		if e.options.Half {
			advice = "export as safetensors"
		}
		return fmt.Errorf("%s would have %s, and an ONNX file ends at %s: %s", path, disk.Size(size), disk.Size(onnx.MaxBytes), advice)
	}
	return disk.WriteFile(path, graph.Write)
}
