// Package torchfile reads the files that PyTorch's torch.save writes (.pth, .pt, .tar), in both of its formats: a zip
// archive (since 1.6) and the pickles in a row that came before. It writes a flat state_dict in the first. Open and
// Write are where to begin.
//
// Such a file is a program for Python's pickle machine, and may come from anyone. Nothing of it is run: the few classes
// that may be built are a table (classes.go), and every other is refused by its name. What reading takes is held against
// the file's size: opening a file and reading each tensor once allocates at most four times its size and 64 MiB.
package torchfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// ErrDamaged is in the chain of every error about a file whose bytes are not what PyTorch writes.
var ErrDamaged = errors.New("damaged")

// A File is a PyTorch file opened: what tensors it holds. Values reads them when asked for; until Close the file stays
// open. It is not for several goroutines at once.
type File struct {
	// Kind is "zip" or "legacy".
	Kind string
	// Tensors are in the pickle's order. Tensors that share memory are listed each.
	Tensors []Tensor

	path   string
	file   *os.File
	size   int64
	budget budget
	buf    []byte // what values pass through
}

// A Tensor is what a file says of a tensor.
type Tensor struct {
	// Name is the keys of the dictionaries, and the indices of lists, that lead to it, joined by dots:
	// "teacher.backbone.cls_token". A file that is one tensor calls it "tensor".
	Name  string
	Shape []int
	// DType is the element's type as safetensors names it: F64, F32, F16, BF16, I64 to I8, U64 to U8, BOOL.
	DType string

	view   *tensor
	beyond bool // its values would pass what the file's size allows
}

// Is tells whether a file that begins with head looks like one that Open reads: a zip archive, or a pickle of the legacy
// format's magic number. 32 bytes are enough.
func Is(head []byte) bool { return isZip(head) || isLegacy(head) }

func isZip(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// Open reads what a file holds, and no values. The errors name the file, what is wrong with it and what to do.
func Open(path string) (*File, error) {
	file, size, err := disk.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, file: file, size: size, budget: newBudget(size), buf: make([]byte, 1<<16)}
	if err := f.list(); err != nil {
		file.Close() // nothing was written
		return nil, f.explain(err)
	}
	return f, nil
}

// Close closes the file; Values fails from then on.
func (f *File) Close() error { return f.file.Close() }

func (f *File) list() error {
	head := f.buf[:min(int64(512), f.size)]
	if _, err := f.file.ReadAt(head, 0); err != nil {
		return err
	}
	var root any
	var err error
	switch {
	case isZip(head):
		f.Kind = "zip"
		root, err = f.readZip()
	case isLegacy(head):
		f.Kind = "legacy"
		root, err = f.readLegacy()
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return refusal("is in the tar format of the first PyTorch: load it in a PyTorch of before 2.0 and save it again")
	default:
		return errors.New("it begins as no PyTorch file does")
	}
	if err != nil {
		return err
	}
	return f.name(root)
}

// A refusal is a sentence, behind a file's name, about what is whole but not read.
type refusal string

func (r refusal) Error() string { return string(r) }

func refusef(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// explain makes a sentence of what went wrong inside the file.
func (f *File) explain(err error) error {
	var r refusal
	var p *fs.PathError
	switch {
	case errors.As(err, &r):
		return fmt.Errorf("%s %w", f.path, r)
	case errors.As(err, &p):
		return disk.CannotRead(f.path, err)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("it ends too early")
	}
	return fmt.Errorf("%s is %w or no PyTorch file (%w): fetch or save it again", f.path, ErrDamaged, err)
}
