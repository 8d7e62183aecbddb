package viewer

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// WriteNPY writes an array of float32 of this shape, row-major, as NumPy's np.load reads it (format version 1.0), and
// makes its folder if it is missing.
func WriteNPY(path string, values []float32, shape ...int) error {
	size, dims := 1, make([]string, len(shape))
	for i, n := range shape {
		size *= n
		dims[i] = strconv.Itoa(n)
	}
	tuple := strings.Join(dims, ", ")
	if len(dims) == 1 {
		tuple += "," // as Python writes it
	}
	if size != len(values) {
		panic(fmt.Sprintf("viewer: %d values for an array of %v", len(values), shape))
	}
	const before = 6 + 2 + 2 // magic, version, the text's length
	text := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", tuple)
	text += strings.Repeat(" ", 63-(before+len(text))%64) + "\n" // numbers begin at a multiple of 64
	head := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(text)))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("array %s cannot be written: its folder cannot be made (%w)", path, disk.PlainError(err))
	}
	err := disk.WriteFile(path, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		_, _ = b.Write(append(head, text...)) // Flush returns what goes wrong
		if err := binary.Write(b, binary.LittleEndian, values); err != nil {
			return err
		}
		return b.Flush()
	})
	if err != nil {
		return fmt.Errorf("array %w", err)
	}
	return nil
}
