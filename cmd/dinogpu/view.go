package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/dino/weights/released"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/viewer"
	"github.com/dinogpu/dinogpu/viewer/explore"
)

type viewCmd struct {
	Images []string `arg:"" name:"image" placeholder:"IMAGE" help:"Image files; a folder or a GIF of frames; a text file of paths; an idx file."`
	weightsFlags
	ImageSize int     `default:"0" placeholder:"N" help:"Pixels of an image's short side. 0: 480 for weights trained at 224, and as much larger than their own size for others."`
	Threshold float64 `default:"0.6" help:"Masks keep the fewest patches that hold this share of a head's attention."`
	Block     int     `default:"0" placeholder:"N" help:"Look at block N; 1 is the first. 0: the last."`
	Head      int     `default:"0" placeholder:"N" help:"Begin with head N; 1 is the first. 0: the mean of all heads."`
	PCA       bool    `name:"pca" help:"Also the patch features' first three components as colors, one basis over all images."`
	Watch     string  `placeholder:"RUN" help:"Follow a run that trains: its newest checkpoint, again at each new one."`
	Save      string  `placeholder:"DIR" help:"Open no window; write pictures, masks, arrays and a page into this folder."`
	Video     string  `placeholder:"FILE" help:"Write an animation of all images' attention: .gif, or .mp4 where ffmpeg is installed."`
	adapterFlags
}

// Help is what --help says before the flags.
func (viewCmd) Help() string {
	return "Each head of a transformer's last block looks at some parts of an image more than at others: view shows where. " +
		"In the window, press ? for the keys. With --save it writes what the reference's visualize_attention writes, and a page of it all. " +
		"Cameras' turned photos are shown upright (EXIF); training takes them as they are stored."
}

// saveFolder is where pictures go if no folder is named and there is no window.
const saveFolder = "dinogpu-view"

// showWindow shows a scene in a window until the user closes it. It is nil in a program that was built without windows.
var showWindow func(a *app, s viewer.Scene, d *gpu.Device) error

// Run opens the images and shows them, in a window or in files.
func (c *viewCmd) Run(a *app) error {
	if err := c.check(); err != nil {
		return usageError{err}
	}
	still := c.Save != "" || c.Video != "" || showWindow == nil
	o := explore.Options{
		Role: c.CheckpointKey, Images: c.Images, ImageSize: c.ImageSize, Threshold: c.Threshold, Block: c.Block, Head: c.Head,
		Features: !still, PCA: c.PCA, Keep: keepPage,
	}
	var err error
	var watcher *explore.Watcher
	if c.Watch != "" {
		watcher = &explore.Watcher{Run: c.Watch, Notice: func(err error) { a.console.Print("%v", err) }}
		o.Model, err = c.firstCheckpoint(a, watcher)
		if !still {
			o.Watch = watcher
		}
	} else {
		o.Model, err = c.openModel(a)
	}
	if err != nil {
		return err
	}
	a.console.Print("looking through %s", o.Model.File)
	if o.Device, err = openDevice(c.Adapter, a.console); err != nil {
		return err
	}
	defer o.Device.Close()
	o.Target = o.Device.Target()
	e, err := explore.New(o)
	if err != nil {
		return usageError{err}
	}
	defer e.Close()
	why := "this dinogpu was built without a window (make viewer builds it with one)"
	if !still {
		err := showWindow(a, e, o.Device)
		if !errors.Is(err, viewer.ErrNoDisplay) {
			return err
		}
		why = err.Error()
	}
	if c.Save == "" && c.Video == "" {
		c.Save = saveFolder
		a.console.Print("%s: pictures go to the folder %s instead, as with --save", why, saveFolder)
	}
	if watcher != nil {
		return c.saveEach(a, e, watcher)
	}
	return c.save(a, e)
}

func (c *viewCmd) check() error {
	switch {
	case !(c.Threshold > 0 && c.Threshold < 1):
		return fmt.Errorf("--threshold %g is no share above 0 and below 1 (0.6 is usual)", c.Threshold)
	case c.ImageSize < 0 || c.ImageSize > settings.MaxSide:
		return fmt.Errorf("--image-size %d is no number of pixels from 1 to %d", c.ImageSize, settings.MaxSide)
	case c.Block < 0 || c.Head < 0:
		return errors.New("--block and --head count from 1; 0 stands for the last block and for the mean of all heads")
	case c.Watch != "" && c.Weights != "":
		return errors.New("--watch follows a run's weights and --weights names others: give one of them")
	}
	return nil
}

// openModel opens the weights that were named, or those that lie nearest.
func (c *viewCmd) openModel(a *app) (*weights.Model, error) {
	if c.Weights == "" {
		var err error
		if c.Weights, err = nearestWeights(); err != nil {
			return nil, usageError{err}
		}
	}
	return c.open(a)
}

// nearestWeights are the newest run's here, else those of the paper that are on this machine.
func nearestWeights() (string, error) {
	latest := filepath.Join(run.RunsFolder, "latest")
	if _, err := os.Stat(latest); err == nil {
		return latest, nil
	}
	for _, name := range []string{"dino_vits8", "dino_vits16"} {
		if path, err := released.Path(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no run here to look through: dinogpu weights pull dino_vits8 fetches weights that show it well, or %w", errNoWeights)
}

// watchEvery is how often a run is asked for a newer checkpoint.
const watchEvery = time.Second

// firstCheckpoint waits until the run has one.
func (c *viewCmd) firstCheckpoint(a *app, w *explore.Watcher) (*weights.Model, error) {
	if info, err := os.Stat(c.Watch); err != nil || !info.IsDir() {
		return nil, usageError{fmt.Errorf("--watch %s is no folder of a run", c.Watch)}
	}
	for said := false; ; said = true {
		m, err := w.Newer()
		if m != nil || err != nil {
			return m, err
		}
		if !run.Held(c.Watch) {
			return nil, fmt.Errorf("%s has no checkpoint, and nothing trains there", c.Watch)
		}
		if !said {
			a.console.Print("waiting for the first checkpoint of %s", c.Watch)
		}
		if !a.wait(watchEvery) {
			return nil, errInterrupted
		}
	}
}

// wait waits; it is false if the user stopped it.
func (a *app) wait(d time.Duration) bool {
	select {
	case <-a.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// save writes everything once.
func (c *viewCmd) save(a *app, e *explore.Explorer) error {
	last := time.Time{}
	defer a.console.Status("")
	err := e.Save(a.ctx, explore.Saving{
		Dir: c.Save, Video: c.Video,
		Written: func(path string) { fmt.Fprintln(a.stdout, path) },
		LeftOut: func(_ string, err error) {
			if e.Len() > 1 {
				a.console.Print("left out: %v", err)
			}
		},
		Going: func(n int) {
			if now := a.now(); a.console.tty && now.Sub(last) >= redrawEvery && n < e.Len() {
				last = now
				a.console.Status(fmt.Sprintf("%d of %d images", n, e.Len()))
			}
		},
	})
	if err != nil && a.ctx.Err() != nil {
		return fmt.Errorf("%w: what was written before is whole", errInterrupted)
	}
	return err
}

// saveEach writes everything again at each checkpoint, until the run ends.
func (c *viewCmd) saveEach(a *app, e *explore.Explorer, w *explore.Watcher) error {
	for {
		if err := c.save(a, e); err != nil {
			return err
		}
		for {
			trains := run.Held(c.Watch) // asked first: a run that ends now may have saved before
			m, err := w.Newer()
			if err != nil {
				return err
			}
			if m != nil {
				a.console.Print("looking through %s", m.File)
				if err := e.Reload(m); err != nil {
					return err
				}
				break
			}
			if !trains {
				a.console.Print("nothing trains in %s any more", c.Watch)
				return nil
			}
			if !a.wait(watchEvery) {
				return errInterrupted
			}
		}
	}
}
