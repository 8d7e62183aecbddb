package dtype

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// Pieces join up to what one call of Encode makes, and an overflow is counted from the first value.
func TestWrite(t *testing.T) {
	values := make([]float32, 100_000)
	for i := range values {
		values[i] = float32(i) / 4
	}
	for _, kind := range []string{"F64", "F32", "F16", "BF16"} {
		want := make([]byte, Size(kind)*len(values))
		if err := Encode(want, kind, values); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := Write(&got, kind, values); err != nil || !slices.Equal(got.Bytes(), want) {
			t.Errorf("%s: %d bytes, %v", kind, got.Len(), err)
		}
	}
	values[90_000] = 1e9
	var overflow *OverflowError
	if err := Write(&bytes.Buffer{}, "F16", values); !errors.As(err, &overflow) || overflow.Index != 90_000 || overflow.Value != 1e9 {
		t.Errorf("%v", err)
	}
}
