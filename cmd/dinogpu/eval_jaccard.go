package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/results"
)

type jaccardCmd struct {
	evalFlags
	Data      string  `placeholder:"DIR" help:"VOC 2012 (its folder or one that holds VOCdevkit), or any folder with images/ and masks/ of the same names: palette or gray PNG files, a value for each object, 0 background, 255 void."`
	ByClass   bool    `help:"Take VOC's SegmentationClass: all objects of a class in an image are one."`
	Threshold float64 `default:"0.6" help:"A head's mask is the patches that hold this share of its attention."`
	Void      string  `enum:"background,ignored" default:"background" help:"Pixels marked as void: background, as DINO's authors count, or ignored, as VOC does."`
	ImageSize int     `default:"0" help:"Short side of the images in pixels; the other side follows, and what is left over of whole patches is cut off. 0: 480 for weights trained at 224 pixels, in proportion for others."`

	objects *eval.Objects
}

// Help is what --help says before the flags.
func (jaccardCmd) Help() string {
	return "The paper's measure of objects in the attention (figure 4): each head's attention of the class token in the last block, cut to the patches that hold 60 % of it, is compared with every object; the head that covers the object best counts (intersection over union); the mean is over an image's objects, then over images. The paper says neither the image size nor whether its objects were instances or classes. Measure --untrained beside it: taking the best head for each object flatters every network."
}

// A jaccardReport is what eval jaccard prints.
type jaccardReport struct {
	Weights   string       `json:"weights"`
	Data      string       `json:"data"`
	Masks     string       `json:"masks"` // the folder
	ImageSize int          `json:"image_size"`
	Threshold float64      `json:"threshold"`
	Void      string       `json:"void"`
	Images    int          `json:"images"`   // that took part
	LeftOut   int          `json:"left_out"` // could not be measured
	Objects   int          `json:"objects"`
	Results   []jaccardRow `json:"results"`

	scores []*eval.Jaccard // of each result
}

// A jaccardRow is one network's Jaccard index, in percent.
type jaccardRow struct {
	Network string    `json:"network"`
	Jaccard float64   `json:"jaccard"` // with the best head for each object
	Heads   []float64 `json:"heads"`   // with one head for all objects
}

// Run checks what was asked for, measures and prints.
func (c *jaccardCmd) Run(a *app) error { return runEvaluator(a, &c.evalFlags, c) }

func (c *jaccardCmd) check() error {
	switch {
	case c.Data == "":
		return usageError{errors.New("name the images with --data: VOC 2012, or a folder with images/ and masks/")}
	case !(c.Threshold > 0 && c.Threshold <= 1):
		return usageError{fmt.Errorf("--threshold %g is no share above 0 and up to 1 (the paper's is 0.6)", c.Threshold)}
	case c.ImageSize < 0 || c.ImageSize > settings.MaxSide:
		return usageError{fmt.Errorf("--image-size %d is no number of pixels from 1 to %d", c.ImageSize, settings.MaxSide)}
	}
	return nil
}

func (c *jaccardCmd) prepare(e *evaluation) (err error) {
	if c.ImageSize == 0 {
		c.ImageSize = e.sizeLike(480)
	}
	if err := e.fitImageSize(&c.ImageSize); err != nil {
		return err
	}
	if c.ByClass {
		c.objects, err = eval.OpenClassObjects(c.Data)
	} else {
		c.objects, err = eval.OpenObjects(c.Data)
	}
	return err
}

// measure goes through the images once for each network.
func (c *jaccardCmd) measure(e *evaluation) (evalReport, error) {
	e.console.Print("%s with masks in %s, short side %d", settings.Count(len(c.objects.Masks), "image"), disk.Quote(c.objects.Folder), c.ImageSize)
	rule := eval.JaccardRule{Size: c.ImageSize, Threshold: c.Threshold, IgnoreVoid: c.Void == "ignored"}
	r := jaccardReport{
		Weights: e.model.File, Data: c.Data, Masks: c.objects.Folder, ImageSize: c.ImageSize, Threshold: c.Threshold, Void: c.Void,
	}
	left := newLeftOut(e.console, c.Data)
	for _, n := range e.networks {
		found, err := c.objects.Jaccard(e.ctx, e.device, e.backbone(c.ImageSize), n.Arena, rule, eval.Reading{
			LeftOut: left.add, Done: counting(e.console, n.Role, len(c.objects.Masks)),
		})
		if err != nil {
			return nil, err
		}
		r.Images, r.LeftOut, r.Objects = len(found.Images), found.LeftOut, found.Objects()
		row := jaccardRow{Network: n.Role, Jaccard: 100 * found.Best}
		values := map[string]float64{"jaccard": row.Jaccard}
		for h, v := range found.Heads {
			row.Heads = append(row.Heads, 100*v)
			values[fmt.Sprintf("jaccard_head_%d", h)] = 100 * v
		}
		r.Results, r.scores = append(r.Results, row), append(r.scores, found)
		e.record(n, results.Record{
			Evaluation: results.Jaccard, Data: c.Data, Values: values,
			Settings: map[string]any{"image_size": c.ImageSize, "threshold": c.Threshold, "void": c.Void, "masks": filepath.Base(c.objects.Folder)},
			Counts:   map[string]int{"images": r.Images, "objects": r.Objects, "left_out": r.LeftOut},
		})
	}
	left.say()
	return r, nil
}

// print writes a line for each network.
func (r jaccardReport) print(out io.Writer) error {
	fmt.Fprintf(out, "%s in %s; void is %s.\n", settings.Count(r.Objects, "object"), settings.Count(r.Images, "image"), r.Void)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "NETWORK\tJACCARD, %\tEACH HEAD ALONE, %")
	for _, row := range r.Results {
		var heads []string
		for _, v := range row.Heads {
			heads = append(heads, fmt.Sprintf("%.1f", v))
		}
		fmt.Fprintf(w, "%s\t%.2f\t%s\n", row.Network, row.Jaccard, strings.Join(heads, " "))
	}
	return w.Flush()
}

// rows are the objects, with the head that covers each best.
func (r jaccardReport) rows() [][]string {
	rows := [][]string{{"network", "image", "object", "area_pixels", "best_head", "iou_percent"}}
	for i, found := range r.scores {
		for _, im := range found.Images {
			for _, o := range im.Objects {
				head, iou := o.Best()
				rows = append(rows, []string{
					r.Results[i].Network, im.Name, strconv.Itoa(o.Object), strconv.Itoa(o.Area), strconv.Itoa(head),
					strconv.FormatFloat(100*iou, 'g', -1, 64),
				})
			}
		}
	}
	return rows
}
