package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
	"github.com/dinogpu/dinogpu/layers/tuning"
)

// resumed is what a run goes on from.
type resumed struct {
	folder  *Folder // held for this process, not changed yet
	header  weights.Header
	tensors []layers.HostTensor // none: the run ended before it saved, and starts again at step 0
	stored  *Stored
	target  gpu.Target // the checkpoint's, the kind of adapter left open: the same kernels give the same bytes
}

// Resume goes on with the run that [Open] finds in that folder: see [Stored.Resume].
func Resume(ctx context.Context, folder string, o Options) (*Run, error) {
	s, err := Open(folder)
	if err != nil {
		return nil, err
	}
	return s.Resume(ctx, o)
}

// Resume goes on with the run, from its newest whole checkpoint, bit for bit. Zero settings stand for the run's own;
// others may differ in what does not change what is learned, in more epochs, and in how a step's images are grouped, else
// a *settings.ChangedError names the first. Nothing in the folder is changed unless Resume succeeds.
func (s *Stored) Resume(ctx context.Context, o Options) (*Run, error) {
	if o.Settings == (settings.Settings{}) {
		o.Settings = s.Settings
	}
	// What a checkpoint was written with counts in the end; config.yaml refuses a slip before that is read.
	if err := errors.Join(o.Settings.Validate(), s.Settings.SameRun(o.Settings)); err != nil {
		return nil, err
	}
	o.Folder = s.Folder
	held, err := OpenFolder(s.Folder)
	if err != nil {
		return nil, err
	}
	held.program = o.Program
	held.heldBy(o.Process)
	r := newRun(o, &resumed{folder: held, stored: s})
	r.onClose(held.Close)
	if s.restored != "" {
		r.say("%s", s.restored)
	}
	if err := r.goOn(ctx); err != nil {
		if errors.Is(err, ErrNotBegun) {
			err = fmt.Errorf("%w: %s is as it was", err, s.Folder)
		}
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// goOn reads where the run stands and puts everything to where it was.
func (r *Run) goOn(ctx context.Context) error {
	if err := r.readCheckpoint(); err != nil {
		return err
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	record := r.settings
	record.Config.BatchSize, record.Config.Accumulate = r.from.stored.batchSize, r.from.stored.accumulate
	if err := r.from.folder.GoOn(record, r.from.header.Step); err != nil {
		return err
	}
	r.begin(r.from.folder, fmt.Sprintf("going on with %s after step %d", r.from.folder.Path(), r.from.header.Step))
	return nil
}

// readCheckpoint reads the newest whole checkpoint and holds the settings against those it was written with.
func (r *Run) readCheckpoint() (err error) {
	f := r.from
	folder := f.folder.Path()
	f.header, f.tensors, err = weights.NewestCheckpoint(folder, func(err error) {
		r.say("%v; the one before it is taken", err)
	})
	if errors.Is(err, weights.ErrNoCheckpoint) && begun(folder) {
		r.say("%s ended before its first checkpoint: it starts again at its first step", folder)
		return nil
	}
	if err != nil {
		return err
	}
	if f.target, err = layers.ParseMatmul(f.header.Matmul, gpu.Target{}); err != nil {
		return fmt.Errorf("the checkpoint of step %d in %s was computed with matmuls that this version does not have: %w; go on with the version that began the run", f.header.Step, folder, err)
	}
	stored, err := f.header.Settings()
	if err != nil {
		return fmt.Errorf("the checkpoint's settings: %w", err)
	}
	if err := stored.SameRun(r.settings); err != nil {
		return err
	}
	now := r.settings.Run
	if layers.FormatMatmul(tuning.Force(f.target, now.Matmul)) != layers.FormatMatmul(f.target) || now.Crops != stored.Run.Crops {
		r.say("`matmul` or `crops` has changed: results differ by rounding from here on")
	}
	if now, then := r.settings.Config, stored.Config; now.BatchSize != then.BatchSize {
		r.say("`batch_size` %d and `accumulate` %d instead of %d and %d: a step learns from the same images, and results differ by rounding from here on", now.BatchSize, now.Accumulate, then.BatchSize, then.Accumulate)
	}
	if now := r.settings.Config; now.Epochs != stored.Config.Epochs {
		r.say("%d epochs instead of %d: the schedules are laid over the new length", now.Epochs, stored.Config.Epochs)
	}
	return nil
}

// begun tells a run that was killed early from a folder that was never a run's.
func begun(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, metricsFile))
	return err == nil
}

func (f *resumed) hasState() bool { return f != nil && f.tensors != nil }

// targetOn is how the run was recorded, but for the matmuls where other ones are asked for, within the device's limits.
func (f *resumed) targetOn(device gpu.Target, matmul string) gpu.Target {
	target := device
	target.Matmul, target.Choices, target.Attention = f.target.Matmul, f.target.Choices, f.target.Attention
	target.Variant, target.Only = f.target.Variant, f.target.Only
	return tuning.Force(target, matmul)
}

// sameImages refuses to go on with others: their number and order decide every batch and schedule from here on.
func (f *resumed) sameImages(fingerprint string, data settings.Paths) error {
	if !f.hasState() || fingerprint == f.header.Images {
		return nil
	}
	return &OtherImagesError{Folder: f.folder.Path(), Data: data, How: otherImages(f.header.Images, fingerprint)}
}

// otherImages says how two fingerprints differ, as far as they tell.
func otherImages(then, now string) string {
	var before, after int
	if _, err := fmt.Sscan(then, &before); err != nil {
		return "the checkpoint does not say which"
	}
	if _, err := fmt.Sscan(now, &after); err == nil && before == after {
		return fmt.Sprintf("there are %d, as there were, but their names differ", after)
	}
	return fmt.Sprintf("there were %d, and now there are %d", before, after)
}

// restore puts trainer and loader to where the checkpoint was written.
func (r *Run) restore() error {
	if !r.from.hasState() {
		return nil
	}
	h := r.from.header
	if total := r.Total(); h.Step > total {
		return fmt.Errorf("the newest checkpoint in %s is that of step %d, and the run ends after step %d (%d epochs of %d steps): it is another run's, or damaged; move it out of the folder to go on from the one before it",
			r.from.folder.Path(), h.Step, total, r.settings.Config.Epochs, r.loader.StepsPerEpoch())
	}
	if h.Adapter != r.device.Adapter.Name {
		r.say("the run began on %s: from here on rounding differs", disk.Quote(h.Adapter))
	}
	if err := r.trainer.Restore(h.Step, r.from.tensors); err != nil {
		return err
	}
	r.step, r.saved, r.from.tensors = h.Step, h.Step, nil
	return r.loader.Seek(h.Step * r.settings.Config.Accumulate)
}
