package settings

// Bounds is a pair of bounds that may be left open, which is the zero value: written "0,4095", auto, or empty.
type Bounds struct {
	Lo, Hi float64
	Auto   bool // as the images have them
}

// Set tells whether there are bounds.
func (b Bounds) Set() bool { return b != Bounds{} }

// UnmarshalText reads "0,4095", auto or nothing.
func (b *Bounds) UnmarshalText(text []byte) error {
	switch string(text) {
	case "":
		*b = Bounds{}
		return nil
	case "auto":
		*b = Bounds{Auto: true}
		return nil
	}
	v, err := parseFloats(string(text), 2, "two numbers with a comma, like 0,4095, or auto")
	if err == nil {
		*b = Bounds{Lo: v[0], Hi: v[1]}
	}
	return err
}

// MarshalText writes what UnmarshalText reads.
func (b Bounds) MarshalText() ([]byte, error) {
	switch {
	case b.Auto:
		return []byte("auto"), nil
	case b.Set():
		return []byte(formatFloats(b.Lo, b.Hi)), nil
	}
	return nil, nil
}
