package dino

import (
	"github.com/dinogpu/dinogpu/layers"
)

// WriteCheckpoint writes all that the run needs to go on: both networks, the moments and the centre.
// The adapter's name and the pictures' fingerprint are for who goes on elsewhere.
func (t *Trainer) WriteCheckpoint(path string, s Settings, adapter, pictures string) error {
	if len(t.pending) > 0 {
		panic("dino: a checkpoint is written while steps are under way: call Finish first")
	}
	var tensors []HostTensor
	for _, role := range []struct {
		name  string
		arena *layers.Arena
	}{{"student.", t.Student}, {"teacher.", t.Teacher}, {"moment1.", t.first}, {"moment2.", t.second}} {
		part, err := hostTensors(t.device, role.arena, func(name string) (string, bool) { return role.name + name, true })
		if err != nil {
			return err
		}
		tensors = append(tensors, part...)
	}
	center := make([]float32, t.loss.Center.Len())
	if err := t.device.Read(t.loss.Center, center); err != nil {
		return err
	}
	tensors = append(tensors, HostTensor{Name: "center", Shape: []int{len(center)}, Values: center})
	perEpoch := t.Schedules.perEpoch
	return WriteCheckpoint(path, CheckpointHeader{
		Step: t.step, Epoch: t.step / perEpoch, Batch: t.step % perEpoch * t.Config.Accumulate, Seed: t.Config.Seed,
		Config: string(s.YAML()), Matmul: layers.FormatMatmul(t.crops.Target), Adapter: adapter, Pictures: pictures,
	}, tensors)
}
