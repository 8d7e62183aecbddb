package settings

import (
	"fmt"
	"strconv"
	"strings"
)

// Range is a pair of bounds, written "0.4,1".
type Range struct {
	Lo, Hi float64
}

// UnmarshalText reads "0.4,1".
func (r *Range) UnmarshalText(text []byte) error {
	v, err := parseFloats(string(text), 2, "two numbers with a comma, like 0.4,1")
	if err == nil {
		r.Lo, r.Hi = v[0], v[1]
	}
	return err
}

// MarshalText writes what UnmarshalText reads.
func (r Range) MarshalText() ([]byte, error) {
	return []byte(formatFloats(r.Lo, r.Hi)), nil
}

// RGB is a number for each color channel, written "0.5,0.5,0.5".
type RGB [3]float64

// UnmarshalText reads "0.485,0.456,0.406"; a single number serves all three.
func (c *RGB) UnmarshalText(text []byte) error {
	n := 3
	if !strings.Contains(string(text), ",") {
		n = 1
	}
	v, err := parseFloats(string(text), n, "three numbers with commas, like 0.5,0.5,0.5")
	if err != nil {
		return err
	}
	for i := range c {
		c[i] = v[i%n]
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (c RGB) MarshalText() ([]byte, error) {
	return []byte(formatFloats(c[:]...)), nil
}

func parseFloats(text string, n int, want string) ([]float64, error) {
	parts := strings.Split(text, ",")
	values := make([]float64, len(parts))
	for i, part := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not %s", text, want)
		}
		values[i] = v
	}
	if len(values) != n {
		return nil, fmt.Errorf("%q is not %s", text, want)
	}
	return values, nil
}

func formatFloats(values ...float64) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strings.Join(parts, ",")
}
