package layers

import (
	"math"

	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers/ref"
)

// A Map is N images of H x W pixels of some channels: a tensor (N*H*W, channels).
type Map struct {
	N, H, W int
	Tensor  gpu.Tensor
}

// Channels is the number of channels.
func (m Map) Channels() int { return m.Tensor.Cols() }

// newMap names a map's scratch memory.
func newMap(p *gpu.Program, name string, n, h, w, channels int) Map {
	return Map{N: n, H: h, W: w, Tensor: p.Scratch(name, n*h*w, channels)}
}

// MaxPool gives the largest of each 3 x 3 pixels, 2 pixels apart, padded by 1 (torch.nn.MaxPool2d(3, 2, 1)).
type MaxPool struct {
	x      Map
	places gpu.Tensor // which pixel of its window each value is: bytes, one word for each cell
}

// Forward records the maxima of x.
func (m *MaxPool) Forward(p *gpu.Program, x Map) Map {
	defer p.Section("pool")()
	shape := ref.MaxPool{N: x.N, H: x.H, W: x.W, C: x.Channels()}
	OH, OW := shape.Out()
	y := newMap(p, "maxpool", x.N, OH, OW, shape.C)
	R, cells := cellsOf(y.Tensor)
	m.x, m.places = x, p.Scratch("maxpool.places", R, cells)
	p.Dispatch(newKernel("maxpool_forward", args{"V4": shape.C%4 == 0}, gpu.Kernel{
		Params: []uint32{uint32(x.N), uint32(x.H), uint32(x.W), uint32(cells)},
		Groups: spread(ceil(R*cells, workgroup)), Trips: 12,
		Twin: func(a [][]float32) {
			places := make([]int, len(a[1]))
			shape.Forward(a[1], places, a[0])
			packPlaces(a[2], places)
		},
	}), x.Tensor, y.Tensor, m.places)
	return y
}

// Backward records the gradient of x from dy, of the maxima's shape.
func (m *MaxPool) Backward(p *gpu.Program, dy gpu.Tensor) gpu.Tensor {
	defer p.Section("pool")()
	x := m.x
	shape := ref.MaxPool{N: x.N, H: x.H, W: x.W, C: x.Channels()}
	dx := p.Scratch("maxpool.dx", x.Tensor.Shape...)
	R, cells := cellsOf(dx)
	p.Dispatch(newKernel("maxpool_backward", args{"V4": shape.C%4 == 0}, gpu.Kernel{
		Params: []uint32{uint32(x.N), uint32(x.H), uint32(x.W), uint32(cells)},
		Groups: spread(ceil(R*cells, workgroup)), Trips: 6, Tolerance: exact,
		Twin: func(a [][]float32) { shape.Backward(a[2], a[0], unpackPlaces(a[1], len(a[0]))) },
	}), dy, m.places, dx)
	return dx
}

// packPlaces writes places as bytes, as many to a word as words asks for.
func packPlaces(words []float32, places []int) {
	each := len(places) / len(words)
	for i := range words {
		var v uint32
		for j := range each {
			v |= uint32(places[i*each+j]) << (8 * j)
		}
		words[i] = math.Float32frombits(v)
	}
}

// unpackPlaces is its inverse, for n places.
func unpackPlaces(words []float32, n int) []int {
	each := n / len(words)
	places := make([]int, n)
	for i := range places {
		places[i] = int(math.Float32bits(words[i/each]) >> (8 * (i % each)) & 255)
	}
	return places
}

// meanPool records the mean of each image's pixels into rows `first` and on of y (R, channels).
func meanPool(p *gpu.Program, x Map, y gpu.Tensor, first int) {
	defer p.Section("pool")()
	C, P := x.Channels(), x.H*x.W
	_, cells := cellsOf(x.Tensor)
	p.Dispatch(newKernel("meanpool_forward", args{"V4": C%4 == 0}, gpu.Kernel{
		Params: []uint32{uint32(x.N), uint32(P), uint32(cells), uint32(first)},
		Groups: spread(ceil(x.N*cells, workgroup)), Trips: P, Tolerance: exact,
		Twin: func(a [][]float32) { ref.MeanPool(a[1][first*C:(first+x.N)*C], a[0], P, C) },
	}), x.Tensor, y)
}

// meanPoolBackward records the gradient of x's pixels from rows `first` and on of dy (R, channels).
func meanPoolBackward(p *gpu.Program, x Map, dy gpu.Tensor, first int) gpu.Tensor {
	defer p.Section("pool")()
	C, P := x.Channels(), x.H*x.W
	dx := p.Scratch("meanpool.dx", x.Tensor.Shape...)
	R, cells := cellsOf(dx)
	p.Dispatch(newKernel("meanpool_backward", args{"V4": C%4 == 0}, gpu.Kernel{
		Params: []uint32{uint32(x.N), uint32(P), uint32(cells), uint32(first)},
		Groups: spread(ceil(R*cells, workgroup)), Tolerance: exact,
		Twin: func(a [][]float32) { ref.MeanPoolBackward(a[1], a[0][first*C:(first+x.N)*C], P, C) },
	}), dy, dx)
	return dx
}
