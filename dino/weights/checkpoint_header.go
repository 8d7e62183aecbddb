package weights

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	kelindar "github.com/kelindar/binary"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// The library allocates a slice of whatever length the bytes claim, and gives no error for bytes that are missing
// or left over. So no encoded type has a slice or a map in it, lists are counted records, and a decoded header is
// believed only if it encodes to the same bytes.

// checkpointScalars comes first in a header, then as many checkpointRecords as Tensors says.
type checkpointScalars struct {
	Step, Epoch, Batch              uint64
	Seed                            uint64
	Config, Matmul, Adapter, Images string
	Tensors                         uint64
}

// A checkpointRecord names a tensor; dimensions from Rank on are 0.
type checkpointRecord struct {
	Name  string
	Rank  uint64
	Shape [maxCheckpointRank]uint64
}

func encodeCheckpoint(h Header, layouts []tensorLayout) ([]byte, error) {
	if err := h.check(layouts); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := kelindar.NewEncoder(&out)
	err := e.Encode(&checkpointScalars{
		Step: uint64(h.Step), Epoch: uint64(h.Epoch), Batch: uint64(h.Batch), Seed: h.Seed,
		Config: h.Config, Matmul: h.Matmul, Adapter: h.Adapter, Images: h.Images,
		Tensors: uint64(len(layouts)),
	})
	for _, l := range layouts {
		r := checkpointRecord{Name: l.name, Rank: uint64(len(l.shape))}
		for i, d := range l.shape {
			r.Shape[i] = uint64(d)
		}
		if err == nil {
			err = e.Encode(&r)
		}
	}
	if err == nil && out.Len() > maxCheckpointHeader {
		err = errors.New("its settings and its tensors' names have more than 16 MiB")
	}
	return out.Bytes(), err
}

// decodeCheckpoint decodes a header whose checksum was right.
func decodeCheckpoint(text []byte) (h Header, layouts []tensorLayout, err error) {
	defer func() {
		// The library slices by lengths that it does not look at.
		if p := recover(); p != nil {
			h, layouts, err = Header{}, nil, fmt.Errorf("its header cannot be decoded: %v", p)
		}
	}()
	d := kelindar.NewDecoder(bytes.NewBuffer(text))
	var s checkpointScalars
	if err := d.Decode(&s); err != nil {
		return h, nil, fmt.Errorf("its header cannot be decoded: %w", err)
	}
	if max(s.Step, s.Epoch, s.Batch) > math.MaxInt || s.Tensors > maxCheckpointTensors {
		return h, nil, errors.New("its header has numbers out of range")
	}
	h = Header{
		Step: int(s.Step), Epoch: int(s.Epoch), Batch: int(s.Batch), Seed: s.Seed,
		Config: s.Config, Matmul: s.Matmul, Adapter: s.Adapter, Images: s.Images,
	}
	seen := map[string]bool{}
	for range s.Tensors {
		var r checkpointRecord
		if err := d.Decode(&r); err != nil {
			return h, nil, fmt.Errorf("its header ends within tensor %d: %w", len(layouts), err)
		}
		if r.Rank > maxCheckpointRank || r.Name == "" || seen[r.Name] {
			return h, nil, fmt.Errorf("its header's record of tensor %d, %s, is not valid", len(layouts), disk.Quote(r.Name))
		}
		seen[r.Name] = true
		if _, ok := elements(r.Shape[:r.Rank]); !ok {
			return h, nil, fmt.Errorf("tensor %s has a shape that no memory holds", disk.Quote(r.Name))
		}
		l := tensorLayout{r.Name, make([]int, r.Rank)}
		for i := range l.shape {
			l.shape[i] = int(r.Shape[i])
		}
		layouts = append(layouts, l)
	}
	again, err := encodeCheckpoint(h, layouts)
	if err != nil {
		return h, nil, err
	}
	if !bytes.Equal(again, text) {
		return h, nil, errors.New("its header does not say what it decodes to")
	}
	return h, layouts, nil
}
