package weights_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// Writes a tensor as safetensors and reads it back.
func ExampleWriteSafetensors() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "x.safetensors")
	x := layers.HostTensor{Name: "x", Shape: []int{2, 2}, Values: []float32{1, 2, 3, 4}}
	if err := weights.WriteSafetensors(path, []layers.HostTensor{x}, nil); err != nil {
		panic(err)
	}
	tensors, _, err := weights.ReadSafetensors(path)
	if err != nil {
		panic(err)
	}
	fmt.Println(tensors[0].Name, tensors[0].Shape, tensors[0].Values)
	// Output: x [2 2] [1 2 3 4]
}
