package featurecache

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// A file is a head, rows and the CRC-32C of both, all numbers little endian:
//
//	8 bytes   magic
//	32        the key's SHA-256
//	8         values of a row
//	8         rows
//	each row  an Image, and its float32 values
//	4         CRC-32C
const (
	magic    = "dinofea1"
	headSize = len(magic) + sha256.Size + 8 + 8
	sumSize  = crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// rows are features by their images, in an order.
type rows struct {
	order  []Image
	values map[Image][]float32
}

func newRows() rows { return rows{values: map[Image][]float32{}} }

func (r *rows) add(im Image, values []float32) {
	if _, there := r.values[im]; !there {
		r.order = append(r.order, im)
	}
	r.values[im] = values
}

var errOther = errors.New("it holds features of something else")

// read reads the file of a key. Nothing is allocated by a number that the file's size does not bear out.
func read(path string, key [sha256.Size]byte, dim int) (rows, error) {
	f, size, err := disk.OpenRegular(path)
	if err != nil {
		return rows{}, err
	}
	defer f.Close()
	r := newRows()
	sum := crc32.New(castagnoli)
	all := bufio.NewReaderSize(f, 1<<16)
	n, err := readHead(io.TeeReader(all, sum), size, key, dim)
	if err == nil {
		err = readRows(&r, io.TeeReader(all, sum), n, dim)
	}
	if err == nil {
		err = readSum(all, sum)
	}
	if err != nil {
		return rows{}, fmt.Errorf("%s is not used: %w", path, err)
	}
	return r, nil
}

// readHead gives the number of rows.
func readHead(in io.Reader, size int64, key [sha256.Size]byte, dim int) (int64, error) {
	head := make([]byte, headSize)
	if _, err := io.ReadFull(in, head); err != nil || string(head[:len(magic)]) != magic {
		return 0, errors.New("it is no file of features")
	}
	rest := head[len(magic):]
	if [sha256.Size]byte(rest) != key || binary.LittleEndian.Uint64(rest[sha256.Size:]) != uint64(dim) {
		return 0, errOther
	}
	n, row := binary.LittleEndian.Uint64(rest[sha256.Size+8:]), int64(imageSize+4*dim)
	body := size - int64(headSize+sumSize)
	if body < 0 || body%row != 0 || n != uint64(body/row) {
		return 0, fmt.Errorf("it is damaged: %d bytes are no %d rows of %d values", size, n, dim)
	}
	return body / row, nil
}

func readRows(r *rows, in io.Reader, n int64, dim int) error {
	raw := make([]byte, imageSize+4*dim)
	for range n {
		if _, err := io.ReadFull(in, raw); err != nil {
			return fmt.Errorf("it is damaged: %w", disk.Cause(err))
		}
		values := make([]float32, dim)
		for k := range values {
			v := math.Float32frombits(binary.LittleEndian.Uint32(raw[imageSize+4*k:]))
			if v-v != 0 {
				return errors.New("it is damaged: a feature is not finite")
			}
			values[k] = v
		}
		r.add(Image(raw[:imageSize]), values)
	}
	return nil
}

func readSum(in io.Reader, sum hash.Hash32) error {
	var raw [sumSize]byte
	if _, err := io.ReadFull(in, raw[:]); err != nil || binary.LittleEndian.Uint32(raw[:]) != sum.Sum32() {
		return errors.New("it is damaged: its checksum does not match")
	}
	return nil
}

// write writes the file of a key, whole or not at all.
func write(path string, key [sha256.Size]byte, dim int, r rows) error {
	return disk.WriteFile(path, func(out io.Writer) error {
		sum := crc32.New(castagnoli)
		both := io.MultiWriter(out, sum)
		head := append([]byte(magic), key[:]...)
		head = binary.LittleEndian.AppendUint64(head, uint64(dim))
		head = binary.LittleEndian.AppendUint64(head, uint64(len(r.order)))
		if _, err := both.Write(head); err != nil {
			return err
		}
		raw := make([]byte, 0, imageSize+4*dim)
		for _, im := range r.order {
			raw = append(raw[:0], im[:]...)
			for _, v := range r.values[im] {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
			}
			if _, err := both.Write(raw); err != nil {
				return err
			}
		}
		_, err := out.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32()))
		return err
	})
}
