package report

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// log is what a run's train.log tells beside its progress.
type log struct {
	device   string // the adapter that was opened last
	advice   []string
	perEpoch int
	last     string    // line
	at       time.Time // of the last line
}

// adapterNumber is the adapter's among those of its machine, which says nothing elsewhere.
var adapterNumber = regexp.MustCompile(`^\d+: `)

var stepsPerEpoch = regexp.MustCompile(`, (\d{1,9}) steps? (?:per|an) epoch, `)

// take takes in a line: the time, a space, a sentence.
func (l *log) take(line []byte) {
	stamp, text, ok := strings.Cut(strings.TrimRight(string(line), "\r"), " ")
	at, err := time.Parse(time.RFC3339, stamp)
	if !ok || err != nil {
		return
	}
	l.last, l.at = text, at
	if adapter, ok := strings.CutPrefix(text, "adapter "); ok {
		l.device = adapterNumber.ReplaceAllString(adapter, "")
	}
	if found := stepsPerEpoch.FindStringSubmatch(text); found != nil {
		l.perEpoch, _ = strconv.Atoi(found[1]) // digits
	}
	if advice, ok := strings.CutPrefix(text, "advice: "); ok && len(l.advice) < 10 {
		l.advice = append(l.advice, advice)
	}
}

// stopped tells whether the run's last word is that it was stopped.
func (l *log) stopped() bool { return strings.HasPrefix(l.last, "stopped") }
