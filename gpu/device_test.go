package gpu

import (
	"os"
	"testing"
)

// A device that closes with an upload under way leaves nothing to the next one: wgpu would end the process.
func TestCloseAfterAnUpload(t *testing.T) {
	for range 3 {
		d, err := Open(os.Getenv("DINOGPU_ADAPTER"))
		if err != nil {
			t.Fatal(err)
		}
		x := NewTensor("x", 4)
		if err := d.Write(x, []float32{1, 2, 3, 4}); err != nil {
			t.Fatal(err)
		}
		Release(x)
		d.Close()
	}
}
