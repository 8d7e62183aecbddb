package weights

import (
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// CheckpointBytes is about what a checkpoint of tensors of these shapes takes on the disk, a little above rather than
// below.
func CheckpointBytes(layout []layers.HostTensor) uint64 {
	const header, perTensor = 8 << 10, 256
	bytes := uint64(header)
	for _, t := range layout {
		bytes += 4*tensorLayout{shape: t.Shape}.elements() + perTensor
	}
	return bytes
}

// TeacherBytes is the same for the teacher's backbone of such a checkpoint as a safetensors file.
func TeacherBytes(layout []layers.HostTensor) uint64 {
	var backbone []layers.HostTensor
	for _, t := range layout {
		if strings.HasPrefix(t.Name, RoleTeacher+"."+settings.BackbonePrefix) {
			backbone = append(backbone, t)
		}
	}
	return CheckpointBytes(backbone)
}
