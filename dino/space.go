package dino

// CheckpointBytes is about what a checkpoint takes on the disk, a little above rather than below.
func (t *Trainer) CheckpointBytes() uint64 {
	const header, perTensor = 64 << 10, 256
	roles := uint64(len(t.roles()))
	values := roles*uint64(t.Layout.Count()) + uint64(t.Config.OutDim)
	return 4*values + header + perTensor*roles*uint64(len(t.Layout.List))
}

// TeacherBytes is the same for teacher.safetensors.
func (t *Trainer) TeacherBytes() uint64 {
	return t.CheckpointBytes() / uint64(len(t.roles()))
}
