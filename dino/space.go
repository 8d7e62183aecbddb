package dino

import (
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// CheckpointBytes is about what a checkpoint takes on the disk, a little above rather than below.
func (t *Trainer) CheckpointBytes() uint64 {
	const header, perTensor = 8 << 10, 256
	roles := len(t.roles())
	return uint64(4*(roles*t.Layout.Count()+t.Config.OutDim) + header + perTensor*roles*len(t.Layout.List))
}

// TeacherBytes is the same for teacher.safetensors.
func (t *Trainer) TeacherBytes() uint64 {
	const header, perTensor = 8 << 10, 256
	bytes := header
	for _, p := range t.Layout.List {
		if strings.HasPrefix(p.Name, settings.BackbonePrefix) {
			bytes += 4*p.Len() + perTensor
		}
	}
	return uint64(bytes)
}
