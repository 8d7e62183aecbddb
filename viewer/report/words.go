package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// lnK is the loss of a network that spreads its guess over all prototypes; ok is false where K is not known.
func (r *Run) lnK() (v float64, ok bool) {
	if r.settings == nil || r.settings.Config.OutDim < 1 {
		return 0, false
	}
	return math.Log(float64(r.settings.Config.OutDim)), true
}

// state says how far the run is.
func (r *Run) state() string {
	m, total := r.metrics, r.total()
	if m.steps == 0 {
		return "No step is done yet"
	}
	at := fmt.Sprintf("Step %d", m.steps)
	switch {
	case total > 0 && m.steps >= total:
		return fmt.Sprintf("Trained to its end: %s, %s", settings.Count(m.steps, "step"), settings.Count(r.settings.Config.Epochs, "epoch"))
	case total > 0:
		at = fmt.Sprintf("Step %d of %d, epoch %d of %d", m.steps, total, m.epoch+1, r.settings.Config.Epochs)
	}
	if r.log.stopped() {
		return "Stopped at s" + at[1:]
	}
	if !r.log.at.IsZero() {
		at += r.log.at.Format("; its log's last line is of 2006-01-02 15:04:05 UTC")
	}
	return at
}

// alert tells of a collapse; empty: none.
func (r *Run) alert() string {
	c := r.metrics.collapse
	if c.monitor == nil || c.said == "" {
		return ""
	}
	if since := c.monitor.Collapsed(); since != "" {
		return "This run collapsed, and its weights are of little use. " + upper(since) + "."
	}
	return "This run had collapsed for a while, and recovered: " + c.said + "."
}

func upper(sentence string) string { return strings.ToUpper(sentence[:1]) + sentence[1:] }

// remarks say in words what the run's numbers mean.
func (r *Run) remarks() (all []string) {
	for _, work := range []func() string{r.lossWords, r.thawWords, r.teacherWords, r.viewsWords, r.waitWords} {
		if words := work(); words != "" {
			all = append(all, words)
		}
	}
	return all
}

// lossWords hold the loss's end beside its beginning, each the mean of a twentieth of the steps.
func (r *Run) lossWords() string {
	s := r.metrics.of("loss")
	if s == nil || len(s.buckets) < 40 {
		return ""
	}
	first, last := s.buckets[0].first, s.buckets[len(s.buckets)-1].last
	part := max((last-first+1)/20, 2*s.width, 10)
	begin, end := s.mean(first, first+part-1), s.mean(last-part+1, last)
	if math.IsNaN(begin) || math.IsNaN(end) {
		return ""
	}
	words := fmt.Sprintf("The loss was %s in the first %d steps and is %s in the last %[2]d.", digits(begin), part, digits(end))
	if lnK, ok := r.lnK(); ok {
		words += fmt.Sprintf(" ln K is %s.", digits(lnK))
	}
	if end > begin*0.95 && r.alert() == "" && r.metrics.steps == r.total() {
		words += " A loss that ends where it began, or higher, is usual for DINO, as the teacher changes too, and says nothing against the run."
	}
	return words
}

func (r *Run) thawWords() string {
	if r.settings == nil || r.metrics.perEpoch == 0 {
		return ""
	}
	thaw := r.settings.Config.FreezeLastLayer * r.metrics.perEpoch
	if thaw == 0 || thaw >= r.metrics.steps {
		return ""
	}
	return fmt.Sprintf("The last layer was frozen up to step %d; a loss that rises there is usual.", thaw)
}

// teacherWords compare the networks by labels.
func (r *Run) teacherWords() string {
	return r.compare("knn_teacher", "knn_student", "k-NN names %s %% by the teacher's features and %s %% by the student's", " (step %d)")
}

func (r *Run) viewsWords() string {
	return r.compare("views_top1_teacher", "views_top1_student", "A moved copy's original is nearest for %s %% by the teacher's features and for %s %% by the student's", " (step %d)")
}

func (r *Run) compare(teacher, student, words, at string) string {
	t, s := r.metrics.of(teacher), r.metrics.of(student)
	if t == nil || s == nil || t.last.Step == 0 || s.last.Step != t.last.Step {
		return ""
	}
	words = fmt.Sprintf(words+at, digits(t.last.Value), digits(s.last.Value), t.last.Step)
	if first := t.buckets[0]; first.n == 1 && first.first < t.last.Step {
		words += fmt.Sprintf("; the teacher's first was %s at step %d", digits(first.sum), first.first)
	}
	return words + "."
}

func (r *Run) waitWords() string {
	s := r.metrics.of("data_wait")
	if s == nil {
		return ""
	}
	if wait := s.mean(0, math.MaxInt); wait > 0.1 {
		return fmt.Sprintf("%.0f %% of the time went by waiting for images: set `num_workers` higher, or make the files smaller.", 100*wait)
	}
	return ""
}

// digits writes a number as people read it.
func digits(v float64) string {
	switch size := math.Abs(v); {
	case size >= 1000:
		return fmt.Sprintf("%.0f", v)
	case size >= 0.1 || size == 0:
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprintf("%.3g", v)
}
