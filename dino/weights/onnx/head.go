package onnx

import (
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/layers"
)

// The head's last layer: prototypes of the direction weight_v and the length weight_g.
const (
	lastLayer = "head.last_layer"
	lastV     = lastLayer + ".weight_v"
	lastG     = lastLayer + ".weight_g"
)

// head adds the projection head to features of this width: linear layers with GELUs between them, unit length,
// prototypes.
func (b *builder) head(tensors []layers.HostTensor, width int) error {
	names := []string{"head.mlp"} // a single layer has no number
	if _, one := b.tensors["head.mlp.weight"]; !one {
		names = nil
		for i := 0; ; i += 2 { // as torch.nn.Sequential numbers them
			name := fmt.Sprintf("head.mlp.%d", i)
			if _, ok := b.tensors[name+".weight"]; !ok {
				break
			}
			names = append(names, name)
		}
	}
	wanted := map[string]bool{lastV: true, lastG: true}
	for _, name := range names {
		wanted[name+".weight"], wanted[name+".bias"] = true, true
	}
	for _, t := range tensors {
		if !wanted[t.Name] {
			return fmt.Errorf("the head has a tensor %q, and only heads of linear layers and GELUs can be written as a graph", t.Name)
		}
	}
	x := "features"
	for i, name := range names {
		if i > 0 {
			x = b.gelu(name+"/gelu", x)
		}
		weight, bias := b.tensors[name+".weight"], b.tensors[name+".bias"]
		if len(weight.Shape) != 2 || weight.Shape[1] != width || len(bias.Values) != weight.Shape[0] {
			return fmt.Errorf("the head's layer %s has a weight of shape %v and a bias of shape %v, which do not fit each other or the %d values before it", name, weight.Shape, bias.Shape, width)
		}
		x, width = b.linear(name, x, name), weight.Shape[0]
	}
	prototypes, err := b.prototypes(width)
	if err != nil {
		return err
	}
	length := b.node("ReduceL2", "head/length", []string{x}, Attribute{"axes", []int{-1}}, Attribute{"keepdims", 1})
	length = b.node("Max", "head/length/floor", []string{length, b.number(1e-12)})
	x = b.node("Div", "head/unit", []string{x, length})
	b.node("Gemm", "logits", []string{x, b.weight(prototypes)}, Attribute{"transB", 1})
	b.Outputs = append(b.Outputs, Value{"logits", []int{-1, prototypes.Shape[0]}})
	return nil
}

// prototypes are the rows g v / |v|, of this width: what weight norm makes of the last layer.
func (b *builder) prototypes(width int) (layers.HostTensor, error) {
	v, g := b.tensors[lastV], b.tensors[lastG]
	if len(v.Shape) != 2 || v.Shape[1] != width || v.Shape[0] != len(g.Values) {
		return v, fmt.Errorf("the head's last layer has %s of shape %v and %s of shape %v: the former is to have rows of %d values, the latter a number for each", lastV, v.Shape, lastG, g.Shape, width)
	}
	w := layers.HostTensor{Name: lastLayer + ".weight", Shape: v.Shape, Values: make([]float32, len(v.Values))}
	for k, gain := range g.Values {
		row := v.Values[k*v.Shape[1]:][:v.Shape[1]]
		var square float64
		for _, x := range row {
			square += float64(x) * float64(x)
		}
		scale := float64(gain) / math.Sqrt(square)
		for i, x := range row {
			w.Values[k*v.Shape[1]+i] = float32(float64(x) * scale)
		}
	}
	return w, nil
}
