package featurefile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// WriteNPY writes an array of float32 of this shape, row-major, as NumPy's np.load reads it.
func WriteNPY(path string, values []float32, shape ...int) error {
	size := 1
	for _, n := range shape {
		size *= n
	}
	if size != len(values) {
		panic(fmt.Sprintf("featurefile: %d values for an array of %v", len(values), shape))
	}
	err := disk.WriteFile(path, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		_, _ = b.Write(npyHeader(shape...)) // Flush returns what goes wrong
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
