package dino

import (
	"errors"
	"fmt"

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
		center, ok := t.kept(centerName)
		if !ok {
			return fmt.Errorf("the method %s has no center to begin with", t.Config.Method)
		}
		if err := t.device.Write(center, i.Center); err != nil {
			return err
		}
	}
	return errors.Join(t.Student.Overwrite(t.device, i.Student), t.Teacher.Overwrite(t.device, i.Teacher))
}
