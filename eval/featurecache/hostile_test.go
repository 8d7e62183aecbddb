package featurecache

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/testdata/hostile"
)

// seeds are files of none, one and many rows.
func seeds(t *testing.T, key [sha256.Size]byte, dim int) (all [][]byte) {
	t.Helper()
	for _, n := range []int{0, 1, 30} {
		r := newRows()
		for i := range n {
			r.add(Image{byte(i)}, make([]float32, dim))
		}
		path := filepath.Join(t.TempDir(), "seed")
		if err := write(path, key, dim, r); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

// Mutated files are refused or read within bounds; those that are read hold finite rows. Half of the time the checksum is
// made to fit, so that it is not the only guard.
func TestHostileFiles(t *testing.T) {
	const dim = 5
	key := sha256.Sum256([]byte("key"))
	for _, fit := range []bool{false, true} {
		hostile.Mutate(t, seeds(t, key, dim), time.Second, func(path string) error {
			if fit {
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				if n := len(data) - sumSize; n >= 0 {
					binary.LittleEndian.PutUint32(data[n:], crc32.Checksum(data[:n], castagnoli))
				}
				if err := os.WriteFile(path, data, 0o600); err != nil {
					return err
				}
			}
			r, err := read(path, key, dim)
			if err != nil {
				return err
			}
			for _, im := range r.order {
				for _, v := range r.values[im] {
					if len(r.values[im]) != dim || math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
						t.Errorf("row %v is %v", im, r.values[im])
					}
				}
			}
			return nil
		})
	}
}
