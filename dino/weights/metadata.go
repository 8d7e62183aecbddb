package weights

import (
	"strconv"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// Metadata makes a safetensors file of one of the model's backbones one that Open understands by itself: it says what
// the tensors' shapes do not.
func (w *Model) Metadata() map[string]string {
	return map[string]string{
		"format": "pt", metaHeads: strconv.Itoa(w.ViT.Heads), metaImageSize: strconv.Itoa(w.ViT.ImageSize),
		metaMean: settings.Text(w.Mean), metaStd: settings.Text(w.Std),
	}
}
