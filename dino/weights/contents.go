package weights

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights/torchfile"
	"github.com/dinogpu/dinogpu/layers"
)

// contents are what a file lists of itself, whatever its format, before a value of it is read.
type contents struct {
	path    string
	kind    string // how such files end: .dino, .safetensors, .pth
	size    uint64 // of the file, in bytes
	tensors []stored
	meta    map[string]string // a safetensors file's
	header  *Header           // a .dino file's
	close   func()
}

// A stored tensor is one that a file lists. Its values are read by each call.
type stored struct {
	name   string
	shape  []int
	dtype  string // as safetensors names types
	values func() ([]float32, error)
}

const (
	kindCheckpoint  = ".dino"
	kindSafetensors = ".safetensors"
	kindTorch       = ".pth"
)

// readContents tells formats apart by a file's first bytes, then by its name. The caller closes what it gives.
func readContents(path string) (*contents, error) {
	head, size, err := firstBytes(path, 512)
	if err != nil {
		return nil, err
	}
	c := &contents{path: path, size: size, close: func() {}}
	ext := strings.ToLower(filepath.Ext(path))
	switch {
	case bytes.HasPrefix(head, []byte(checkpointMagic)) || ext == ".dino":
		h, tensors, err := ReadCheckpoint(path)
		if err != nil {
			return nil, err
		}
		c.fromCheckpoint(h, tensors)
		return c, nil
	case torchfile.Is(head) || ext == ".pth" || ext == ".pt" || ext == ".bin":
		return c, c.openTorch()
	}
	return c, c.openSafetensors()
}

// fromCheckpoint takes what ReadCheckpoint gave: a checkpoint is believed only once all of it was read.
func (c *contents) fromCheckpoint(h Header, tensors []layers.HostTensor) {
	c.kind, c.header = kindCheckpoint, &h
	for _, t := range tensors {
		c.tensors = append(c.tensors, stored{t.Name, t.Shape, "F32", func() ([]float32, error) { return t.Values, nil }})
	}
}

func (c *contents) openSafetensors() error {
	r, err := openSafetensors(c.path)
	if err != nil {
		return err
	}
	c.kind, c.meta, c.close = kindSafetensors, r.meta, func() { r.file.Close() } // nothing was written
	for _, e := range r.entries {
		read := r.values
		if len(e.Shape) == 0 {
			read = r.read // an integer by itself is a batch norm's count
		}
		c.tensors = append(c.tensors, stored{e.name, e.shape(), e.DType, func() ([]float32, error) { return read(e) }})
	}
	return nil
}

func (c *contents) openTorch() error {
	f, err := torchfile.Open(c.path)
	if err != nil {
		return err
	}
	c.kind, c.close = kindTorch, func() { f.Close() } // nothing was written
	for i, t := range f.Tensors {
		c.tensors = append(c.tensors, stored{t.Name, t.Shape, t.DType, func() ([]float32, error) { return f.Values(i) }})
	}
	return nil
}

// firstBytes are up to n bytes of a regular file's start, and its size.
func firstBytes(path string, n int) ([]byte, uint64, error) {
	f, size, err := disk.OpenRegular(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close() // nothing was written
	head, err := io.ReadAll(io.LimitReader(f, int64(n)))
	if err != nil {
		return nil, 0, disk.CannotRead(path, err)
	}
	return head, uint64(size), nil
}
