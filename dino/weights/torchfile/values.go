package torchfile

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// Values reads tensor i of Tensors as float32, row-major, whatever way it lies in the file. Integers become float32 where
// float32 has them, and booleans 0 and 1. An error names file and tensor.
func (f *File) Values(i int) ([]float32, error) {
	listed := &f.Tensors[i]
	t := listed.view
	if listed.beyond {
		return nil, fmt.Errorf("%s: tensor %s of shape %v would take more memory than a file of %s should: the tensors of the file "+
			"share theirs; save clones of them", f.path, disk.Quote(listed.Name), t.shape, disk.Size(uint64(f.size)))
	}
	s := t.storage
	if !s.checked {
		if err := f.checksum(s.offset, s.bytes, s.crc); err != nil {
			return nil, f.explain(fmt.Errorf("tensor %s: %w", disk.Quote(listed.Name), err))
		}
		s.checked = true
	}
	values := make([]float32, t.count)
	var failed, unfit error
	if t.contiguous() {
		failed, unfit = f.copy(values, t)
	} else {
		failed, unfit = f.gather(values, t)
	}
	if failed != nil {
		return nil, f.explain(fmt.Errorf("tensor %s: %w", disk.Quote(listed.Name), failed))
	}
	if unfit != nil {
		return nil, fmt.Errorf("%s: tensor %s %w: convert the file first", f.path, disk.Quote(listed.Name), unfit)
	}
	return values, nil
}

// contiguous tells whether elements follow each other in the storage. A dimension of 1 has no stride to speak of.
func (t *tensor) contiguous() bool {
	next := 1
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] != 1 && t.strides[i] != next {
			return false
		}
		next *= t.shape[i]
	}
	return true
}

// copy reads elements in a row. failed is about the file, unfit about a value.
func (f *File) copy(values []float32, t *tensor) (failed, unfit error) {
	width := t.element.size
	at := t.storage.offset + t.offset*width
	for len(values) > 0 {
		n := min(int64(len(values)), int64(len(f.buf))/width)
		if _, err := f.file.ReadAt(f.buf[:n*width], at); err != nil {
			return err, nil
		}
		if err := t.element.decode(values[:n], f.buf[:n*width]); err != nil {
			return nil, err
		}
		values, at = values[n:], at+n*width
	}
	return nil, nil
}

// A dim is one dimension of a view: how far its elements lie from each other in the storage, and in the values.
type dim struct{ size, from, to int }

// gather reads any view. It goes through the storage from its begin to its end, as far as the view does, so that a
// transposed matrix is read as fast as another.
func (f *File) gather(values []float32, t *tensor) (failed, unfit error) {
	if len(values) == 0 {
		return nil, nil
	}
	dims, step := make([]dim, 0, len(t.shape)), 1
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] != 1 {
			dims = append(dims, dim{t.shape[i], t.strides[i], step})
		}
		step *= t.shape[i]
	}
	slices.SortStableFunc(dims, func(a, b dim) int { return cmp.Compare(a.from, b.from) })
	width := t.element.size
	w := &window{file: f.file, buf: f.buf, limit: t.storage.offset + t.storage.bytes}
	at, to := t.offset, 0
	for counts := make([]int, len(dims)); ; { // an odometer, the smallest stride first
		raw, err := w.read(t.storage.offset+at*width, width)
		if err != nil {
			return err, nil
		}
		if err := t.element.decode(values[to:to+1], raw); err != nil {
			return nil, err
		}
		i := 0
		for ; i < len(dims); i++ {
			d := dims[i]
			at, to = at+int64(d.from), to+d.to
			if counts[i]++; counts[i] < d.size {
				break
			}
			at, to, counts[i] = at-int64(d.from*d.size), to-d.to*d.size, 0
		}
		if i == len(dims) {
			return nil, nil
		}
	}
}

// A window keeps a stretch of the file. It reads ahead further the longer it is asked for what comes next.
type window struct {
	file       io.ReaderAt
	buf        []byte
	begin, end int64
	ahead      int64
	limit      int64 // where what may be read ends
}

func (w *window) read(at, n int64) ([]byte, error) {
	if at < w.begin || at+n > w.end {
		if at >= w.begin && at < w.end+w.ahead {
			w.ahead = min(2*w.ahead, int64(len(w.buf)))
		} else {
			w.ahead = 256
		}
		size := min(w.ahead, w.limit-at)
		if _, err := w.file.ReadAt(w.buf[:size], at); err != nil {
			w.begin, w.end = 0, 0
			return nil, err
		}
		w.begin, w.end = at, at+size
	}
	return w.buf[at-w.begin:][:n], nil
}
