package dtype

import "math"

// FromHalf widens an IEEE half; every half is a float32, and a NaN keeps its bits.
func FromHalf(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exponent {
	case 31: // infinities and NaNs
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	case 0: // zeros and subnormals: fraction x 2^-24, exactly
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

// ToHalf rounds to the nearest IEEE half, ties to even; small values become subnormals or zeros. overflow tells that a
// finite value became infinite: from 65520 on. A NaN stays one.
func ToHalf(v float32) (h uint16, overflow bool) {
	bits := math.Float32bits(v)
	sign, magnitude := uint16(bits>>16)&0x8000, bits&0x7fffffff
	switch {
	case magnitude > 0x7f800000: // a NaN whose upper bits are all zero would become infinite
		h = uint16(magnitude>>13) & 0x3ff
		if h == 0 {
			h = 0x200
		}
		return sign | 0x7c00 | h, false
	case magnitude == 0x7f800000:
		return sign | 0x7c00, false
	case magnitude < 0x38800000: // below 2^-14: multiples of 2^-24, which a float64 rounds to exactly
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(magnitude))*0x1p24)), false
	}
	rounded := roundedShift(magnitude-112<<23, 13) // a carry moves into the exponent, as it should
	if rounded >= 0x7c00 {
		return sign | 0x7c00, true
	}
	return sign | uint16(rounded), false
}

// FromBFloat16 widens; every bfloat16 is a float32.
func FromBFloat16(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

// ToBFloat16 rounds to the nearest bfloat16, ties to even. overflow tells that a finite value became infinite. A NaN
// stays one.
func ToBFloat16(v float32) (b uint16, overflow bool) {
	bits := math.Float32bits(v)
	sign, magnitude := uint16(bits>>16)&0x8000, bits&0x7fffffff
	if magnitude > 0x7f800000 {
		b = uint16(magnitude >> 16)
		if b == 0x7f80 {
			b |= 0x40
		}
		return sign | b, false
	}
	b = uint16(roundedShift(magnitude, 16))
	return sign | b, b == 0x7f80 && magnitude != 0x7f800000
}

// roundedShift is x / 2^n to the nearest, ties to even.
func roundedShift(x uint32, n uint) uint32 {
	return (x + 1<<(n-1) - 1 + x>>n&1) >> n
}
