//go:build ignore

// Near holds the losses and the teacher's weights of two runs' folders side by side: near A B. It fails where they are not
// the same to rounding, and where the losses move too little to tell.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

const (
	ofLosses  = 1e-5 // relative, of each step
	ofWeights = 1e-10
	moved     = 0.1 // of the first loss, in some step
)

func main() {
	if len(os.Args) != 3 {
		fail("near A B")
	}
	a, b := losses(os.Args[1]), losses(os.Args[2])
	if len(a) == 0 || len(a) != len(b) {
		fail("%d steps and %d", len(a), len(b))
	}
	apart, span := 0.0, 0.0
	for i := range a {
		apart = math.Max(apart, math.Abs(a[i]-b[i])/math.Abs(a[i]))
		span = math.Max(span, math.Abs(a[i]-a[0])/math.Abs(a[0]))
	}
	x, y := weights(os.Args[1]), weights(os.Args[2])
	if len(x) == 0 || len(x) != len(y) {
		fail("%d weights and %d", len(x), len(y))
	}
	difference, size := 0.0, 0.0
	for i := range x {
		difference += (x[i] - y[i]) * (x[i] - y[i])
		size += x[i] * x[i]
	}
	nmse := difference / size
	fmt.Printf("losses of %d steps within %.2g (%g allowed), weights' NMSE %.2g (%g allowed)\n", len(a), apart, ofLosses, nmse, ofWeights)
	if !(apart <= ofLosses) || !(nmse <= ofWeights) || !(span >= moved) {
		fail("the runs differ, or their losses move by no more than %.2g", span)
	}
}

func losses(run string) (all []float64) {
	f, err := os.Open(filepath.Join(run, "metrics.jsonl"))
	if err != nil {
		fail("%v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var line struct{ Loss *float64 }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			fail("%v", err)
		}
		if line.Loss != nil {
			all = append(all, *line.Loss)
		}
	}
	return all
}

// weights are the F32 numbers of a file of safetensors as they lie there: both programs write them in one order.
func weights(run string) (all []float64) {
	data, err := os.ReadFile(filepath.Join(run, "teacher.safetensors"))
	if err != nil {
		fail("%v", err)
	}
	header := 8 + binary.LittleEndian.Uint64(data)
	for data = data[header:]; len(data) >= 4; data = data[4:] {
		all = append(all, float64(math.Float32frombits(binary.LittleEndian.Uint32(data))))
	}
	return all
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
