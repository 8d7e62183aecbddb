package torchfile

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights/dtype"
	"github.com/dinogpu/dinogpu/layers"
)

// folderInZip is what torch.save calls the folder in a file that has no name.
const folderInZip = "archive/"

// Write writes tensors as torch.save(state_dict, path) does: an OrderedDict of float32 tensors, and int64 counts of batches, by their names, in a zip
// archive that torch.load reads, with weights_only=True too. The same tensors give the same bytes. The file appears under
// its name when it is whole and on the disk. No copy of the values is made.
func Write(path string, tensors []layers.HostTensor) error {
	return WriteAs(path, "F32", tensors)
}

// WriteAs is Write with float16 tensors where kind is F16, and with float32 ones where it is F32. One tensor at a time is
// copied to round it. A finite value that float16 cannot hold is a [dtype.OverflowError].
func WriteAs(path, kind string, tensors []layers.HostTensor) error {
	seen := map[string]bool{}
	for _, t := range tensors {
		if err := writable(t); err != nil {
			return fmt.Errorf("%s cannot be written: %w", path, err)
		}
		if seen[t.Name] {
			return fmt.Errorf("%s cannot be written: two tensors are named %s", path, disk.Quote(t.Name))
		}
		seen[t.Name] = true
	}
	return disk.WriteFile(path, func(w io.Writer) error {
		out := &archive{written: counter{w: w}}
		out.zip = zip.NewWriter(&out.written)
		if err := out.add("data.pkl", statePickle(tensors, kind)); err != nil {
			return err
		}
		if err := out.add("byteorder", []byte("little")); err != nil {
			return err
		}
		for i, t := range tensors {
			data := floatBytes(t.Values)
			switch {
			case t.Counts():
				data = dtype.Integers(t.Values)
			case kind != "F32":
				data = make([]byte, dtype.Size(kind)*len(t.Values))
				if err := dtype.Encode(data, kind, t.Values); err != nil {
					return fmt.Errorf("tensor %s %w", disk.Quote(t.Name), err)
				}
			}
			if err := out.add("data/"+strconv.Itoa(i), data); err != nil {
				return err
			}
		}
		if err := out.add("version", []byte("3\n")); err != nil {
			return err
		}
		return out.zip.Close()
	})
}

// writable refuses what no file can hold; such a set is a programmer's mistake.
func writable(t layers.HostTensor) error {
	if t.Name == "" || !utf8.ValidString(t.Name) {
		return fmt.Errorf("a tensor's name %s is empty or not UTF-8 text", disk.Quote(t.Name))
	}
	count, ok := int64(1), true
	for _, d := range t.Shape {
		if count, ok = multiply(count, int64(d)); !ok || d < 0 {
			return fmt.Errorf("tensor %s has shape %v", disk.Quote(t.Name), t.Shape)
		}
	}
	if count != int64(len(t.Values)) {
		return fmt.Errorf("tensor %s of shape %v has %d values", disk.Quote(t.Name), t.Shape, len(t.Values))
	}
	if count > math.MaxUint32/4 || len(t.Name) > math.MaxInt32 {
		return fmt.Errorf("tensor %s has %d values, more than an entry of a zip archive holds", disk.Quote(t.Name), count)
	}
	return nil
}

// An archive is the zip archive while it is written. Every entry's bytes begin at a multiple of 64, as torch has them.
type archive struct {
	zip     *zip.Writer
	written counter
}

func (a *archive) add(name string, data []byte) error {
	if err := a.zip.Flush(); err != nil {
		return err
	}
	h := &zip.FileHeader{
		Name: folderInZip + name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(data),
		CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data)),
	}
	const fixed, mark = 30, 4 // bytes of a local header, and of what names an extra field
	padding := (64 - (a.written.n+int64(fixed+len(h.Name)+mark))%64) % 64
	h.Extra = binary.LittleEndian.AppendUint16([]byte("FB"), uint16(padding))
	h.Extra = append(h.Extra, make([]byte, padding)...)
	w, err := a.zip.CreateRaw(h)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// floatBytes sees values as the bytes of a file. It shares memory. Every platform that the binding runs on is little
// endian, as the file says that it is.
func floatBytes(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}
