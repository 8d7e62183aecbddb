package dino

import (
	"errors"

	"github.com/dinogpu/dinogpu/layers"
)

// Initial is what networks begin with in place of fresh weights, under the names of the layout.
type Initial struct {
	Student, Teacher []layers.HostTensor // what is not among them begins as drawn
	Center           []float32           // (out_dim); nil: zeros
}

// Begin gives the networks of a trainer that was just built what they begin with.
func (t *Trainer) Begin(i Initial) error {
	if i.Center != nil {
		if err := t.device.Write(t.loss.Center, i.Center); err != nil {
			return err
		}
	}
	return errors.Join(t.Student.Overwrite(t.device, i.Student), t.Teacher.Overwrite(t.device, i.Teacher))
}
