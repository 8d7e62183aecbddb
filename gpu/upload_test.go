package gpu

import "testing"

// Uploads larger than the staging buffers arrive whole, again and again.
func TestLargeUploads(t *testing.T) {
	d := openDevice(t)
	const n = 2*uploadPiece/4 + 333
	x := NewTensor("x", n)
	defer Release(x)
	in, out := make([]float32, n), make([]float32, n)
	for round := range 3 {
		for i := range in {
			in[i] = float32(i%4096*7 + round)
		}
		if err := d.Write(x, in); err != nil {
			t.Fatal(err)
		}
		if err := d.Read(x, out); err != nil {
			t.Fatal(err)
		}
		for i := range in {
			if in[i] != out[i] {
				t.Fatalf("round %d: element %d is %g, written was %g", round, i, out[i], in[i])
			}
		}
	}
	if d.uploads.bytes > mostStaging {
		t.Errorf("staging buffers of %d bytes are alive, %d are the most", d.uploads.bytes, mostStaging)
	}
}

// Uploads to a tensor take effect in their order, whichever way they go.
func TestUploadsKeepTheirOrder(t *testing.T) {
	d := openDevice(t)
	const n = smallUpload // elements: four times the small upload
	x := NewTensor("x", n)
	defer Release(x)
	fill := func(elements int, v float32) {
		part := make([]float32, elements)
		for i := range part {
			part[i] = v
		}
		if err := d.Write(x.Slice("part", 0, elements), part); err != nil {
			t.Fatal(err)
		}
	}
	out := make([]float32, n)
	fill(256, 1)
	fill(n, 2)
	fill(128, 3)
	if err := d.Read(x, out); err != nil {
		t.Fatal(err)
	}
	if out[0] != 3 || out[127] != 3 || out[128] != 2 || out[n-1] != 2 {
		t.Errorf("the tensor holds %g, %g, %g, %g", out[0], out[127], out[128], out[n-1])
	}
}

// The uploads of a step share a staging buffer, whatever their number: it is mapped once.
func TestUploadsOfAStepShareStaging(t *testing.T) {
	d := openDevice(t)
	const n = 300_000
	x, y := NewTensor("x", n), NewTensor("y", n)
	defer Release(x, y)
	p := NewProgram("shared", SoftwareTarget)
	p.Dispatch(twiceKernel(), x, y)
	if err := p.Build(d); err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	in, out := make([]float32, n), make([]float32, n)
	for step := range 4 {
		in[99] = float32(step)
		made := d.canary.made
		for range 3 {
			if err := d.Write(x, in); err != nil {
				t.Fatal(err)
			}
		}
		if s := d.uploads.open; step > 0 && (s == nil || len(s.copies) != 3) {
			t.Fatalf("step %d: the uploads are not in one staging buffer", step)
		}
		if err := p.Run(); err != nil {
			t.Fatal(err)
		}
		if step > 0 && d.canary.made != made+1 {
			t.Errorf("step %d: %d submissions", step, d.canary.made-made)
		}
		if err := d.Read(y, out); err != nil || out[99] != float32(2*step) {
			t.Fatalf("step %d: %g, %v", step, out[99], err)
		}
	}
}

// A tensor may be released before anything took along what was uploaded to it.
func TestReleaseAfterAnUpload(t *testing.T) {
	d := openDevice(t)
	for range 3 {
		x := NewTensor("x", smallUpload)
		if err := d.Write(x, make([]float32, smallUpload)); err != nil {
			t.Fatal(err)
		}
		Release(x)
		if d.uploads.open != nil {
			t.Fatal("an upload waits for a tensor that is gone")
		}
	}
	if err := d.Wait(); err != nil {
		t.Fatal(err)
	}
}
