package torchfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dinogpu/dinogpu/dino/disk"
)

const (
	magicNumber     = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19" // torch's, little endian
	protocolVersion = 1001
)

// isLegacy tells whether head begins with a pickle of the magic number. Protocols from 4 on frame it.
func isLegacy(head []byte) bool {
	if len(head) < 3 || head[0] != 0x80 || head[1] < 2 {
		return false
	}
	rest := head[2:]
	if rest[0] == 0x95 && len(rest) > 9 {
		rest = rest[9:]
	}
	return bytes.HasPrefix(rest, []byte("\x8a\x0a"+magicNumber+"."))
}

// readLegacy reads pickles in a row: the magic number, the protocol's version, the writer's machine, what was saved, and
// the storages' keys. Behind them lie the storages in the keys' order, each with its count of elements before it.
func (f *File) readLegacy() (any, error) {
	in := newInput(f.file, 0, f.size, &f.budget)
	m := &machine{in: in, storages: map[string]*storage{}}
	if _, err := m.run(); err != nil { // the magic number: see isLegacy
		return nil, err
	}
	version, err := m.run()
	if err != nil {
		return nil, err
	}
	if version != int64(protocolVersion) {
		return nil, errors.New("its protocol is not torch.save's")
	}
	machine, err := m.run()
	if err != nil {
		return nil, err
	}
	if little, ok := lookUp(machine, "little_endian"); !ok {
		return nil, errors.New("it does not say in which order its bytes are")
	} else if little != true {
		return nil, errBigEndian
	}
	root, err := m.run()
	if err != nil {
		return nil, err
	}
	keys, err := m.run()
	if err != nil {
		return nil, err
	}
	return root, f.placeStorages(m.storages, keys, f.size-in.left)
}

func lookUp(d any, key string) (any, bool) {
	if d, ok := d.(*dict); ok {
		for i, k := range d.keys {
			if k == key {
				return d.items[i], true
			}
		}
	}
	return nil, false
}

// placeStorages finds where each storage lies; the first begins at byte at.
func (f *File) placeStorages(storages map[string]*storage, keys any, at int64) error {
	names, ok := keys.(*list)
	if !ok || len(names.items) != len(storages) {
		return errors.New("its list of storages is not what its pickle uses")
	}
	for _, item := range names.items {
		key, _ := item.(string)
		s, ok := storages[key]
		if !ok || s.offset != 0 { // no storage lies at the file's first byte
			return fmt.Errorf("its list of storages has %s, which its pickle does not use, or twice", disk.Quote(key))
		}
		if f.size-at < 8 {
			return errors.New("it ends before its storages do")
		}
		count := f.buf[:8]
		if _, err := f.file.ReadAt(count, at); err != nil {
			return err
		}
		at += 8
		need := s.count * s.element.size
		if n := binary.LittleEndian.Uint64(count); n != uint64(s.count) || need > f.size-at {
			return fmt.Errorf("its storage %s has %d elements where there should be %d, and %d bytes are left", disk.Quote(key), n, s.count, f.size-at)
		}
		s.offset, s.bytes, s.checked = at, need, true // there are no checksums
		at += need
	}
	if at != f.size {
		return fmt.Errorf("it has %d bytes more than its storages", f.size-at)
	}
	return nil
}
