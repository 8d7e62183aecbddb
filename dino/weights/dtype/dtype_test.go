package dtype

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

// halfValue reads a half by the format's definition, in other arithmetic than FromHalf.
func halfValue(h uint16) float64 {
	sign := 1.0
	if h&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(h>>10)&31, float64(h&1023)
	switch exponent {
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	case 0:
		return math.Copysign(math.Ldexp(fraction, -24), sign)
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

func TestEveryHalfThereAndBack(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		got, want := FromHalf(h), halfValue(h)
		if math.Float64bits(float64(got)) != math.Float64bits(want) && !(math.IsNaN(float64(got)) && math.IsNaN(want)) {
			t.Fatalf("half %#04x is %g, want %g", h, got, want)
		}
		if back, overflow := ToHalf(got); back != h || overflow {
			t.Fatalf("half %#04x comes back as %#04x, overflow %t", h, back, overflow)
		}
	}
}

// Between each two neighbors: the middle goes to the even one, and what lies beside it to the nearer.
func TestRoundingToHalf(t *testing.T) {
	for i := range 0x7c00 { // zero to the largest
		low, high := uint16(i), uint16(i+1)
		above := halfValue(high)
		if high == 0x7c00 {
			above = 65536 // where the next would be
		}
		middle := float32((halfValue(low) + above) / 2) // exact: one bit more than a half has
		even := low
		if low&1 == 1 {
			even = high
		}
		for value, want := range map[float32]uint16{
			middle:                                  even,
			math.Nextafter32(middle, 0):             low,
			math.Nextafter32(middle, 1<<17):         high,
			float32(halfValue(low)*.75 + above*.25): low,
			float32(halfValue(low)*.25 + above*.75): high,
		} {
			for _, sign := range []uint16{0, 0x8000} {
				v := value
				if sign != 0 {
					v = -v
				}
				if got, overflow := ToHalf(v); got != want|sign || overflow != (want == 0x7c00) {
					t.Fatalf("%g becomes %#04x (overflow %t), want %#04x", v, got, overflow, want|sign)
				}
			}
		}
	}
}

func TestFarFromHalves(t *testing.T) {
	for _, c := range []struct {
		v        float32
		want     uint16
		overflow bool
	}{
		{math.MaxFloat32, 0x7c00, true},
		{-1e6, 0xfc00, true},
		{float32(math.Inf(1)), 0x7c00, false},
		{float32(math.Inf(-1)), 0xfc00, false},
		{math.SmallestNonzeroFloat32, 0, false},
		{-1e-30, 0x8000, false},
		{math.Float32frombits(0x7f800001), 0x7e00, false}, // NaNs that the shift would make infinite
		{math.Float32frombits(0xff800001), 0xfe00, false},
	} {
		if got, overflow := ToHalf(c.v); got != c.want || overflow != c.overflow {
			t.Errorf("%g becomes %#04x (overflow %t), want %#04x", c.v, got, overflow, c.want)
		}
	}
}

func TestEveryBFloat16ThereAndBack(t *testing.T) {
	for i := range 1 << 16 {
		b := uint16(i)
		v := FromBFloat16(b)
		if math.Float32bits(v) != uint32(b)<<16 {
			t.Fatalf("%#04x is %g", b, v)
		}
		if back, overflow := ToBFloat16(v); back != b || overflow {
			t.Fatalf("%#04x comes back as %#04x, overflow %t", b, back, overflow)
		}
		if b&0x7fff >= 0x7f80 {
			continue // nothing lies between infinities and NaNs
		}
		up := b + 1
		for low, want := range map[uint32]uint16{0x7fff: b, 0x8000: b + b&1, 0x8001: up, 0xffff: up} {
			got, overflow := ToBFloat16(math.Float32frombits(uint32(b)<<16 | low))
			if got != want || overflow != (want&0x7fff == 0x7f80) {
				t.Fatalf("%#04x%04x becomes %#04x (overflow %t), want %#04x", b, low, got, overflow, want)
			}
		}
	}
	if b, overflow := ToBFloat16(math.Float32frombits(0xff800001)); b != 0xffc0 || overflow {
		t.Errorf("a small NaN becomes %#04x, overflow %t", b, overflow)
	}
}

func TestDecodeAndEncode(t *testing.T) {
	values := []float32{1, -2.5, 0x1p-14, float32(math.Inf(-1))}
	for dtype, want := range map[string]string{
		"F64":  "\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x04\xc0\x00\x00\x00\x00\x00\x00\x10\x3f\x00\x00\x00\x00\x00\x00\xf0\xff",
		"F32":  "\x00\x00\x80\x3f\x00\x00\x20\xc0\x00\x00\x80\x38\x00\x00\x80\xff",
		"F16":  "\x00\x3c\x00\xc1\x00\x04\x00\xfc",
		"BF16": "\x80\x3f\x20\xc0\x80\x38\x80\xff",
	} {
		raw := make([]byte, len(values)*Size(dtype))
		if err := Encode(raw, dtype, values); err != nil || string(raw) != want {
			t.Errorf("%s: %q, %v", dtype, raw, err)
		}
		got, again := make([]float32, len(values)), make([]byte, len(raw))
		if err := Decode(got, dtype, raw); err != nil {
			t.Errorf("%s: %v", dtype, err)
		}
		if err := Encode(again, dtype, got); err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%s comes back as %v, %v", dtype, got, err)
		}
	}
	if Size("I64") != 0 || Size("") != 0 {
		t.Error("a type of no size has one")
	}
}

func TestOverflowIsSaid(t *testing.T) {
	raw := make([]byte, 16)
	for dtype, v := range map[string]float32{"F16": 70000, "BF16": math.MaxFloat32} {
		err := Encode(raw, dtype, []float32{1, -v})
		var overflow *OverflowError
		if !errors.As(err, &overflow) || overflow.Index != 1 || overflow.Value != -float64(v) || overflow.DType != dtype {
			t.Errorf("%s: %v", dtype, err)
		}
	}
	copy(raw, "\x00\x00\x00\x00\x00\x00\xf0\x3f\x9c\x75\x00\x88\x3c\xe4\x37\x7e") // 1 and 1e300
	err := Decode(make([]float32, 2), "F64", raw)
	var overflow *OverflowError
	if !errors.As(err, &overflow) || overflow.Index != 1 || overflow.Value != 1e300 ||
		err.Error() != "has the value 1e+300, which float32 cannot hold" {
		t.Errorf("F64: %v", err)
	}
}
