package weights

import (
	"encoding/binary"
	"fmt"

	"github.com/dinogpu/dinogpu/dino/weights/dtype"
)

// elementSize is the bytes of one element, 0 for a type that is not read: the floats of package dtype, and I64, as which
// files of features hold labels.
func elementSize(t string) int {
	if t == "I64" {
		return 8
	}
	return dtype.Size(t)
}

// decodeElements fills values from raw. What float32 cannot hold is an error whose words follow the tensor's name.
func decodeElements(values []float32, t string, raw []byte) error {
	if t != "I64" {
		return dtype.Decode(values, t, raw)
	}
	for i := range values {
		const most = 1 << 62 // beyond, conversion back may overflow
		n := int64(binary.LittleEndian.Uint64(raw[8*i:]))
		values[i] = float32(n)
		if n > most || n < -most || int64(values[i]) != n {
			return fmt.Errorf("has the value %d, which float32 cannot hold", n)
		}
	}
	return nil
}
