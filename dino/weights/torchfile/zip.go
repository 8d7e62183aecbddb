package torchfile

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

const (
	mostDirectory = 4 << 20 // bytes of a zip archive's directory: some 50,000 storages
	entryOfZip    = 512     // about what archive/zip takes for an entry, and we beside it
)

// An entry is a file in the archive. Its bytes lie as they are: torch.save compresses nothing.
type entry struct {
	name         string
	offset, size int64
	crc          uint32
}

// readZip reads what data.pkl builds, and finds its storages: NAME/data.pkl, NAME/data/KEY, NAME/byteorder, where NAME is
// what the file was called when it was saved.
func (f *File) readZip() (any, error) {
	entries, err := f.entries()
	if err != nil {
		return nil, err
	}
	folder := ""
	for name := range entries {
		if at, ok := strings.CutSuffix(name, "data.pkl"); ok && strings.Index(name, "/") == len(at)-1 && len(at) > 1 {
			if folder != "" {
				return nil, errors.New("it holds two pickles")
			}
			folder = at
		}
	}
	switch _, program := entries[folder+"constants.pkl"]; {
	case folder == "":
		return nil, refusal("is a zip archive without PyTorch's data.pkl: give a file that torch.save wrote")
	case program:
		return nil, refusal("is a TorchScript program: load it in PyTorch and save its weights with torch.save(model.state_dict(), path)")
	}
	if e, ok := entries[folder+"byteorder"]; ok {
		if err := f.littleEndian(e); err != nil {
			return nil, err
		}
	}
	pickle := entries[folder+"data.pkl"]
	if err := f.checksum(pickle.offset, pickle.size, pickle.crc); err != nil {
		return nil, err
	}
	m := &machine{in: newInput(f.file, pickle.offset, pickle.size, &f.budget), storages: map[string]*storage{}}
	root, err := m.run()
	if err != nil {
		return nil, err
	}
	for key, s := range m.storages {
		e, ok := entries[folder+"data/"+key]
		if need := s.count * s.element.size; !ok || need > e.size {
			return nil, fmt.Errorf("its storage %s should have %d bytes, and has %d", disk.Quote(key), need, e.size)
		}
		s.offset, s.bytes, s.crc = e.offset, e.size, e.crc
	}
	return root, nil
}

// entries reads the archive's directory and holds it against the file.
func (f *File) entries() (map[string]entry, error) {
	r := &directory{file: f.file, left: mostDirectory + 1<<18}
	z, err := zip.NewReader(r, f.size)
	if err != nil {
		return nil, err
	}
	r.left = -1
	if err := f.budget.take(entryOfZip * int64(len(z.File))); err != nil {
		return nil, err
	}
	entries, order := make(map[string]entry, len(z.File)), make([]entry, 0, len(z.File))
	for _, file := range z.File {
		offset, err := file.DataOffset()
		if err != nil {
			return nil, err
		}
		e := entry{file.Name, offset, int64(file.UncompressedSize64), file.CRC32}
		switch {
		case file.Method != zip.Store || file.Flags&1 != 0:
			return nil, refusef("is a zip archive whose %s is compressed or encrypted, as PyTorch never does: unpack it, or save it again", disk.Quote(e.name))
		case file.CompressedSize64 != file.UncompressedSize64 || file.UncompressedSize64 > uint64(f.size) || offset < 0 || offset > f.size-e.size:
			return nil, fmt.Errorf("its %s has %d bytes, and the file %d", disk.Quote(e.name), file.UncompressedSize64, f.size)
		}
		if _, twice := entries[e.name]; twice {
			return nil, fmt.Errorf("it holds %s twice", disk.Quote(e.name))
		}
		entries[e.name], order = e, append(order, e)
	}
	slices.SortFunc(order, func(a, b entry) int { return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.size, b.size)) })
	for i := 1; i < len(order); i++ {
		if a, b := order[i-1], order[i]; a.offset+a.size > b.offset {
			return nil, fmt.Errorf("its %s and %s lie over each other", disk.Quote(a.name), disk.Quote(b.name))
		}
	}
	return entries, nil
}

// littleEndian refuses what a machine of the other byte order wrote.
func (f *File) littleEndian(e entry) error {
	text := f.buf[:min(e.size, 16)]
	if _, err := f.file.ReadAt(text, e.offset); err != nil {
		return err
	}
	switch string(text) {
	case "little":
		return nil
	case "big":
		return errBigEndian
	}
	return fmt.Errorf("its byte order is %s", disk.Quote(string(text)))
}

const errBigEndian = refusal("was written on a machine with the other byte order (big endian): load it in PyTorch on a usual one and save it again")

// checksum reads bytes of the file and compares their CRC-32.
func (f *File) checksum(offset, size int64, want uint32) error {
	sum := crc32.NewIEEE()
	if n, err := io.CopyBuffer(sum, io.NewSectionReader(f.file, offset, size), f.buf); err != nil || n != size {
		return cmp.Or(err, io.ErrUnexpectedEOF)
	}
	if sum.Sum32() != want {
		return fmt.Errorf("bytes %d to %d do not have their checksum", offset, offset+size)
	}
	return nil
}

// A directory hands a file to archive/zip, and at most left bytes of it, so that a directory that fills the file does
// not fill the memory. A negative left is no limit.
type directory struct {
	file io.ReaderAt
	left int
}

func (d *directory) ReadAt(p []byte, at int64) (int, error) {
	if d.left >= 0 {
		if d.left -= len(p); d.left < 0 {
			d.left = 0
			return 0, refusef("is a zip archive with a directory of more than %s: no PyTorch file has one", disk.Size(mostDirectory))
		}
	}
	return d.file.ReadAt(p, at)
}
