package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Linear is the paper's linear evaluation (section 4.1): a classifier is trained on frozen features of the Question's bank and
// tested on its queries. Cross entropy; SGD with momentum 0.9 and no decay; the rate follows a cosine from epoch to epoch
// down to 0. Images are cropped and mirrored at random, keyed by seed, epoch and image. As the released eval_linear, where
// the last, short batch trains too.
type Linear struct {
	Question Question
	Embedder Embedder // gives rows of Dim values
	Dim      int
	Size     int // the images' side in pixels

	LRs       []float64 // a classifier for each, all on the same features; for batches of 256, scaled with Batch
	Epochs    int
	Batch     int
	TestEvery int  // epochs; the last is tested too
	Cached    bool // features are taken once, of the view for tests: no random crops
	Seed      uint64
}

// A LinearEpoch is what an epoch gave, for each rate in their order.
type LinearEpoch struct {
	Epoch  int           `json:"epoch"` // from 1
	Losses []float64     `json:"train_losses"`
	Scores []LinearScore `json:"scores,omitempty"` // where it was tested
}

// A LinearState is all that a training needs to go on as if it had never stopped.
type LinearState struct {
	Probes  []LinearProbe
	Epoch   int           // whole ones: trained, and tested where that was due
	At      int           // images gone through of the next
	Sums    []float64     // of the losses of its batches
	Batches int           // of it
	History []LinearEpoch // of the whole ones
}

// LinearHooks are told how it goes.
type LinearHooks struct {
	LeftOut [2]func(name string, err error)       // images of bank and queries that cannot be read, in each epoch
	Images  func(what string, of int) func(n int) // gives what counts images
	Epoch   func(e LinearEpoch) error
	// The others may be nil, where nothing is kept.
	Best func(epoch int, score LinearScore, p LinearProbe) error // a classifier is better than all before
	Save func(s *LinearState) error                              // before the first epoch, after each, and where ctx ended one
	Load func() (LinearProbe, error)                             // the best one, where an earlier process found it
}

// A LinearResult is what a training gave.
type LinearResult struct {
	History []LinearEpoch
	Rate    int // of LRs, the best
	Epoch   int // in which it was best
	Test    LinearTest
}

// Best finds the highest top-1 of one rate, or of all where rate is negative; the first of equal ones, and of them the first rate.
func Best(history []LinearEpoch, rate int) (at, epoch int, score LinearScore) {
	at, score.Top1 = -1, -1
	for _, e := range history {
		for i, s := range e.Scores {
			if (rate < 0 || i == rate) && s.Top1 > score.Top1 {
				at, epoch, score = i, e.Epoch, s
			}
		}
	}
	return at, epoch, score
}

// rate is the rate of an epoch, counted from 0.
func (l Linear) rate(lr float64, epoch int) float64 {
	return lr * float64(l.Batch) / 256 * 0.5 * (1 + math.Cos(math.Pi*float64(epoch)/float64(l.Epochs)))
}

// fresh are the classifiers before the first step: weights normal with deviation 0.01, biases 0, for all rates the same.
func (l Linear) fresh() *LinearState {
	weight := layers.Param{Name: "linear.weight", Shape: []int{len(l.Question.Classes), l.Dim}, Init: layers.Init{Normal: 0.01}}.Fresh(l.Seed)
	s := &LinearState{}
	for _, lr := range l.LRs {
		s.Probes = append(s.Probes, LinearProbe{LR: lr, Weight: weight.Values, Bias: make([]float32, weight.Shape[0])})
	}
	return s
}

// Train trains and tests, from state on where that is not nil, and gives the best.
func (l Linear) Train(ctx context.Context, d *gpu.Device, state *LinearState, h LinearHooks) (*LinearResult, error) {
	train, test := l.rows(l.Question.Bank, h.LeftOut[0]), l.rows(l.Question.Queries, h.LeftOut[1])
	c := layers.ClassifierConfig{Classes: len(l.Question.Classes), Dim: l.Dim, Batch: l.Batch, Count: len(l.LRs)}
	p, err := newProbes(d, c, true)
	if err != nil {
		return nil, err
	}
	defer p.release()
	fresh := state == nil
	if fresh {
		state = l.fresh()
	}
	for i, x := range state.Probes {
		if err := p.put(i, x); err != nil {
			return nil, err
		}
	}
	state.Probes = nil // they lie on the device
	if l.Cached {
		for _, r := range []*rows{train, test} {
			if err := r.keep(ctx, h.Images("features, once", len(r.images.Which))); err != nil {
				return nil, err
			}
		}
	}
	if of := train.count(); state.At > of {
		return nil, fmt.Errorf("the training stopped after %d images of an epoch, and there are %d: the images are not those that it began with", state.At, of)
	}
	t := &linearTraining{Linear: l, h: h, p: p, train: train, test: test, state: state}
	if fresh { // so that a process that is killed in its first epoch leaves what can go on, too
		if err := t.save(); err != nil {
			return nil, err
		}
	}
	for state.Epoch < l.Epochs {
		if err := t.epoch(ctx); err != nil {
			if ctx.Err() != nil {
				return nil, errors.Join(ctx.Err(), t.save())
			}
			return nil, err
		}
	}
	return t.result(ctx)
}

// rows are images in batches.
func (l Linear) rows(m Images, leftOut func(name string, err error)) *rows {
	return &rows{images: m, embedder: l.Embedder, batch: l.Batch, leftOut: leftOut}
}

// A linearTraining is one under way.
type linearTraining struct {
	Linear
	h           LinearHooks
	p           *probes
	train, test *rows
	state       *LinearState
	best        []LinearAnswer // of the best classifier so far; nil where an earlier process found it
}

// epoch trains for what is left of an epoch, and tests.
func (t *linearTraining) epoch(ctx context.Context) error {
	s := t.state
	if len(s.Sums) == 0 {
		s.Sums = make([]float64, len(t.LRs))
	}
	for i, lr := range t.LRs {
		if err := t.p.setRate(i, t.rate(lr, s.Epoch)); err != nil {
			return err
		}
	}
	epoch, of := s.Epoch, t.train.count()
	view := func(im *augment.Image, i int) []uint8 { return augment.ClassifierView(im, t.Size, t.Seed, epoch, i) }
	done := t.h.Images(fmt.Sprintf("epoch %d of %d", epoch+1, t.Epochs), of)
	err := t.train.each(ctx, augment.ClassifierOrder(t.Seed, epoch, of), s.At, view, done, func(b rowBatch) error {
		losses, err := t.p.step(b)
		if err != nil {
			return t.explain(err)
		}
		for i, v := range losses {
			s.Sums[i] += v
		}
		s.At, s.Batches = b.at, s.Batches+1
		return nil
	})
	switch {
	case err != nil:
		return err
	case s.Batches == 0:
		return errNoRows(of)
	}
	s.At = of
	e := LinearEpoch{Epoch: epoch + 1}
	for _, v := range s.Sums {
		e.Losses = append(e.Losses, v/float64(s.Batches))
	}
	if epoch%max(1, t.TestEvery) == 0 || epoch == t.Epochs-1 {
		if err := t.ask(ctx, &e); err != nil {
			return t.explain(err)
		}
	}
	s.History = append(s.History, e)
	s.Epoch, s.At, s.Batches, s.Sums = s.Epoch+1, 0, 0, nil
	if err := t.h.Epoch(e); err != nil {
		return err
	}
	return t.save()
}

func (t *linearTraining) explain(err error) error {
	if errors.Is(err, errDiverged) {
		return fmt.Errorf("epoch %d: %w: lower `lr`, or see whether the weights are those of a trained network", t.state.Epoch+1, err)
	}
	return err
}

// ask tests all classifiers, and keeps the best.
func (t *linearTraining) ask(ctx context.Context, e *LinearEpoch) error {
	tests, err := t.p.tests(ctx, t.test, t.h.Images("test", t.test.count()))
	if err != nil {
		return err
	}
	for _, x := range tests {
		e.Scores = append(e.Scores, x.LinearScore)
	}
	at, epoch, score := Best(append(slices.Clone(t.state.History), *e), -1)
	if epoch != e.Epoch {
		return nil
	}
	t.best = tests[at].Answers
	if t.h.Best == nil {
		return nil
	}
	probe, err := t.p.get(at, false)
	if err != nil {
		return err
	}
	probe.LR = t.LRs[at]
	return t.h.Best(epoch, score, probe)
}

// save hands the state over.
func (t *linearTraining) save() error {
	if t.h.Save == nil {
		return nil
	}
	for i, lr := range t.LRs {
		probe, err := t.p.get(i, true)
		if err != nil {
			return err
		}
		probe.LR = lr
		t.state.Probes = append(t.state.Probes, probe)
	}
	err := t.h.Save(t.state)
	t.state.Probes = nil
	return err
}

// result is the best of all, which is asked again where an earlier process did.
func (t *linearTraining) result(ctx context.Context) (*LinearResult, error) {
	at, epoch, score := Best(t.state.History, -1)
	r := &LinearResult{History: t.state.History, Rate: at, Epoch: epoch, Test: LinearTest{score, t.best}}
	if t.best != nil {
		return r, nil
	}
	probe, err := t.h.Load()
	if err != nil {
		return nil, err
	}
	if err := t.p.put(0, probe); err != nil {
		return nil, err
	}
	tests, err := t.p.tests(ctx, t.test, t.h.Images("test", t.test.count()))
	if err != nil {
		return nil, err
	}
	r.Test.Answers = tests[0].Answers
	return r, nil
}

// TestProbes tests classifiers of one size on the Question's queries.
func (l Linear) TestProbes(ctx context.Context, d *gpu.Device, all []LinearProbe, h LinearHooks) ([]LinearTest, error) {
	p, err := newProbes(d, layers.ClassifierConfig{Classes: len(all[0].Bias), Dim: l.Dim, Batch: l.Batch, Count: len(all)}, false)
	if err != nil {
		return nil, err
	}
	defer p.release()
	for i, x := range all {
		if err := p.put(i, x); err != nil {
			return nil, err
		}
	}
	test := l.rows(l.Question.Queries, h.LeftOut[1])
	tests, err := p.tests(ctx, test, h.Images("test", test.count()))
	if errors.Is(err, errDiverged) {
		return nil, fmt.Errorf("%w: the classifier does not go with these weights", err)
	}
	return tests, err
}
