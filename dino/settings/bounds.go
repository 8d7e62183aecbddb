package settings

// Bounds is a pair of bounds that may be left open, which is the zero value: written "0,4095", or empty.
type Bounds struct {
	Lo, Hi float64
}

// Set tells whether there are bounds.
func (b Bounds) Set() bool { return b != Bounds{} }

// UnmarshalText reads "0,4095" or nothing.
func (b *Bounds) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*b = Bounds{}
		return nil
	}
	var r Range
	if err := r.UnmarshalText(text); err != nil {
		return err
	}
	*b = Bounds(r)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (b Bounds) MarshalText() ([]byte, error) {
	if !b.Set() {
		return nil, nil
	}
	return Range(b).MarshalText()
}
