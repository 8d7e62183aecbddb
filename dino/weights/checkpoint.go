package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/layers"
)

// A checkpoint file is, little endian:
//
//	magic "DINOGPU\n" | version u32 | header length u32 | CRC-32C u32 of what is before it and of the header
//	header
//	for each tensor of the header: its float32 values | CRC-32C u32 of them
//	end mark "DINOEND\n" | length of the whole file u64
//
// The first twenty bytes keep this form in every version, so that a program can tell a newer file from a
// damaged one.
const (
	checkpointMagic   = "DINOGPU\n"
	checkpointEnd     = "DINOEND\n"
	checkpointVersion = 2

	checkpointPrefix = len(checkpointMagic) + 4 + 4 + 4
	checkpointSuffix = len(checkpointEnd) + 8
)

// Caps of what a header may hold, for writers and readers alike.
const (
	maxCheckpointHeader  = 16 << 20
	maxCheckpointConfig  = 1 << 20
	maxCheckpointWord    = 4 << 10 // matmul choice, adapter, a tensor's name
	maxCheckpointTensors = 1 << 16
	maxCheckpointRank    = 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Header is what a run has to know to go on, beside its tensors.
type Header struct {
	Step    int    // optimizer steps done
	Epoch   int    // epochs done
	Batch   int    // batches done of the epoch that is under way
	Seed    uint64 // of the run
	Config  string // the settings, as config.yaml has them
	Matmul  string // the matmul variant in use: another one rounds otherwise
	Adapter string // the device's name, for the same reason
	Images  string // augment.Fingerprint of the images: their number and order decide what comes next
}

// WriteCheckpoint writes a checkpoint that is whole and on the disk once it has its name; after an error the
// name is as before and nothing is left beside it.
func WriteCheckpoint(path string, h Header, tensors []layers.HostTensor) error {
	err := checkTensors(tensors)
	var header []byte
	if err == nil {
		header, err = encodeCheckpoint(h, layoutsOf(tensors))
	}
	if err != nil {
		return fmt.Errorf("checkpoint %s cannot be written: %w", path, err)
	}
	err = disk.WriteFile(path, func(w io.Writer) error {
		return writeCheckpoint(w, header, tensors)
	})
	if err != nil {
		return fmt.Errorf("checkpoint %w", err)
	}
	return nil
}

func writeCheckpoint(w io.Writer, header []byte, tensors []layers.HostTensor) error {
	prefix := append([]byte(checkpointMagic), make([]byte, 12)...)
	binary.LittleEndian.PutUint32(prefix[8:], checkpointVersion)
	binary.LittleEndian.PutUint32(prefix[12:], uint32(len(header)))
	binary.LittleEndian.PutUint32(prefix[16:], checkpointSum(prefix, header))
	if _, err := w.Write(append(prefix, header...)); err != nil {
		return err
	}
	total := uint64(checkpointPrefix + len(header))
	for _, t := range tensors {
		raw := floatBytes(t.Values)
		if _, err := w.Write(raw); err != nil {
			return err
		}
		if _, err := w.Write(binary.LittleEndian.AppendUint32(nil, crc32.Checksum(raw, castagnoli))); err != nil {
			return err
		}
		total += uint64(len(raw)) + 4
	}
	_, err := w.Write(checkpointEndMark(total + uint64(checkpointSuffix)))
	return err
}

// checkpointSum covers the header and the prefix up to the sum itself.
func checkpointSum(prefix, header []byte) uint32 {
	return crc32.Update(crc32.Checksum(prefix[:checkpointPrefix-4], castagnoli), castagnoli, header)
}

func checkpointEndMark(total uint64) []byte {
	return binary.LittleEndian.AppendUint64([]byte(checkpointEnd), total)
}

// A tensorLayout is a tensor's line in the header.
type tensorLayout struct {
	name  string
	shape []int
}

func layoutsOf(tensors []layers.HostTensor) []tensorLayout {
	layouts := make([]tensorLayout, len(tensors))
	for i, t := range tensors {
		layouts[i] = tensorLayout{t.Name, t.Shape}
	}
	return layouts
}

// check holds a header against the caps; it sees both what is written and what was read.
func (h Header) check(layouts []tensorLayout) error {
	switch {
	case h.Step < 0 || h.Epoch < 0 || h.Batch < 0:
		return errors.New("its step, epoch or batch is below 0")
	case len(h.Config) > maxCheckpointConfig:
		return errors.New("its settings have more than 1 MiB")
	case max(len(h.Matmul), len(h.Adapter), len(h.Images)) > maxCheckpointWord:
		return errors.New("its adapter's name, matmul choice or images' fingerprint has more than 4 KiB")
	case len(layouts) > maxCheckpointTensors:
		return fmt.Errorf("it has %d tensors, more than %d", len(layouts), maxCheckpointTensors)
	}
	for _, l := range layouts {
		if len(l.name) > maxCheckpointWord || len(l.shape) > maxCheckpointRank {
			return fmt.Errorf("tensor %s has a name of more than 4 KiB or more than %d dimensions", disk.Quote(l.name), maxCheckpointRank)
		}
	}
	return nil
}
