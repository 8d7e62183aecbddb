package augment

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// The idx format (yann.lecun.com/exdb/mnist): two zero bytes, a type byte (8:
// unsigned bytes), the number of dimensions, each dimension as a big-endian
// uint32, then the data.

// A gzipped file may promise mostPlain bytes, or mostPacking times its own: images
// are packed to a half or a tenth, and a file that claims more would fill the memory.
const (
	mostPlain   = 64 << 20
	mostPacking = 250
)

// readIDX unpacks one idx file of bytes, gzipped or not, from r. name is for
// messages, size is the file's in bytes, want says how many dimensions are
// allowed. What the header claims is held beside the size before memory is taken.
func readIDX(name string, r io.Reader, size int64, want ...int) (dims []int, data []byte, err error) {
	name = quote(name)
	br := bufio.NewReaderSize(r, 1<<16)
	packed := false
	if head, _ := br.Peek(2); bytes.Equal(head, gzipMagic) {
		zr, err := gzip.NewReader(br)
		if err != nil {
			return nil, nil, fmt.Errorf("%s is damaged gzip (%w): fetch it again", name, err)
		}
		br, packed = bufio.NewReaderSize(zr, 1<<16), true
	}
	// A cut or changed gzip file shows itself wherever the reading stands.
	broken := func(err error, what string) error {
		if packed && err != io.EOF {
			return fmt.Errorf("%s is damaged gzip (%w): fetch it again", name, err)
		}
		return fmt.Errorf("%s %s: fetch it again", name, what)
	}
	var head [4]byte
	if _, err := io.ReadFull(br, head[:]); err != nil {
		return nil, nil, broken(eof(err, packed), "is shorter than an idx header")
	}
	if head[0] != 0 || head[1] != 0 {
		return nil, nil, fmt.Errorf("%s is no idx file: it starts with bytes %d %d where idx has 0 0; give an idx file, gzipped or not", name, head[0], head[1])
	}
	if head[2] != 8 {
		return nil, nil, fmt.Errorf("%s holds idx type %#x where only unsigned bytes (0x8) are read: convert it", name, head[2])
	}
	nd := int(head[3])
	if !slices.Contains(want, nd) {
		return nil, nil, fmt.Errorf("%s has %d dimensions where %v are expected: give the idx file of the %s", name, nd, want, kindOf(want))
	}
	total := uint64(1)
	for range nd {
		var b [4]byte
		if _, err := io.ReadFull(br, b[:]); err != nil {
			return nil, nil, broken(eof(err, packed), "is shorter than its idx header")
		}
		d := uint64(binary.BigEndian.Uint32(b[:]))
		if d == 0 {
			return nil, nil, fmt.Errorf("%s says one of its dimensions is 0: there is nothing in it to read; give another file", name)
		}
		if total > math.MaxInt64/2/d {
			return nil, nil, fmt.Errorf("%s claims more bytes than any file holds, so its header is damaged: fetch it again", name)
		}
		total *= d
		dims = append(dims, int(d))
	}
	header := uint64(4 + 4*nd)
	switch whole := total + header; {
	case !packed && whole > uint64(size):
		return nil, nil, fmt.Errorf("%s is cut short: its header %v promises %d bytes and it holds %d; fetch it again", name, dims, total, uint64(size)-header)
	case packed && whole > mostPlain && whole/mostPacking > uint64(size):
		return nil, nil, fmt.Errorf("%s has %d bytes and its header %v promises %d, more than images can be packed: it is damaged, fetch it again (or unpack it, if it is right)", name, size, dims, total)
	}
	data, err = readUpTo(br, total)
	switch {
	case err != nil:
		return nil, nil, broken(err, fmt.Sprintf("cannot be read (%v)", err))
	case uint64(len(data)) < total:
		return nil, nil, fmt.Errorf("%s is cut short: its header %v promises %d bytes and it holds %d; fetch it again", name, dims, total, len(data))
	}
	if _, err := br.ReadByte(); err == nil {
		return nil, nil, fmt.Errorf("%s holds more than the %d bytes its header %v promises, so one of them is damaged: fetch it again", name, total, dims)
	} else if err != io.EOF {
		return nil, nil, broken(err, fmt.Sprintf("cannot be read (%v)", err))
	}
	return dims, data, nil
}

// eof turns a plain file's "unexpected EOF" into EOF; in gzip it stays, since
// there it means a cut file.
func eof(err error, packed bool) error {
	if err == io.ErrUnexpectedEOF && !packed {
		return io.EOF
	}
	return err
}

// readUpTo reads at most n bytes in growing steps.
func readUpTo(r io.Reader, n uint64) ([]byte, error) {
	var buf bytes.Buffer
	if _, err := io.Copy(&buf, io.LimitReader(r, int64(n))); err != nil {
		return nil, err
	}
	b := buf.Bytes()
	if cap(b)-len(b) > len(b)/8 { // the buffer doubles: don't keep the unused half
		b = bytes.Clone(b)
	}
	return b, nil
}

// kindOf names what a file with these dimensions holds.
func kindOf(dims []int) string {
	if len(dims) == 1 && dims[0] == 1 {
		return "labels"
	}
	return "images"
}
