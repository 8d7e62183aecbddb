package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/viewer"
)

// The images that a run leaves in its folder.
const (
	neighborsFile = "neighbours.png"
	pcaFile       = "pca.png"
)

var attentionFile = filepath.Join("attention", "heads.png")

// The time that drawing may take: at a run's end the larger of the two, between epochs the share alone.
const (
	drawTime  = time.Minute
	drawShare = 0.05 // of the time since the run began here, or was drawn last
)

// shownImages is how many of the run's images are shown.
const shownImages = 8

// runPictures draws what a run learned, on images of its own.
type runPictures struct {
	app   *app
	least time.Duration // that drawing at the end is given in any case
	since time.Time     // when the run began here
	last  time.Time     // when it was drawn last
	said  bool          // that drawing between epochs would take too long
	drawn []string      // files, under the run's folder
}

func newRunPictures(a *app) *runPictures {
	return &runPictures{app: a, least: drawTime, since: a.now(), last: a.now()}
}

// A nearSheet is a sheet of neighbors that was made already.
type nearSheet = viewer.Sheet

// atEnd draws all; near, if there is one, instead of the neighbors among the run's images. An error is of ctx.
func (p *runPictures) atEnd(ctx context.Context, r *run.Run, near *nearSheet) error {
	limit := max(p.least, time.Duration(drawShare*float64(p.app.now().Sub(p.since))))
	return p.draw(ctx, r, limit, near)
}

// leastBetween is the time that is needed to draw anything.
const leastBetween = 2 * time.Second

// between draws all while the run goes on.
func (p *runPictures) between(ctx context.Context, r *run.Run) error {
	limit := time.Duration(drawShare * float64(p.app.now().Sub(p.last)))
	if limit < leastBetween {
		if r.Settings().Run.Images && !p.said {
			p.said = true
			p.app.console.Print("images are drawn at the run's end: every %d epochs they would take more than %.0f %% of the time", r.Settings().Run.SaveckpFreq, 100*drawShare)
		}
		return nil
	}
	return p.draw(ctx, r, limit, nil)
}

// draw draws within a limit of time. What cannot be drawn is a sentence: it fails no run.
func (p *runPictures) draw(ctx context.Context, r *run.Run, limit time.Duration, near *nearSheet) error {
	if !r.Settings().Run.Images {
		return nil
	}
	begun := p.app.now()
	defer p.app.console.Status("")
	p.app.console.Status("drawing what was learned")
	d := &drawing{r: r, now: p.app.now, begun: begun, limit: limit}
	err := d.all(ctx, near)
	p.last, p.drawn = p.app.now(), d.drawn
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(d.drawn) > 0 {
		p.app.console.Print("drew %s after step %d, in %.1f s; in %s", strings.Join(d.drawn, ", "), r.Step(), p.last.Sub(begun).Seconds(), r.Folder().Path())
	}
	if len(d.left) > 0 {
		p.app.console.Print("left out, as drawing is given %s here: %s", limit.Round(time.Second), strings.Join(d.left, ", "))
	}
	if err != nil {
		p.app.console.Print("not all images were drawn, which changes nothing of what was learned: %v", err)
	}
	return nil
}

// drawing is one time that a run is drawn.
type drawing struct {
	r     *run.Run
	now   func() time.Time
	begun time.Time
	limit time.Duration
	drawn []string
	left  []string
}

// all draws everything, and goes on where one part fails.
func (d *drawing) all(ctx context.Context, near *nearSheet) error {
	fresh, err := dino.FreshWeights(d.r.Device(), d.r.Settings().Config)
	if err != nil {
		return err
	}
	defer fresh.Release()
	looks := d.looks(ctx, fresh)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if near == nil {
		near, err = d.neighbors(ctx, fresh)
	}
	if near != nil {
		err = errors.Join(err, d.write(neighborsFile, near))
	}
	return errors.Join(looks, err)
}

// over tells whether a share of the time has gone by.
func (d *drawing) over(share float64) bool {
	return d.now().Sub(d.begun) > time.Duration(share*float64(d.limit))
}

func (d *drawing) write(name string, s *viewer.Sheet) error {
	err := viewer.WritePNG(d.r.Folder().Join(name), s.Draw())
	if err == nil {
		d.drawn = append(d.drawn, filepath.ToSlash(name))
	}
	return err
}
