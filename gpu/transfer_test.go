package gpu

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Slices of any length, small and of several staging buffers, lie one behind the other, and the last element is filled
// up with zeros.
func TestWriteBytesLaysSlicesOneBehindTheOther(t *testing.T) {
	d := openDevice(t)
	for _, c := range []struct {
		lengths []int
		offset  int
	}{
		{[]int{1}, 0},
		{[]int{4}, 8},
		{[]int{5, 0, 6, 1}, 4},
		{nil, 0},
		{[]int{smallUpload - 1, 2, 3}, 4},
		{[]int{uploadPiece - 3, 7, uploadPiece + 2, 1}, 256},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			var data [][]byte
			want := slices.Repeat([]byte{7}, c.offset)
			for i, n := range c.lengths {
				part := make([]byte, n)
				for k := range part {
					part[k] = byte(i + 3*k + 1)
				}
				data, want = append(data, part), append(want, part...)
			}
			want = append(want, make([]byte, roundUp(len(want), 4)-len(want))...)
			want = append(want, slices.Repeat([]byte{7}, 8)...)
			words := len(want) / 4
			whole := NewTensor("whole", Align+words)
			defer Release(whole)
			x := whole.Slice("x", Align, words)
			if err := d.WriteBits(x, slices.Repeat([]uint32{0x07070707}, words)); err != nil {
				t.Fatal(err)
			}
			kept := slices.Clone(data)
			if err := d.WriteBytes(x, c.offset, data...); err != nil {
				t.Fatal(err)
			}
			got := make([]uint32, words)
			if err := d.ReadBits(x, got); err != nil {
				t.Fatal(err)
			}
			for i, w := range want {
				if b := byte(got[i/4] >> (8 * (i % 4))); b != w {
					t.Fatalf("byte %d is %d, want %d", i, b, w)
				}
			}
			for i := range data {
				if len(data[i]) != len(kept[i]) {
					t.Errorf("slice %d has %d bytes left of %d", i, len(data[i]), len(kept[i]))
				}
			}
		})
	}
}

func TestWriteBytesRefusesWhatDoesNotFit(t *testing.T) {
	d := openDevice(t)
	x := NewTensor("x", 2, 3)
	defer Release(x)
	scratch := NewProgram("bytes", SoftwareTarget).Scratch("s", 6)
	for want, err := range map[string]error{
		"not a multiple of 4": d.WriteBytes(x, 2, []byte{1}),
		"from byte -4 on":     d.WriteBytes(x, -4, []byte{1}),
		"13 from byte 12 on":  d.WriteBytes(x, 12, make([]byte, 10), make([]byte, 3)),
		"scratch":             d.WriteBytes(scratch, 0, []byte{1}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
}
