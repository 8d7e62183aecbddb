package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// Options say what a run trains and who follows it. Only Settings must be given; of a run that is resumed, nothing.
type Options struct {
	Settings settings.Settings
	Folder   string         // of a new run; empty: runs/<preset>-<UTC time>
	Device   *gpu.Device    // nil: opened as the settings say, and closed by Close
	Images   augment.Source // nil: opened as the settings say
	Initial  *weights.Model // what the networks begin with; nil: read from init_from, or fresh where that is empty
	Notices  Notices        // nil: Silent
	Program  string         // name and version of the program, for train.log, config.yaml and what tuning keeps

	// Evaluate is asked what the networks know: after every EvaluateEvery epochs (0: never), and once the run has
	// trained to its end and is saved. It reports by Measured. Its context ends with the run's.
	Evaluate      func(ctx context.Context, r *Run) error
	EvaluateEvery int

	// Stepping is told true when steps follow each other from now on, and false when something else comes before the next:
	// saving, measuring, the run's end. Whoever waits for a step knows by it how long to wait. Nil: nobody is told.
	Stepping func(bool)

	// AtStop is called when max_steps or max_time stopped the run, once it is saved; nil: nothing is. Whatever it does,
	// the run has stopped in good order. Its context ends with the run's, not with max_time.
	AtStop func(ctx context.Context, r *Run)

	Earlier []Line // what the program said before, for train.log

	// Words is how train.log has a sentence, such as one that names settings by their flags; nil: as it is.
	Words func(sentence string) string

	// Process is the number of the process that others are told holds the run's folder; 0: this one. A process that watches
	// this one and ends it with itself gives its own.
	Process int

	Now func() time.Time // nil: time.Now
}

// A Run is one training run, from its folder to its last checkpoint. New or Resume makes it, Train carries it out, Close
// gives back what it holds. It belongs to one goroutine.
type Run struct {
	settings settings.Settings
	options  Options
	notices  *logged
	device   *gpu.Device
	images   augment.Source
	loader   *augment.Loader
	target   gpu.Target
	trainer  *dino.Trainer
	folder   *Folder
	from     *resumed      // nil for a new run
	initial  *dino.Initial // what the networks begin with; nil: fresh weights, or a checkpoint's

	step        int // submitted to the device; all have run wherever the run's state is looked at
	steps       steps
	fingerprint string // of the images
	saved       int    // step of the newest checkpoint that this process knows whole; -1: none
	unsaved     int    // checkpoints in a row that could not be written
	left        leftOut
	waits       bool // lines of metrics.jsonl wait for room
	saidOnce    map[string]bool
	closers     []func() error
}

// New makes a new run and its folder. Whatever can be refused is refused before the folder is made: an unusable setting,
// an *ExistsError, weights or images that cannot be opened, a *gpu.LimitError, a *MemoryError, a *DiskError. Where ctx ends
// first, ErrNotBegun is in the error's chain.
func New(ctx context.Context, o Options) (*Run, error) {
	if o.Initial != nil && o.Settings.Config.InitFrom == "" {
		o.Settings.Config.InitFrom = o.Initial.File // so that config.yaml says it
	}
	if err := o.Settings.Validate(); err != nil {
		return nil, err
	}
	if err := CheckNew(o.Folder); err != nil {
		return nil, err
	}
	r := newRun(o, nil)
	if err := r.prepare(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	folder, err := CreateFolder(o.Folder, r.settings, o.Program, r.options.Now())
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	folder.heldBy(o.Process)
	r.begin(folder, "run folder "+folder.Path())
	return r, nil
}

func newRun(o Options, from *resumed) *Run {
	if o.Notices == nil {
		o.Notices = Silent{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Stepping == nil {
		o.Stepping = func(bool) {}
	}
	return &Run{settings: o.Settings, options: o, from: from, saved: -1, notices: &logged{to: o.Notices, now: o.Now, early: o.Earlier, words: o.Words}}
}

// prepare opens, records and builds all that the run needs. It touches no folder.
func (r *Run) prepare(ctx context.Context) error {
	for _, work := range []func(context.Context) error{r.openInitial, r.openImages, r.openDevice, r.record, r.build} {
		if err := work(ctx); err != nil {
			return withLess(err, r.settings, r.trainer)
		}
		if ctx.Err() != nil {
			return ErrNotBegun
		}
	}
	return nil
}

func (r *Run) openImages(ctx context.Context) error {
	var err error
	if r.images = r.options.Images; r.images == nil {
		if r.images, err = openWithin(ctx, r.settings.Config); err != nil {
			return err
		}
	}
	if err := r.countClasses(); err != nil {
		return err
	}
	r.fingerprint = augment.Fingerprint(r.images)
	if err := r.from.sameImages(r.fingerprint, r.settings.Config.Data); err != nil {
		return err
	}
	for _, sentence := range augment.Remarks(r.images) {
		r.say("%s", sentence)
	}
	if words := rangeWords(r.settings.Config, r.images); words != "" {
		r.say("%s", words)
	}
	load := loaderConfig(r.settings.Config)
	load.OnBad, load.OnWait = r.leaveOut, r.notices.Say
	if load.MaxBad = r.settings.Run.MaxBad.Of(r.images.Len()); load.MaxBad == 0 {
		load.MaxBad = -1 // none, where 0 is the loader's own default
	}
	r.loader, err = augment.NewLoader(r.images, load)
	if err == nil {
		r.onClose(func() error { r.loader.Close(); return nil })
	}
	return err
}

func (r *Run) openDevice(context.Context) error {
	if r.device = r.options.Device; r.device != nil {
		return nil
	}
	var err error
	if r.device, err = gpu.Open(r.settings.Run.Adapter); err == nil {
		r.onClose(func() error { r.device.Close(); return nil })
	}
	return err
}

// record chooses how the run is recorded, as its checkpoint was or with matmuls measured on the device, and records it.
func (r *Run) record(ctx context.Context) error {
	c := r.settings.Config
	r.say("learning rate %.6g = lr %g x batch %d x accumulate %d / 256", c.ScaledLR(), c.LR, c.BatchSize, c.Accumulate)
	if c.HeadWarmupEpochs > 0 {
		r.say("only the head trains at first, for %s", settings.Count(c.HeadWarmupEpochs, "epoch"))
	}
	record := func(target gpu.Target) (*dino.Trainer, error) {
		return dino.Record(c, target, r.loader.StepsPerEpoch(), dino.Options{Crops: r.settings.Run.Crops})
	}
	var err error
	if r.from.hasState() {
		r.target = r.from.targetOn(r.device.Target(), r.settings.Run.Matmul)
	} else {
		t := tuning.Tuner{
			Device: r.device, Program: r.options.Program, Matmul: r.settings.Run.Matmul, Off: !r.settings.Run.Tune,
			Time: tuning.Usual, Say: r.notices.Say, Status: r.notices.Status,
		}
		r.target, err = t.Target(ctx, func(target gpu.Target) (tuning.Recorded, error) { return record(target) })
	}
	if err == nil {
		r.trainer, err = record(r.target)
	}
	if err == nil {
		r.onClose(func() error { r.trainer.Release(); return nil })
	}
	return err
}

// build makes the trainer on the device, where memory and disk have room for it, as the run begins or as it was saved.
func (r *Run) build(context.Context) error {
	if err := r.enoughSpace(); err != nil {
		return err
	}
	var err error
	if r.trainer, err = r.trainer.BuildFitting(r.device, r.enoughMemory, r.notices.Say); err != nil {
		return err
	}
	if r.initial != nil {
		if err := r.trainer.Begin(*r.initial); err != nil {
			return err
		}
		r.initial = nil
	}
	return r.restore()
}

// enoughMemory tells whether a software adapter has room for the trainer.
func (r *Run) enoughMemory(t *dino.Trainer) error {
	bytes, err := t.Memory()
	if free := r.device.FreeMemory(); err == nil && free > 0 && bytes > free {
		err = &MemoryError{Need: bytes, Free: free}
	}
	return err
}

// enoughSpace tells whether the run's checkpoints will find room.
func (r *Run) enoughSpace() error {
	folder := r.options.Folder
	if folder == "" {
		folder = RunsFolder
	}
	there, err := weights.Checkpoints(folder)
	if err != nil {
		return err
	}
	sentence, err := needOf(r.settings.Run, r.settings.Config, r.trainer.StateLayout(), r.loader.StepsPerEpoch(), len(there)).check(folder)
	if sentence != "" {
		r.say("%s", sentence)
	}
	return err
}

// begin is the moment from which the run has a folder.
func (r *Run) begin(folder *Folder, sentence string) {
	r.folder = folder
	r.notices.progress = NewProgress(r.Total(), r.settings.Config.Epochs)
	r.notices.attach(folder, r.options.Program)
	r.say("%s", sentence)
	for _, note := range folder.notes {
		r.say("%s", note)
	}
	r.say("%s, %s per epoch, %s parameters", settings.Count(r.images.Len(), "image"), settings.Count(r.loader.StepsPerEpoch(), "step"), parameters(r.trainer.Layout.Count()))
	r.Log(layoutWords(r.trainer))
	if r.from == nil { // what a run began with is not to be changed any more
		for _, sentence := range settings.Advise(r.settings, settings.AutoInput{Images: r.images.Len(), Software: r.device.Adapter.Software}) {
			r.say("advice: %s", sentence)
		}
	}
}

// layoutWords says for the log how a step is laid out, which `crops` auto chooses.
func layoutWords(t *dino.Trainer) string {
	bytes, _ := t.Memory() // it was planned before
	return fmt.Sprintf("crops %s: a step takes %s on the device in %d dispatches", t.Crops(), byteSize(uint64(bytes)), t.Dispatches())
}

// parameters is their number as people read it.
func parameters(n int) string {
	if n < 1_000_000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%.1f million", float64(n)/1e6)
}

func (r *Run) onClose(work func() error) { r.closers = append(r.closers, work) }

// Close ends the run's files and gives back its memory. Lines of its files that still cannot be written are an error. It
// may be called twice.
func (r *Run) Close() error {
	var errs []error
	if r.folder != nil {
		errs = append(errs, r.folder.Close())
	}
	for i := len(r.closers) - 1; i >= 0; i-- {
		errs = append(errs, r.closers[i]())
	}
	r.closers = nil
	return errors.Join(errs...)
}

func (r *Run) say(format string, args ...any) { r.notices.Say(fmt.Sprintf(format, args...)) }

// sayOnce says a sentence that would come again with every checkpoint.
func (r *Run) sayOnce(format string, args ...any) {
	sentence := fmt.Sprintf(format, args...)
	if r.saidOnce[sentence] {
		return
	}
	if r.saidOnce == nil {
		r.saidOnce = map[string]bool{}
	}
	r.saidOnce[sentence] = true
	r.say("%s", sentence)
}

// Log adds a line to the run's train.log.
func (r *Run) Log(line string) { r.notices.Log(line) }

// Settings are the run's.
func (r *Run) Settings() settings.Settings { return r.settings }

// Folder is the run's folder, which Close closes.
func (r *Run) Folder() *Folder { return r.folder }

// Device is what the run trains on.
func (r *Run) Device() *gpu.Device { return r.device }

// Target is how its programs are recorded.
func (r *Run) Target() gpu.Target { return r.target }

// Teacher is the teacher's weights on the device. They are those after Step steps wherever Evaluate is called and after
// Train.
func (r *Run) Teacher() *layers.Arena { return r.trainer.Teacher }

// Student is the student's weights on the device.
func (r *Run) Student() *layers.Arena { return r.trainer.Student }

// Center reads the center (out_dim) of the teacher's logits. It is that after Step steps wherever Teacher's weights are.
func (r *Run) Center() ([]float32, error) { return r.trainer.Center() }

// Images are what the run trains on.
func (r *Run) Images() augment.Source { return r.images }

// Apart tells whether each crop goes through the student by itself: `crops` apart, or what auto chose.
func (r *Run) Apart() bool { return r.trainer.Apart() }

// Memory is how many bytes the run's step takes on the device.
func (r *Run) Memory() (int, error) { return r.trainer.Memory() }

// Step is how many optimizer steps are done.
func (r *Run) Step() int { return r.step }

// Total is how many optimizer steps the whole run has.
func (r *Run) Total() int { return r.trainer.Schedules.Steps() }

// Measured writes what an evaluation found after the last step as a line of metrics.jsonl, a struct of numbers with a
// step among them, and passes it on.
func (r *Run) Measured(values any) {
	r.notices.Measured(r.step, values)
	r.note(values)
}

// Reported tells whether the run was resumed after this step and its metrics hold the key already, so that an evaluation
// is not reported twice.
func (r *Run) Reported(key string) bool { return r.folder.Reported(r.step, key) }

// note adds a line to metrics.jsonl. Where the disk is full it waits there: a run is worth more than a line.
func (r *Run) note(metrics any) {
	err := r.folder.Metric(metrics)
	if err != nil && !r.waits {
		r.say("%v: lines wait in memory until there is room", err)
	}
	r.waits = err != nil
}
