package featurecache

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"

	"github.com/dinogpu/dinogpu/layers"
)

// A Key is all that features depend on beside the image's file, and which set of images they are of.
type Key struct {
	Program string   // name and version: another may make other features
	Network string   // NetworkSum of the backbone, or anything that tells it apart
	View    string   // how images are seen, such as their size and crop
	Dim     int      // values of an image's features
	Paths   []string // where the set's images lie; made absolute
}

// sum is the key in short.
func (k Key) sum() ([sha256.Size]byte, error) {
	var paths []string
	for _, path := range k.Paths {
		abs, err := filepath.Abs(path)
		if err != nil {
			return [sha256.Size]byte{}, err
		}
		paths = append(paths, abs)
	}
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %q", k.Program, k.Network, k.View, k.Dim, paths)), nil
}

// NetworkSum tells networks apart by all of their values, and by what else says how they are run.
func NetworkSum(tensors []layers.HostTensor, settings ...any) string {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%+v\n", settings) // a hash takes everything
	buffer := make([]byte, 0, 1<<16)
	for _, t := range tensors {
		_, _ = fmt.Fprintf(sum, "%q %v\n", t.Name, t.Shape)
		for _, v := range t.Values {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
			if len(buffer) == cap(buffer) {
				_, _ = sum.Write(buffer)
				buffer = buffer[:0]
			}
		}
		_, _ = sum.Write(buffer)
		buffer = buffer[:0]
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
