package dino

import (
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/layers"
)

// role is an arena that a checkpoint holds, and what stands before its tensors' names there.
type role struct {
	prefix string
	arena  *layers.Arena
}

func (t *Trainer) roles() []role {
	roles := []role{{"student.", t.Student}, {"teacher.", t.Teacher}}
	for i, m := range t.moments {
		roles = append(roles, role{momentName(i) + ".", m})
	}
	return roles
}

// WriteCheckpoint writes all that the run needs to go on: both networks, the moments and the centre.
// The adapter's name and the pictures' fingerprint are for who goes on elsewhere.
func (t *Trainer) WriteCheckpoint(path string, s settings.Settings, adapter, pictures string) error {
	if len(t.pending) > 0 {
		panic("dino: a checkpoint is written while steps are under way: call Finish first")
	}
	var tensors []layers.HostTensor
	for _, r := range t.roles() {
		part, err := r.arena.Read(t.device)
		if err != nil {
			return err
		}
		for i := range part {
			part[i].Name = r.prefix + part[i].Name
		}
		if err := checkSaved(part...); err != nil {
			return err
		}
		tensors = append(tensors, part...)
	}
	center := make([]float32, t.loss.Center.Len())
	if err := t.device.Read(t.loss.Center, center); err != nil {
		return err
	}
	tensors = append(tensors, layers.HostTensor{Name: "center", Shape: []int{len(center)}, Values: center})
	if err := checkSaved(tensors[len(tensors)-1]); err != nil {
		return err
	}
	perEpoch := t.Schedules.perEpoch
	return WriteCheckpoint(path, CheckpointHeader{
		Step: t.step, Epoch: t.step / perEpoch, Batch: t.step % perEpoch * t.Config.Accumulate, Seed: t.Config.Seed,
		Config: string(s.YAML()), Matmul: layers.FormatMatmul(t.crops.Target), Adapter: adapter, Pictures: pictures,
	}, tensors)
}
