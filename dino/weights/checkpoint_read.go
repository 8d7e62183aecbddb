package weights

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/layers"
)

// ReadCheckpoint reads a checkpoint. The values go from the file into the tensors' memory, and none are returned
// unless every checksum is right. [ErrDamaged] is in the error's chain if the checkpoint before it should be taken.
func ReadCheckpoint(path string) (Header, []layers.HostTensor, error) {
	f, size, err := disk.OpenRegular(path)
	if err != nil {
		return Header{}, nil, fmt.Errorf("checkpoint %w", err)
	}
	defer f.Close() // nothing was written
	r := &checkpointReader{path: path, in: bufio.NewReaderSize(f, 1<<16), left: uint64(size)}
	h, layouts, err := r.header()
	if err != nil {
		return Header{}, nil, err
	}
	// All sizes are held against the file's before the first is allocated.
	if err := r.sizes(layouts); err != nil {
		return Header{}, nil, err
	}
	tensors := make([]layers.HostTensor, len(layouts))
	for i, l := range layouts {
		if tensors[i], err = r.tensor(l); err != nil {
			return Header{}, nil, err
		}
	}
	end, err := r.take(checkpointSuffix, "the end mark")
	if err != nil {
		return Header{}, nil, err
	}
	if !bytes.Equal(end, checkpointEndMark(uint64(size))) {
		return Header{}, nil, r.damaged("its end mark is wrong")
	}
	return h, tensors, nil
}

// ReadCheckpointHeader reads a checkpoint's header alone, whose checksum must be right; the tensors behind it may be damaged.
func ReadCheckpointHeader(path string) (Header, error) {
	f, size, err := disk.OpenRegular(path)
	if err != nil {
		return Header{}, fmt.Errorf("checkpoint %w", err)
	}
	defer f.Close() // nothing was written
	h, _, err := (&checkpointReader{path: path, in: f, left: uint64(size)}).header()
	return h, err
}

type checkpointReader struct {
	path string
	in   io.Reader
	left uint64 // bytes of the file not yet read
}

func (r *checkpointReader) damaged(format string, args ...any) error {
	return fmt.Errorf("checkpoint %s is %w (%s): take the checkpoint before it", r.path, ErrDamaged, fmt.Sprintf(format, args...))
}

func (r *checkpointReader) fill(raw []byte) error {
	if _, err := io.ReadFull(r.in, raw); err != nil {
		return readError(r.path, err, r.damaged)
	}
	r.left -= uint64(len(raw))
	return nil
}

// take reads the next n bytes, which the caller has held against a cap.
func (r *checkpointReader) take(n int, what string) ([]byte, error) {
	if uint64(n) > r.left {
		return nil, r.damaged("it ends before %s", what)
	}
	raw := make([]byte, n)
	return raw, r.fill(raw)
}

func (r *checkpointReader) header() (h Header, layouts []tensorLayout, err error) {
	magic, err := r.take(int(min(uint64(len(checkpointMagic)), r.left)), "its first bytes")
	if err != nil {
		return h, nil, err
	}
	if !bytes.Equal(magic, []byte(checkpointMagic)[:len(magic)]) {
		return h, nil, r.damaged("its first bytes are not those of a dinogpu checkpoint")
	}
	rest, err := r.take(checkpointPrefix-len(checkpointMagic), "its header")
	if err != nil {
		return h, nil, err
	}
	prefix := append(magic, rest...)
	version := binary.LittleEndian.Uint32(prefix[8:])
	length := binary.LittleEndian.Uint32(prefix[12:])
	if length > maxCheckpointHeader {
		return h, nil, r.damaged("its header would have %d bytes, more than %d", length, maxCheckpointHeader)
	}
	text, err := r.take(int(length), "its header's end")
	if err != nil {
		return h, nil, err
	}
	if checkpointSum(prefix, text) != binary.LittleEndian.Uint32(prefix[16:]) {
		return h, nil, r.damaged("its header's checksum is wrong")
	}
	if version != checkpointVersion {
		return h, nil, fmt.Errorf("checkpoint %s has format version %d and this dinogpu reads version %d: go on with the dinogpu that wrote it", r.path, version, checkpointVersion)
	}
	if h, layouts, err = decodeCheckpoint(text); err != nil {
		return h, nil, r.damaged("%v", err)
	}
	return h, layouts, nil
}

func (r *checkpointReader) sizes(layouts []tensorLayout) error {
	left := r.left
	for _, l := range layouts {
		bytes := 4*l.elements() + 4 // far from overflow: see elements
		if bytes > left {
			return r.damaged("it ends within tensor %s", disk.Quote(l.name))
		}
		left -= bytes
	}
	switch {
	case left < uint64(checkpointSuffix):
		return r.damaged("it ends within its end mark")
	case left > uint64(checkpointSuffix):
		return r.damaged("it has %d bytes behind its end", left-uint64(checkpointSuffix))
	}
	return nil
}

// elements counts the values of a shape that encodeCheckpoint or decodeCheckpoint has passed.
func (l tensorLayout) elements() uint64 {
	n := uint64(1)
	for _, d := range l.shape {
		n *= uint64(d)
	}
	return n
}

func (r *checkpointReader) tensor(l tensorLayout) (layers.HostTensor, error) {
	t := layers.HostTensor{Name: l.name, Shape: l.shape, Values: make([]float32, l.elements())}
	raw := floatBytes(t.Values)
	if err := r.fill(raw); err != nil {
		return t, err
	}
	sum, err := r.take(4, "the checksum of tensor "+disk.Quote(l.name))
	if err != nil {
		return t, err
	}
	if crc32.Checksum(raw, castagnoli) != binary.LittleEndian.Uint32(sum) {
		return t, r.damaged("the checksum of tensor %s is wrong", disk.Quote(l.name))
	}
	return t, nil
}
