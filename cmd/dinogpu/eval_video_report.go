package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/eval"
)

// A videoReport is what eval video prints. All measures are in percent.
type videoReport struct {
	Weights      string         `json:"weights"`
	Data         string         `json:"data"`
	ImageSize    int            `json:"image_size"`
	LastFrames   int            `json:"n_last_frames"`
	Neighborhood int            `json:"size_mask_neighborhood"`
	TopK         int            `json:"topk"`
	Out          string         `json:"out,omitempty"`
	LeftOut      int            `json:"left_out"` // sequences whose files cannot be read
	Networks     []videoNetwork `json:"networks"`
}

// A videoNetwork is what one network did: over all objects, and of each sequence.
type videoNetwork struct {
	Network   string          `json:"network"`
	Objects   int             `json:"objects"` // that were measured
	Frames    int             `json:"frames"`  // of the sequences that were measured
	All       *videoMeasures  `json:"all,omitempty"`
	Sequences []videoSequence `json:"sequences"`

	objects []eval.VideoObject
}

type videoSequence struct {
	Name    string         `json:"name"`
	Frames  int            `json:"frames"`
	All     *videoMeasures `json:"all,omitempty"` // absent where the sequence is not measured
	Objects []videoObject  `json:"objects,omitempty"`
	Lost    []int          `json:"lost,omitempty"` // objects too small to be followed
}

type videoObject struct {
	Object int `json:"object"`
	videoMeasures
	J []float64 `json:"j"` // of each frame that counts, from the second on
	F []float64 `json:"f"`
}

type videoMeasures struct {
	JFMean  float64 `json:"j_and_f_mean"`
	JMean   float64 `json:"j_mean"`
	JRecall float64 `json:"j_recall"`
	JDecay  float64 `json:"j_decay"`
	FMean   float64 `json:"f_mean"`
	FRecall float64 `json:"f_recall"`
	FDecay  float64 `json:"f_decay"`
}

func newVideoMeasures(objects ...eval.VideoObject) *videoMeasures {
	s := eval.SummarizeVideo(objects)
	return &videoMeasures{
		100 * s.JF, 100 * s.J.Mean, 100 * s.J.Recall, 100 * s.J.Decay, 100 * s.F.Mean, 100 * s.F.Recall, 100 * s.F.Decay,
	}
}

// add takes a sequence that was followed.
func (n *videoNetwork) add(t eval.Tracked) {
	s := videoSequence{Name: t.Name, Frames: t.Frames, Lost: t.Lost}
	if len(t.Objects) > 0 {
		s.All = newVideoMeasures(t.Objects...)
		for _, o := range t.Objects {
			s.Objects = append(s.Objects, videoObject{o.Label, *newVideoMeasures(o), percents(o.J), percents(o.F)})
		}
		n.objects = append(n.objects, t.Objects...)
		n.Objects, n.All = len(n.objects), newVideoMeasures(n.objects...)
		n.Frames += t.Frames
	}
	n.Sequences = append(n.Sequences, s)
}

func percents(v []float64) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = 100 * v[i]
	}
	return out
}

func (n videoNetwork) measured() bool { return n.All != nil }

// scored counts the sequences that were measured.
func (n videoNetwork) scored() int {
	count := 0
	for _, s := range n.Sequences {
		if s.All != nil {
			count++
		}
	}
	return count
}

func (n videoNetwork) values() map[string]float64 {
	m := n.All
	return map[string]float64{
		"j_and_f_mean": m.JFMean, "j_mean": m.JMean, "j_recall": m.JRecall, "j_decay": m.JDecay,
		"f_mean": m.FMean, "f_recall": m.FRecall, "f_decay": m.FDecay,
	}
}

// print writes a line for each object, sequence and network.
func (r *videoReport) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "NETWORK\tSEQUENCE\tOBJECT\tJ&F, %\tJ MEAN\tRECALL\tDECAY\tF MEAN\tRECALL\tDECAY")
	line := func(network, sequence, object string, m *videoMeasures) {
		if m == nil {
			fmt.Fprintf(w, "%s\t%s\t%s\tnot measured\n", network, sequence, object)
			return
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\n", network, sequence, object,
			m.JFMean, m.JMean, m.JRecall, m.JDecay, m.FMean, m.FRecall, m.FDecay)
	}
	for _, n := range r.Networks {
		for _, s := range n.Sequences {
			for _, o := range s.Objects {
				line(n.Network, s.Name, strconv.Itoa(o.Object), &o.videoMeasures)
			}
			if len(s.Objects) != 1 {
				line(n.Network, s.Name, "all", s.All)
			}
		}
		if n.measured() {
			line(n.Network, "all", fmt.Sprintf("all %d", n.Objects), n.All)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Out != "" {
		_, err := fmt.Fprintf(out, "Masks are in %s.\n", r.Out)
		return err
	}
	return nil
}

// rows are J and F of each object in each frame.
func (r *videoReport) rows() [][]string {
	rows := [][]string{{"network", "sequence", "object", "frame", "j", "f"}}
	number := func(v float64) string { return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64) }
	for _, n := range r.Networks {
		for _, s := range n.Sequences {
			for _, o := range s.Objects {
				for i := range o.J {
					rows = append(rows, []string{n.Network, s.Name, strconv.Itoa(o.Object), strconv.Itoa(i + 1), number(o.J[i]), number(o.F[i])})
				}
			}
		}
	}
	return rows
}
