package featurecache

import (
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"path/filepath"
)

// An Image is an image's file as it was at some time. The zero Image is none, and has no place in a cache.
type Image [imageSize]byte

// imageSize is the bytes of an Image: half a SHA-256 of the path, the file's size, and the time of its last change in
// nanoseconds.
const imageSize = 16 + 8 + 8

// Of is the image's file at a path, by what [os.Stat] says of it. Stat before the file is read: what changes afterwards is
// then seen the next time.
func Of(path string, info fs.FileInfo) (Image, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Image{}, err
	}
	name := sha256.Sum256([]byte(abs))
	var im Image
	copy(im[:], name[:16])
	binary.LittleEndian.PutUint64(im[16:], uint64(info.Size()))
	binary.LittleEndian.PutUint64(im[24:], uint64(info.ModTime().UnixNano()))
	return im, nil
}
