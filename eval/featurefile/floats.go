package featurefile

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
)

// floats writes values one behind the other from a place in a file on. The first error sticks.
type floats struct {
	out     *bufio.Writer
	buf     []byte
	written int64
	failed  error
}

func newFloats(f io.WriterAt, at int64) *floats {
	return &floats{out: bufio.NewWriterSize(io.NewOffsetWriter(f, at), 1<<18)}
}

func (w *floats) bytes(data []byte) {
	n, err := w.out.Write(data)
	w.written += int64(n)
	if w.failed == nil {
		w.failed = err
	}
}

func (w *floats) floats(values []float32) {
	w.buf = w.buf[:0]
	for _, v := range values {
		w.buf = binary.LittleEndian.AppendUint32(w.buf, math.Float32bits(v))
	}
	w.bytes(w.buf)
}

// nans writes n values that are none.
func (w *floats) nans(n int) {
	w.buf = w.buf[:0]
	for range n {
		w.buf = binary.LittleEndian.AppendUint32(w.buf, 0x7fc00000)
	}
	w.bytes(w.buf)
}

func (w *floats) int64(v int64) {
	w.bytes(binary.LittleEndian.AppendUint64(nil, uint64(v)))
}

func (w *floats) err() error { return w.failed }

func (w *floats) finish() error {
	if w.failed != nil {
		return w.failed
	}
	return w.out.Flush()
}
