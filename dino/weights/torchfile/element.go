package torchfile

import (
	"encoding/binary"
	"fmt"

	"github.com/dinogpu/dinogpu/dino/weights/dtype"
)

// An element is a type of tensors' elements: its name in safetensors, its bytes, and the names of torch's dtype and
// class of storages.
type element struct {
	name  string
	size  int64
	torch []string
}

var elements = []element{
	{"F64", 8, []string{"torch.float64", "torch.DoubleStorage"}},
	{"F32", 4, []string{"torch.float32", "torch.FloatStorage"}},
	{"F16", 2, []string{"torch.float16", "torch.HalfStorage"}},
	{"BF16", 2, []string{"torch.bfloat16", "torch.BFloat16Storage"}},
	{"I64", 8, []string{"torch.int64", "torch.LongStorage"}},
	{"I32", 4, []string{"torch.int32", "torch.IntStorage"}},
	{"I16", 2, []string{"torch.int16", "torch.ShortStorage"}},
	{"I8", 1, []string{"torch.int8", "torch.CharStorage"}},
	{"U8", 1, []string{"torch.uint8", "torch.ByteStorage"}},
	{"U64", 8, []string{"torch.uint64"}},
	{"U32", 4, []string{"torch.uint32"}},
	{"U16", 2, []string{"torch.uint16"}},
	{"BOOL", 1, []string{"torch.bool", "torch.BoolStorage"}},
	{untyped, 1, []string{"torch.UntypedStorage", "torch.storage.UntypedStorage"}},
}

// untyped is a storage of bytes, whose tensors name their types themselves.
const untyped = "bytes"

// decode fills values from as many elements of raw. Its error follows a tensor's name.
func (e *element) decode(values []float32, raw []byte) error {
	if dtype.Size(e.name) > 0 {
		return dtype.Decode(values, e.name, raw)
	}
	const most = 1 << 24 // up to where float32 has every integer
	for i := range values {
		var bits uint64
		switch at := raw[int64(i)*e.size:]; e.size {
		case 8:
			bits = binary.LittleEndian.Uint64(at)
		case 4:
			bits = uint64(binary.LittleEndian.Uint32(at))
		case 2:
			bits = uint64(binary.LittleEndian.Uint16(at))
		default:
			bits = uint64(at[0])
		}
		switch e.name[0] {
		case 'I':
			shift := 64 - 8*uint(e.size)
			n := int64(bits<<shift) >> shift
			if n > most || n < -most {
				return fmt.Errorf("has the value %d, and float32 holds integers only to %d", n, most)
			}
			values[i] = float32(n)
		case 'U':
			if bits > most {
				return fmt.Errorf("has the value %d, and float32 holds integers only to %d", bits, most)
			}
			values[i] = float32(bits)
		default: // BOOL
			values[i] = 0
			if bits != 0 {
				values[i] = 1
			}
		}
	}
	return nil
}
