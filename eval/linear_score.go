package eval

import (
	"context"
	"math"

	"github.com/dinogpu/dinogpu/augment"
)

// A LinearScore is what a classifier's test gave.
type LinearScore struct {
	Top1 float64 `json:"top1"` // percent of the images
	Top5 float64 `json:"top5"`
	// Loss is the plain mean over the batches, whatever their length, as the released code has it. Images whose class the
	// classifier does not know have no loss.
	Loss float64 `json:"loss"`
}

// A LinearAnswer is what a classifier said of an image.
type LinearAnswer struct {
	Name       string
	Class      int // what it is; NoClass where the classifier does not know it
	Prediction int
	Place      int // how many classes came before its own, equal ones in their order; with NoClass all of them
}

// A LinearTest is a classifier's score and what it comes from.
type LinearTest struct {
	LinearScore
	Answers []LinearAnswer
}

// Of is the accuracy over the images of each class, and their number.
func (t LinearTest) Of(classes int) (images []int, top1, top5 []float64) {
	images, top1, top5 = make([]int, classes), make([]float64, classes), make([]float64, classes)
	for _, a := range t.Answers {
		if a.Class == NoClass {
			continue
		}
		images[a.Class]++
		if a.Place == 0 {
			top1[a.Class]++
		}
		if a.Place < 5 {
			top5[a.Class]++
		}
	}
	for c, n := range images {
		top1[c], top5[c] = 100*top1[c]/float64(max(1, n)), 100*top5[c]/float64(max(1, n))
	}
	return images, top1, top5
}

// tests asks all classifiers about all images in their order.
func (p *probes) tests(ctx context.Context, r *rows, done func(n int)) ([]LinearTest, error) {
	tests := make([]LinearTest, len(p.on.All))
	sums, batches := make([]float64, len(tests)), 0
	C, B := p.on.Config.Classes, p.on.Config.Rows()
	logits := make([]float32, C*B)
	order := make([]int, r.count())
	for i := range order {
		order[i] = i
	}
	view := func(im *augment.Image, i int) []uint8 { return r.images.View(im, i) }
	err := r.each(ctx, order, 0, view, done, func(b rowBatch) error {
		if err := p.load(b); err != nil {
			return err
		}
		if err := p.test.RunContext(ctx); err != nil {
			return err
		}
		counts := false // whether an image of the batch has a loss
		for i := range tests {
			if err := p.ask(i, logits); err != nil {
				return err
			}
			loss, n := 0.0, 0
			for k, label := range b.labels {
				a := answer(logits, C, B, k, label)
				a.Name = b.names[k]
				tests[i].Answers = append(tests[i].Answers, a)
				if label != NoClass {
					loss += crossEntropy(logits, C, B, k, label)
					n++
				}
			}
			if n > 0 {
				sums[i] += loss / float64(n)
				counts = true
			}
		}
		if counts {
			batches++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range tests {
		t := &tests[i]
		if len(t.Answers) == 0 {
			return nil, errNoRows(len(order))
		}
		for _, a := range t.Answers {
			if a.Place == 0 {
				t.Top1++
			}
			if a.Place < 5 && a.Class != NoClass {
				t.Top5++
			}
		}
		n := float64(len(t.Answers))
		t.Top1, t.Top5, t.Loss = 100*t.Top1/n, 100*t.Top5/n, sums[i]/float64(max(1, batches))
		if math.IsNaN(t.Loss - t.Loss) {
			return nil, errDiverged
		}
	}
	return tests, nil
}

// answer is what column b of logits (C, B) says of an image of a class.
func answer(logits []float32, C, B, b, class int) LinearAnswer {
	a := LinearAnswer{Class: class, Place: C}
	for c := range C {
		if logits[c*B+b] > logits[a.Prediction*B+b] {
			a.Prediction = c
		}
	}
	if class == NoClass {
		return a
	}
	own := logits[class*B+b]
	a.Place = 0
	for c := range C {
		if v := logits[c*B+b]; v > own || v == own && c < class {
			a.Place++
		}
	}
	return a
}

// crossEntropy is the loss of column b.
func crossEntropy(logits []float32, C, B, b, class int) float64 {
	most, sum := math.Inf(-1), 0.0
	for c := range C {
		most = math.Max(most, float64(logits[c*B+b]))
	}
	for c := range C {
		sum += math.Exp(float64(logits[c*B+b]) - most)
	}
	return most + math.Log(sum) - float64(logits[class*B+b])
}
