package testdata

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
)

// The sizes are the format's: 16 (images) or 8 (labels) header bytes, then one
// byte a pixel or label.
func TestEmbeddedSetIsWhole(t *testing.T) {
	for _, c := range []struct {
		name string
		gz   []byte
		size int
	}{
		{FashionImagesName, FashionImages(), 16 + 10000*28*28},
		{FashionLabelsName, FashionLabels(), 8 + 10000},
	} {
		zr, err := gzip.NewReader(bytes.NewReader(c.gz))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		raw, err := io.ReadAll(zr)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if len(raw) != c.size {
			t.Errorf("%s unpacks to %d bytes, want %d", c.name, len(raw), c.size)
		}
	}
	if n := len(FashionClasses()); n != 10 {
		t.Errorf("%d class names, want 10", n)
	}
}
