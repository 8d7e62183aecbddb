package weights

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/layers"
)

// ReadTensors reads the tensors of a file whose names want picks, whatever they are of: a .safetensors file, a file of
// PyTorch or a .dino checkpoint. It gives all in the order of the file, and a safetensors file's metadata.
func ReadTensors(path string, want func(name string) bool) (tensors []layers.HostTensor, meta map[string]string, err error) {
	c, err := readContents(path)
	if err != nil {
		return nil, nil, err
	}
	defer c.close()
	for _, s := range c.tensors {
		if !want(s.name) {
			continue
		}
		values, err := s.values()
		if err != nil {
			return nil, nil, err
		}
		t := layers.HostTensor{Name: s.name, Shape: s.shape, Values: values}
		if err := layers.CheckFinite(t); err != nil {
			return nil, nil, fmt.Errorf("%s: tensor %s: %w", path, disk.Quote(s.name), err)
		}
		tensors = append(tensors, t)
	}
	return tensors, c.meta, nil
}
