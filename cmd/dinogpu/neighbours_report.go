package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
)

// A neighboursReport is what neighbours found, of one of its three searches.
type neighboursReport struct {
	Weights   string   `json:"weights"`
	Data      []string `json:"data"`
	ImageSize int      `json:"image_size"`
	Images    int      `json:"images"`          // of data that were compared
	LeftOut   int      `json:"left_out"`        // that could not be read
	Known     int      `json:"known"`           // of images: features kept by earlier searches
	Cache     string   `json:"cache,omitempty"` // where features are kept
	Saved     string   `json:"saved,omitempty"` // the sheet

	Queries        []queryReport     `json:"queries,omitempty"`
	QueriesLeftOut int               `json:"queries_left_out"`
	Duplicates     *duplicatesReport `json:"duplicates,omitempty"`
	Outliers       *outliersReport   `json:"outliers,omitempty"`
	notes
}

// A queryReport is an image and the nearest of the set to it.
type queryReport struct {
	Image     string           `json:"image"`
	Class     string           `json:"class,omitempty"`
	Itself    []string         `json:"itself,omitempty"` // images of the set that are this file, left out of the list
	Top       int              `json:"top"`
	Used      int              `json:"used"` // fewer than top where there are fewer
	Neighbors []neighborReport `json:"neighbors"`
}

type neighborReport struct {
	Rank   int     `json:"rank"`
	Cosine float64 `json:"cosine"`
	Image  string  `json:"image"`
	Class  string  `json:"class,omitempty"`
}

type duplicatesReport struct {
	Threshold float64       `json:"threshold"`
	Images    int           `json:"images"` // in groups
	Groups    []groupReport `json:"groups"`
}

// A groupReport is images that hang together.
type groupReport struct {
	Size        int            `json:"size"`
	LeastCosine float64        `json:"least_cosine"` // of any two
	Members     []memberReport `json:"members"`
}

type memberReport struct {
	Image       string `json:"image"`
	Class       string `json:"class,omitempty"`
	SameBytesAs string `json:"same_bytes_as,omitempty"` // the first of the group
}

type outliersReport struct {
	Top    int             `json:"top"`
	Used   int             `json:"used"`
	Of     int             `json:"neighbors"`      // whose mean it is
	OfUsed int             `json:"neighbors_used"` // fewer where there are fewer
	Images []outlierReport `json:"images"`
}

type outlierReport struct {
	Rank       int            `json:"rank"`
	MeanCosine float64        `json:"mean_cosine"`
	Image      string         `json:"image"`
	Class      string         `json:"class,omitempty"`
	Nearest    neighborReport `json:"nearest"`
}

func newNeighboursReport(c *neighboursCmd, w *weights.Model, s *featureSet, kept *featureKeeper) neighboursReport {
	return neighboursReport{
		Weights: w.File, Data: c.Data.List(), ImageSize: c.ImageSize,
		Images: len(s.rows), LeftOut: s.leftOut, Known: s.known, Cache: kept.path(),
	}
}

// say prints tables for people, JSON for programs.
func (r *neighboursReport) say(a *app, asJSON bool) error {
	if r.Saved != "" {
		a.console.Print("images are drawn in %s", r.Saved)
	}
	if asJSON {
		return writeJSON(a.stdout, r)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 3, ' ', 0)
	for i, q := range r.Queries {
		if i > 0 {
			fmt.Fprintln(w)
		}
		q.print(w)
	}
	if r.Duplicates != nil {
		r.Duplicates.print(w)
	}
	if r.Outliers != nil {
		r.Outliers.print(w)
	}
	return w.Flush()
}

func (q queryReport) print(w io.Writer) {
	fmt.Fprint(w, shown(q.Image))
	if len(q.Itself) > 0 {
		fmt.Fprint(w, " (it is in the set itself, and left out here)")
	}
	if q.Used < q.Top {
		fmt.Fprintf(w, " (the set has no more than %s for it)", settings.Count(q.Used, "neighbor"))
	}
	fmt.Fprintln(w, "\nRANK\tCOSINE\tIMAGE")
	for _, n := range q.Neighbors {
		fmt.Fprintf(w, "%d\t%.4f\t%s\n", n.Rank, n.Cosine, shown(n.Image))
	}
}

func (r *duplicatesReport) print(w io.Writer) {
	if len(r.Groups) == 0 {
		fmt.Fprintf(w, "no two images have a cosine of %g or more\n", r.Threshold)
		return
	}
	fmt.Fprintf(w, "%s in %s that hang together by a cosine of %g or more\n", settings.Count(r.Images, "image"), settings.Count(len(r.Groups), "group"), r.Threshold)
	for _, g := range r.Groups {
		fmt.Fprintf(w, "\n%s, any two with a cosine of at least %.4f\n", settings.Count(g.Size, "image"), g.LeastCosine)
		for _, m := range g.Members {
			fmt.Fprintf(w, "  %s", shown(m.Image))
			if m.SameBytesAs != "" {
				fmt.Fprintf(w, "\tthe same bytes as %s", shown(m.SameBytesAs))
			}
			fmt.Fprintln(w)
		}
	}
}

func (r *outliersReport) print(w io.Writer) {
	fmt.Fprintf(w, "the images that are least like any other, by the mean cosine to their %d nearest\n", r.OfUsed)
	fmt.Fprintln(w, "RANK\tMEAN\tIMAGE\tNEAREST")
	for _, o := range r.Images {
		fmt.Fprintf(w, "%d\t%.4f\t%s\t%.4f %s\n", o.Rank, o.MeanCosine, shown(o.Image), o.Nearest.Cosine, shown(o.Nearest.Image))
	}
	if r.Used < r.Top {
		fmt.Fprintf(w, "(the set has %s)\n", settings.Count(r.Used, "image"))
	}
}

// shown is a file's name as a line of a table takes it: quoted where it would break the line, move the cursor or run into
// the next column.
func shown(name string) string {
	if quoted := strconv.Quote(name); quoted[1:len(quoted)-1] != strings.ReplaceAll(name, `\`, `\\`) {
		return quoted
	}
	return name
}
