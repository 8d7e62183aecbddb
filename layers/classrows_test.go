package layers

import (
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestClassRows(t *testing.T) {
	for _, spans := range []Spans{
		{{B: 1, T: 1}},
		{{B: 3, T: 5}},
		{{B: 3, T: 5}, {First: 15, B: 7, T: 2}},
		{{B: 7, T: 37}, {First: 7 * 37, B: 1, T: 10}},
	} {
		for _, D := range []int{4, 12, 192} {
			var in inputs
			p := gpu.NewProgram(t.Name(), gpu.SoftwareTarget)
			x, y := classRows(p, in.noise("x", spans.Rows(), D), in.noise("y", spans.Rows(), D), spans)
			allRows(p, x, y, spans)
			classRow(p, in.noise("z", spans.Rows(), D), spans)
			in.check(t, p)
		}
	}
}
