package export

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/dino/weights/torchfile"
)

// writeState writes a state_dict under the released names: the backbone's own, or with the head those of the whole
// network, as the released checkpoints have them.
func (e *exporting) writeState(path string) error {
	tensors := slices.Clone(e.Backbone)
	if e.options.WithHead {
		for i := range tensors {
			tensors[i].Name = settings.BackbonePrefix + tensors[i].Name
		}
		tensors = append(tensors, e.Head...)
	}
	if strings.EqualFold(filepath.Ext(path), ".pth") {
		return torchfile.WriteAs(path, e.kind(), tensors)
	}
	return weights.WriteSafetensorsAs(path, e.kind(), tensors, e.model.Metadata())
}
