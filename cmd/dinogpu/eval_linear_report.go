package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/eval"
)

// A linearReport is what eval linear prints.
type linearReport struct {
	Weights   string      `json:"weights"`
	Evaluate  string      `json:"evaluate,omitempty"` // the file whose classifiers were tested; nothing was trained then
	ImageSize int         `json:"image_size"`
	Blocks    int         `json:"n_last_blocks"`
	AvgPool   bool        `json:"avgpool_patchtokens"`
	Cached    bool        `json:"cached"` // trained on features of the central view: not the paper's evaluation
	Epochs    int         `json:"epochs,omitempty"`
	BatchSize int         `json:"batch_size"`
	Seed      uint64      `json:"seed"`
	Classes   int         `json:"classes"`
	Train     *knnSide    `json:"train,omitempty"`
	Test      knnSide     `json:"test"`
	Results   []linearRow `json:"results"`
	PerClass  []classRow  `json:"per_class"` // of each network's best classifier

	best    []linearRow // of each network
	answers [][]eval.LinearAnswer
	classes []string
}

// A linearRow is what one rate's classifier gave, over one network's features.
type linearRow struct {
	Network string             `json:"network"`
	LR      float64            `json:"lr,omitempty"`
	Top1    float64            `json:"top1"` // of its best epoch, percent
	Top5    float64            `json:"top5"` // in that epoch
	Loss    float64            `json:"loss"`
	Epoch   int                `json:"epoch,omitempty"` // the best, from 1
	Last    *eval.LinearScore  `json:"last,omitempty"`  // after the last epoch
	History []eval.LinearScore `json:"history,omitempty"`
	Tested  []int              `json:"tested,omitempty"` // the epochs of History
}

// A classRow is the accuracy over one class's images, in percent.
type classRow struct {
	Network string  `json:"network"`
	Class   string  `json:"class"`
	Images  int     `json:"images"`
	Top1    float64 `json:"top1"`
	Top5    float64 `json:"top5"`
}

// trained are the rows of a training.
func (c *linearCmd) trained(n evalNetwork, found *eval.LinearResult, r *linearReport) []linearRow {
	var rows []linearRow
	for i, lr := range c.LR {
		_, epoch, score := eval.Best(found.History, i)
		row := linearRow{Network: n.Role, LR: lr, Top1: score.Top1, Top5: score.Top5, Loss: score.Loss, Epoch: epoch}
		for _, e := range found.History {
			if len(e.Scores) > 0 {
				row.History, row.Tested = append(row.History, e.Scores[i]), append(row.Tested, e.Epoch)
			}
		}
		row.Last = &row.History[len(row.History)-1]
		rows = append(rows, row)
	}
	r.take(rows[found.Rate], found.Test)
	return rows
}

// evaluated tests a file's classifiers.
func (c *linearCmd) evaluated(e *evaluation, n evalNetwork, l eval.Linear, file *eval.LinearFile, h eval.LinearHooks, r *linearReport) ([]linearRow, error) {
	tests, err := l.TestProbes(e.ctx, e.device, file.Probes, h)
	if err != nil {
		return nil, err
	}
	var rows []linearRow
	best := 0
	for i, t := range tests {
		rows = append(rows, linearRow{Network: n.Role, LR: file.Probes[i].LR, Top1: t.Top1, Top5: t.Top5, Loss: t.Loss})
		if t.Top1 > tests[best].Top1 {
			best = i
		}
	}
	r.take(rows[best], tests[best])
	return rows, nil
}

// take keeps a network's best classifier and its answers.
func (r *linearReport) take(row linearRow, test eval.LinearTest) {
	images, top1, top5 := test.Of(len(r.classes))
	for class, n := range images {
		if n > 0 {
			r.PerClass = append(r.PerClass, classRow{row.Network, r.classes[class], n, top1[class], top5[class]})
		}
	}
	r.best, r.answers = append(r.best, row), append(r.answers, test.Answers)
}

// rows are each image's truth and what the best classifier said.
func (r *linearReport) rows() [][]string {
	all := [][]string{{"network", "image", "class", "prediction", "top1", "top5"}}
	yes := map[bool]string{true: "1", false: "0"}
	for i, answers := range r.answers {
		for _, a := range answers {
			class := "" // one that the classifier does not know
			if a.Class != eval.NoClass {
				class = r.classes[a.Class]
			}
			all = append(all, []string{r.best[i].Network, a.Name, class, r.classes[a.Prediction], yes[a.Place == 0], yes[a.Class != eval.NoClass && a.Place < 5]})
		}
	}
	return all
}

// print writes a line for each rate.
func (r *linearReport) print(out io.Writer) error {
	if r.Cached {
		fmt.Fprintln(out, "Trained on features of the central view, taken once (--cached): not the paper's evaluation.")
	}
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "NETWORK\tLR\tBEST TOP-1, %\tTOP-5, %\tIN EPOCH\tLAST TOP-1, %")
	for _, row := range r.Results {
		lr, epoch, last := "-", "-", "-"
		if row.LR > 0 {
			lr = strconv.FormatFloat(row.LR, 'g', -1, 64)
		}
		if row.Last != nil {
			epoch, last = strconv.Itoa(row.Epoch), fmt.Sprintf("%.2f", row.Last.Top1)
		}
		fmt.Fprintf(w, "%s\t%s\t%.2f\t%.2f\t%s\t%s\n", row.Network, lr, row.Top1, row.Top5, epoch, last)
	}
	return w.Flush()
}
