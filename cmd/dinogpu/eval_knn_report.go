package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/eval"
)

// A knnReport is what eval knn prints.
type knnReport struct {
	Weights     string      `json:"weights"`
	ImageSize   int         `json:"image_size"`
	Temperature float64     `json:"temperature"`
	Classes     int         `json:"classes"`
	LeaveOneOut bool        `json:"leave_one_out"` // train and test are then the same images
	ValFraction float64     `json:"val_fraction,omitempty"`
	Seed        uint64      `json:"seed"`
	Train       knnSide     `json:"train"`
	Test        knnSide     `json:"test"`
	LowShot     *knnLowShot `json:"low_shot,omitempty"`
	Results     []knnRow    `json:"results"`
	PerClass    []knnClass  `json:"per_class,omitempty"` // by the vote of each network's best k

	answers [][]string // rows of --csv
}

type knnSide struct {
	Path    string `json:"path"`
	Images  int    `json:"images"`   // that took part
	LeftOut int    `json:"left_out"` // could not be read
}

type knnLowShot struct {
	Shots    int     `json:"shots,omitempty"`
	Fraction float64 `json:"fraction,omitempty"`
	Repeats  int     `json:"repeats"`
	Voters   int     `json:"train_images"`
	Queries  int     `json:"images"`
}

// A knnRow is one network's accuracy for one k, in percent, and of low-shot its standard deviation over the repeats.
type knnRow struct {
	Network string   `json:"network"`
	K       int      `json:"k"`
	Used    int      `json:"used"` // neighbors that voted: fewer than k where there are fewer
	Top1    float64  `json:"top1"`
	Top5    float64  `json:"top5"`
	Top1Dev *float64 `json:"top1_sd,omitempty"`
	Top5Dev *float64 `json:"top5_sd,omitempty"`
}

// A knnClass is the accuracy of one network for the images of one class.
type knnClass struct {
	Network string  `json:"network"`
	K       int     `json:"k"`
	Class   string  `json:"class"`
	Images  int     `json:"images"`
	Top1    float64 `json:"top1"`
}

// counts say how much was measured.
func (r *knnReport) counts() map[string]int {
	left := r.Train.LeftOut
	if !r.LeaveOneOut {
		left += r.Test.LeftOut
	}
	return map[string]int{"classes": r.Classes, "train_images": r.Train.Images, "images": r.Test.Images, "left_out": left}
}

// addAnswers takes in what was said of each class, and of each query where rows for --csv are wanted.
func (r *knnReport) addAnswers(network string, found eval.Answers, classes []string, each bool) {
	for i, of := range found.Classes {
		if !math.IsNaN(of.Top1) {
			r.PerClass = append(r.PerClass, knnClass{network, found.K, classes[i], of.Queries, of.Top1})
		}
	}
	if !each {
		return
	}
	if r.answers == nil {
		r.answers = [][]string{{"network", "k", "image", "class", "predicted", "right", "nearest", "nearest_class", "cosine"}}
	}
	for _, a := range found.Queries {
		class, right := "", 0 // of a class that the bank lacks
		if a.Class != eval.NoClass {
			class = classes[a.Class]
		}
		if a.Class == a.Predicted {
			right = 1
		}
		r.answers = append(r.answers, []string{
			network, fmt.Sprint(found.K), a.Name, class, classes[a.Predicted], fmt.Sprint(right), a.Nearest, classes[a.NearestClass], fmt.Sprintf("%.6f", a.Cosine),
		})
	}
}

func (r *knnReport) rows() [][]string { return r.answers }

// print writes a line for each k.
func (r *knnReport) print(out io.Writer) error {
	switch {
	case r.LowShot != nil:
		fmt.Fprintf(out, "Low-shot: %d images vote on %d; mean and standard deviation of %d draws.\n", r.LowShot.Voters, r.LowShot.Queries, r.LowShot.Repeats)
	case r.LeaveOneOut:
		fmt.Fprintln(out, "Leave-one-out: each image is asked of all the others.")
	}
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "NETWORK\tK\tTOP-1, %\tTOP-5, %")
	for _, row := range r.Results {
		k := fmt.Sprint(row.K)
		if row.Used < row.K {
			k += fmt.Sprintf(" (there are %d)", row.Used)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", row.Network, k, withDeviation(row.Top1, row.Top1Dev), withDeviation(row.Top5, row.Top5Dev))
	}
	return w.Flush()
}

// withDeviation is a value with its deviation, where there is one.
func withDeviation(v float64, dev *float64) string {
	if dev == nil {
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.2f ± %.2f", v, *dev)
}
