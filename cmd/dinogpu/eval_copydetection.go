package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/results"
)

type copyDetectionCmd struct {
	evalFlags
	Data        string `aliases:"data-path" placeholder:"DIR" help:"A folder with originals in original/ and copies in other folders, a block each: strong/, jpegqual/3/. (Copydays as released.)"`
	Whitening   string `placeholder:"DIR" help:"Images that whitening is learned from, best more than twice the network's width. Default: whitening/ in --data, if it is there."`
	Distractors string `placeholder:"DIR" help:"Images that are searched with the originals. Default: distractors/ in --data, if it is there."`
	Imsize      int    `aliases:"image-size" default:"0" help:"Images become squares of so many pixels. 0: 320 for weights trained at 224 pixels, in proportion for others."`

	opened *eval.Copies
}

// Help is what --help says before the flags.
func (copyDetectionCmd) Help() string {
	return "The reference's evaluation on Copydays: an image is its class token with the generalized mean of its patch tokens, whitened where there are images to learn that from; each copy looks for its original among originals and distractors, and the 20 nearest count. A copy belongs to the original of its name, or whose name and a sign (cat_2.png, cat.png) its own begins with; in strong/ else to that of equal first four letters, as in Copydays; and where no name fits and there are as many copies as originals, to the one in its place. The paper has mAP of strong, with 10,000 distractors and whitening of 20,000 images."
}

// A copyReport is what eval copydetection prints.
type copyReport struct {
	Weights     string       `json:"weights"`
	Data        string       `json:"data"`
	ImageSize   int          `json:"image_size"`
	Originals   int          `json:"originals"`
	Distractors int          `json:"distractors"`
	Whitening   int          `json:"whitening"`        // images that it was learned from; 0: none
	Without     int          `json:"without_original"` // copies
	LeftOut     int          `json:"left_out"`         // images that could not be read, copies of such, and those without an original
	Results     []copyResult `json:"results"`

	opened *eval.Copies
}

// A copyResult is one network's.
type copyResult struct {
	Network string      `json:"network"`
	Blocks  []copyBlock `json:"blocks"`

	found eval.CopyResult
}

type copyBlock struct {
	Name    string   `json:"name"`
	Matched string   `json:"matched_by"`
	Copies  int      `json:"copies"` // that took part
	MAP     *float64 `json:"map"`    // in percent; null where none took part
}

// Run checks what was asked for, measures and prints.
func (c *copyDetectionCmd) Run(a *app) error { return runEvaluator(a, &c.evalFlags, c) }

func (c *copyDetectionCmd) check() error {
	if c.Data == "" {
		return usageError{errors.New("name the folder of originals and copies: --data DIR")}
	}
	return checkImsize(c.Imsize)
}

func (c *copyDetectionCmd) prepare(e *evaluation) (err error) {
	if err := e.fitImsize(&c.Imsize, 320); err != nil {
		return err
	}
	c.opened, err = eval.OpenCopies(c.Data, c.Whitening, c.Distractors)
	return err
}

func (c *copyDetectionCmd) measure(e *evaluation) (evalReport, error) {
	o := c.opened
	r := copyReport{Weights: e.model.File, Data: c.Data, ImageSize: c.Imsize, Originals: o.Originals.Len(), Without: c.sayBlocks(e.console), opened: o}
	out := newLeftOut(e.console, c.Data)
	for _, n := range e.networks {
		found, err := o.Find(e.ctx, e.device, eval.CopyFinder{
			Backbone: e.backbone(c.Imsize), Size: c.Imsize, LeftOut: out.add, Done: counting(e.console, n.Role, o.Images()),
		}, n.Arena)
		if err != nil {
			return nil, err
		}
		result := copyResult{Network: n.Role, found: found}
		values, copies := map[string]float64{}, 0
		for k, b := range found.Blocks {
			block := copyBlock{Name: o.Blocks[k].Name, Matched: o.Blocks[k].By, Copies: b.Used}
			if !math.IsNaN(b.MAP) {
				percent := 100 * b.MAP
				block.MAP = &percent
				values["map_"+strings.ReplaceAll(block.Name, "/", "_")] = percent
			}
			copies += b.Used
			result.Blocks = append(result.Blocks, block)
		}
		r.Results = append(r.Results, result)
		r.Whitening, r.LeftOut = found.Learned, found.LeftOut+r.Without
		if dim := 2 * e.model.ViT.Dim; o.Whitening != nil && found.Learned <= dim {
			e.console.Print("whitening of %d values was learned from %s: more images than values make it steadier", dim, settings.Count(found.Learned, "image"))
		}
		r.Originals, r.Distractors = found.Originals, found.Distractors
		e.record(n, results.Record{
			Evaluation: results.CopyDetection, Data: c.Data, Values: values,
			Settings: map[string]any{"image_size": c.Imsize, "whitening": o.WhiteningPath, "distractors": o.DistractorsPath},
			Counts: map[string]int{
				"originals": found.Originals, "distractors": found.Distractors, "whitening": found.Learned, "copies": copies,
				"without_original": r.Without, "left_out": r.LeftOut,
			},
		})
	}
	out.say()
	return r, nil
}

// sayBlocks says how copies know their originals where that is not by their names, and how many have none.
func (c *copyDetectionCmd) sayBlocks(console *console) (without int) {
	for _, b := range c.opened.Blocks {
		switch b.By {
		case eval.ByOrder:
			console.Print("%s: no copy has an original's name, so the first is taken as the first original's, and so on", disk.Quote(b.Name))
		case eval.ByLetters:
			console.Print("%s: a copy is of the original with the same first four letters", disk.Quote(b.Name))
		}
		if n := len(b.Without); n > 0 {
			without += n
			console.Print("%s: images without an original are left out: %d, the first is %s", disk.Quote(b.Name), n, disk.Quote(b.Without[0]))
		}
	}
	return without
}

// print writes a line for each block of each network.
func (r copyReport) print(out io.Writer) error {
	fmt.Fprintf(out, "Searched: %s, %s; whitening learned from %s.\n",
		settings.Count(r.Originals, "original"), settings.Count(r.Distractors, "distractor"), settings.Count(r.Whitening, "image"))
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "NETWORK\tBLOCK\tCOPIES\tmAP, %")
	for _, n := range r.Results {
		for k, b := range n.Blocks {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", n.Network, disk.Printable(b.Name), b.Copies, percent(n.found.Blocks[k].MAP))
		}
	}
	return w.Flush()
}

// rows are each copy's average precision in percent, and the place of its original among the 20 nearest, empty where it
// is not there.
func (r copyReport) rows() [][]string {
	rows := [][]string{{"network", "block", "image", "original", "ap", "rank"}}
	for _, n := range r.Results {
		for k, b := range r.opened.Blocks {
			for i, s := range n.found.Blocks[k].Copies {
				rank := ""
				if s.Rank > 0 {
					rank = strconv.Itoa(s.Rank)
				}
				rows = append(rows, []string{
					n.Network, b.Name, filepath.ToSlash(filepath.Join(b.Folder, b.Images.Name(i))), filepath.ToSlash(r.opened.Originals.Name(b.Of[i])), exactPercent(s.AP), rank,
				})
			}
		}
	}
	return rows
}
