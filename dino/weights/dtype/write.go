package dtype

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// Integers are whole numbers as the bytes of int64s (I64), which is how files hold counts.
func Integers(values []float32) []byte {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(int64(v)))
	}
	return raw
}

// Write writes values as a type, a piece at a time, so that they are never copied as a whole. A finite value that the
// type cannot hold is an [OverflowError], behind the pieces before it.
func Write(w io.Writer, dtype string, values []float32) error {
	buf := make([]byte, 1<<16)
	at := 0
	for piece := range slices.Chunk(values, len(buf)/Size(dtype)) {
		if err := Encode(buf, dtype, piece); err != nil {
			var overflow *OverflowError
			if errors.As(err, &overflow) {
				overflow.Index += at
			}
			return err
		}
		if _, err := w.Write(buf[:len(piece)*Size(dtype)]); err != nil {
			return err
		}
		at += len(piece)
	}
	return nil
}
