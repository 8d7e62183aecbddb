package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	kelindar "github.com/kelindar/binary"

	"github.com/dinogpu/dinogpu/layers"
)

func sampleHeader() Header {
	return Header{
		Step: 1234, Epoch: 3, Batch: 17, Seed: math.MaxUint64 - 1,
		Config: "arch: vit_tiny\n# ü\n", Matmul: "texel", Adapter: "llvmpipe (LLVM 19)", Images: "48 pictures (1a2b3c4d)",
	}
}

// smallCheckpoint is a file that can be damaged at every byte.
func smallCheckpoint(t *testing.T) (path string, whole []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "step-00001234.dino")
	tensors := []layers.HostTensor{
		{Name: "student.norm.weight", Shape: []int{2, 3}, Values: []float32{1, 2, 3, 4, 5, 6}},
		{Name: "student.none", Shape: []int{0}, Values: []float32{}},
		{Name: "center", Shape: []int{4}, Values: []float32{7, 8, 9, 10}},
	}
	if err := WriteCheckpoint(path, sampleHeader(), tensors); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, whole
}

func TestCheckpointRoundTrip(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "step-00001234.dino")
	for range 2 {
		if err := WriteCheckpoint(path, sampleHeader(), sampleTensors()); err != nil {
			t.Fatal(err)
		}
	}
	wantOnly(t, folder, "step-00001234.dino")
	h, tensors, err := ReadCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sampleHeader(), h); d != "" {
		t.Errorf("header (-want +got):\n%s", d)
	}
	wantTensors(t, tensors, sampleTensors())

	if err := WriteCheckpoint(path, Header{}, nil); err != nil {
		t.Fatal(err)
	}
	if h, tensors, err = ReadCheckpoint(path); err != nil || h != (Header{}) || len(tensors) != 0 {
		t.Errorf("an empty checkpoint gives %v, %v, %v", h, tensors, err)
	}
}

// wantDamaged reads a file that must be refused.
func wantDamaged(t *testing.T, path string, data []byte, what string, args ...any) {
	t.Helper()
	writeTestFile(t, path, data)
	h, tensors, err := ReadCheckpoint(path)
	if !errors.Is(err, ErrDamaged) || tensors != nil || h != (Header{}) {
		t.Errorf(what+": %v", append(args, err)...)
		return
	}
	if s := err.Error(); !strings.Contains(s, path) || !strings.Contains(s, "checkpoint before it") || strings.Contains(s, "\n") {
		t.Errorf(what+": %s", append(args, s)...)
	}
}

func TestCheckpointFlips(t *testing.T) {
	path, whole := smallCheckpoint(t)
	r := rand.New(rand.NewPCG(3, 4))
	for at := range whole {
		flips := []byte{0x80, 0xff, byte(1 + r.IntN(255))}
		for bit := range 7 {
			flips = append(flips, 1<<bit)
		}
		for _, flip := range flips {
			data := bytes.Clone(whole)
			data[at] ^= flip
			wantDamaged(t, path, data, "byte %d of %d changed by %#x", at, len(whole), flip)
		}
	}
}

func TestCheckpointCut(t *testing.T) {
	path, whole := smallCheckpoint(t)
	for n := range whole {
		wantDamaged(t, path, whole[:n], "cut at %d of %d", n, len(whole))
	}
	wantDamaged(t, path, append(bytes.Clone(whole), 0), "a byte more")
	wantDamaged(t, path, append(bytes.Clone(whole), whole...), "twice itself")
}

func TestCheckpointNamesTheTensor(t *testing.T) {
	path, whole := smallCheckpoint(t)
	for _, data := range [][]byte{
		append(bytes.Clone(whole[:len(whole)-24]), append([]byte{1, 2, 3, 4}, whole[len(whole)-20:]...)...),
		whole[:len(whole)-22],
	} {
		writeTestFile(t, path, data)
		if _, _, err := ReadCheckpoint(path); err == nil || !strings.Contains(err.Error(), `tensor "center"`) {
			t.Errorf("damage in center gives %v", err)
		}
	}
}

// sealed is a file whose checksums are right around a header of one's own.
func sealed(version uint32, header []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(checkpointMagic), version)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(header)))
	out = binary.LittleEndian.AppendUint32(out, checkpointSum(append(out, 0, 0, 0, 0), header))
	out = append(out, header...)
	return append(out, checkpointEndMark(uint64(len(out)+checkpointSuffix))...)
}

func TestCheckpointVersion(t *testing.T) {
	path, _ := smallCheckpoint(t)
	writeTestFile(t, path, sealed(checkpointVersion+1, nil))
	if _, _, err := ReadCheckpoint(path); err == nil || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprint(path, " has format version ", checkpointVersion+1)) {
		t.Errorf("a later version gives %v", err)
	}
}

// Headers that were made to do harm have right checksums.
func TestCheckpointHostileHeader(t *testing.T) {
	path, _ := smallCheckpoint(t)
	shape := [maxCheckpointRank]uint64{}
	encode := func(values ...any) []byte {
		var out bytes.Buffer
		for _, v := range values {
			if err := kelindar.NewEncoder(&out).Encode(v); err != nil {
				t.Fatal(err)
			}
		}
		return out.Bytes()
	}
	one := &checkpointScalars{Tensors: 1}
	big, wrap, behind := shape, shape, shape
	big[0], wrap[0], wrap[1], behind[3] = 1<<40, 1<<62, 8, 5
	for what, header := range map[string][]byte{
		"too many tensors":     encode(&checkpointScalars{Tensors: math.MaxUint64}),
		"tensors not there":    encode(&checkpointScalars{Tensors: 60000}),
		"a step out of range":  encode(&checkpointScalars{Step: 1 << 63}),
		"a rank out of range":  encode(one, &checkpointRecord{Name: "a", Rank: 9}),
		"no name":              encode(one, &checkpointRecord{Name: "", Rank: 1}),
		"a name twice":         encode(&checkpointScalars{Tensors: 2}, &checkpointRecord{Name: "a", Rank: 1}, &checkpointRecord{Name: "a", Rank: 1}),
		"a large tensor":       encode(one, &checkpointRecord{Name: "a", Rank: 1, Shape: big}),
		"a wrapping shape":     encode(one, &checkpointRecord{Name: "a", Rank: 2, Shape: wrap}),
		"more than its rank":   encode(one, &checkpointRecord{Name: "a", Rank: 1, Shape: behind}),
		"bytes behind":         append(encode(&checkpointScalars{}), 0),
		"a long name":          encode(one, &checkpointRecord{Name: strings.Repeat("a", maxCheckpointWord+1), Rank: 1}),
		"long settings":        encode(&checkpointScalars{Config: strings.Repeat("a", maxCheckpointConfig+1)}),
		"a string of 2^63":     append([]byte{0, 0, 0, 0}, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01),
		"a string of 2^64 - 1": append([]byte{0, 0, 0, 0}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
		"a long zero":          append([]byte{0x80, 0}, encode(&checkpointScalars{})[1:]...),
		"nothing":              nil,
	} {
		wantDamaged(t, path, sealed(checkpointVersion, header), what)
	}
	// Whatever the bytes are, there is no panic, and what decodes is what encodes to them.
	whole, err := encodeCheckpoint(sampleHeader(), []tensorLayout{{"a", []int{2, 3}}, {"b", nil}})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 20000 {
		data := bytes.Clone(whole)[:len(whole)-r.IntN(2)*r.IntN(len(whole))]
		for range r.IntN(4) {
			data[r.IntN(len(data))] = byte(r.IntN(256))
		}
		h, layouts, err := decodeCheckpoint(data)
		if err != nil {
			continue
		}
		if again, err := encodeCheckpoint(h, layouts); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x decodes and encodes to %x, %v", data, again, err)
		}
	}
}

func TestCheckpointWriterKeepsToTheCaps(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x.dino")
	many := make([]layers.HostTensor, maxCheckpointTensors+1)
	for i := range many {
		many[i] = layers.HostTensor{Name: string(binary.AppendUvarint([]byte("t"), uint64(i)&0x7f)) + strings.Repeat("x", i>>7), Shape: []int{0}}
	}
	for what, c := range map[string]struct {
		h       Header
		tensors []layers.HostTensor
	}{
		"a negative step":    {h: Header{Step: -1}},
		"long settings":      {h: Header{Config: strings.Repeat("a", maxCheckpointConfig+1)}},
		"a long adapter":     {h: Header{Adapter: strings.Repeat("a", maxCheckpointWord+1)}},
		"too many tensors":   {tensors: many},
		"more than 16 MiB":   {tensors: many[:maxCheckpointTensors]},
		"a rank of 9":        {tensors: []layers.HostTensor{{Name: "a", Shape: make([]int, 9)}}},
		"a long name":        {tensors: []layers.HostTensor{{Name: strings.Repeat("a", maxCheckpointWord+1), Shape: []int{0}}}},
		"values left over":   {tensors: []layers.HostTensor{{Name: "a", Shape: []int{1}, Values: make([]float32, 2)}}},
		"a shape that wraps": {tensors: []layers.HostTensor{{Name: "a", Shape: []int{1 << 62, 4}}}},
	} {
		if err := WriteCheckpoint(path, c.h, c.tensors); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantOnly(t, folder)
}
