package weights

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// integers reads a tensor of I64, as which files of features hold labels, and those of weights a batch norm's count; readHeader has held its size against the file's.
func (r *safetensorsReader) integers(e safetensorsEntry) ([]float32, error) {
	size := int64(e.Offsets[1] - e.Offsets[0])
	raw := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r.file, r.start+int64(e.Offsets[0]), size), raw); err != nil {
		return nil, readError(r.path, err, r.damaged)
	}
	values := make([]float32, len(raw)/8)
	for i := range values {
		const most = 1 << 62 // beyond, conversion back may overflow
		n := int64(binary.LittleEndian.Uint64(raw[8*i:]))
		values[i] = float32(n)
		if n > most || n < -most || int64(values[i]) != n {
			return nil, fmt.Errorf("%s: tensor %s has the value %d, which float32 cannot hold: convert the file first", r.path, disk.Quote(e.name), n)
		}
	}
	return values, nil
}
