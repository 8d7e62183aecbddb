package layers

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// HostTensor is a named tensor in the host's memory, row-major.
type HostTensor struct {
	Name   string
	Shape  []int
	Values []float32
}

// Counts tells whether the tensor is a batch norm's number of batches: a whole number, which files hold as an int64.
func (t HostTensor) Counts() bool {
	return len(t.Shape) == 0 && len(t.Values) == 1 && strings.HasSuffix(t.Name, "num_batches_tracked")
}

// ErrNotFinite is in the chain of every error about a loss, gradient or weight that is NaN or infinite.
var ErrNotFinite = errors.New("not finite")

// CheckFinite returns an error with [ErrNotFinite] in its chain that names the first tensor, and its first element,
// that is NaN or infinite.
func CheckFinite(tensors ...HostTensor) error {
	for _, t := range tensors {
		for i, v := range t.Values {
			if math.Float32bits(v)&0x7f800000 == 0x7f800000 {
				return fmt.Errorf("%s is %w (element %d is %g)", t.Name, ErrNotFinite, i, v)
			}
		}
	}
	return nil
}
