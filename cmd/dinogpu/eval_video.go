package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/eval/results"
)

type videoCmd struct {
	evalFlags
	Data string `placeholder:"DIR" help:"A folder laid out as DAVIS 2017: frames in JPEGImages/480p/SEQUENCE, masks in Annotations/480p/SEQUENCE, sequences in ImageSets/2017/val.txt (all without that file)."`
	Out  string `placeholder:"DIR" help:"Write the masks as palette PNGs to DIR/SEQUENCE, of several networks to DIR/NETWORK/SEQUENCE."`

	NLastFrames          int `name:"n-last-frames" default:"7" help:"A frame takes labels from the first and the last N frames."`
	SizeMaskNeighborhood int `default:"12" help:"From patches at most N rows and columns away. 0: from all."`
	TopK                 int `name:"topk" default:"5" help:"From the N most similar of these patches, in all frames together."`
	ImageSize            int `default:"0" help:"Pixels of a frame's short side, cut to whole patches. 0: 480 for weights trained at 224 pixels, in proportion for others."`

	videos *eval.Videos
}

// Help is what --help says before the flags.
func (videoCmd) Help() string {
	return "Follows the objects of each video's first mask through its frames by the likeness of patches alone (the paper's table 5), and measures the masks as DAVIS 2017 does: J, the overlap of regions, and F, of outlines. The first and the last frame do not count. The long side of frames is cut as the reference does, to a multiple of 64 for 480, in proportion for others; small frames are enlarged. A square video's mask is resized as its frames are; the reference's lands beside them. Without all masks of a video nothing of it is measured, and --out still gets its masks."
}

// Run checks what was asked for, measures and prints.
func (c *videoCmd) Run(a *app) error { return runEvaluator(a, &c.evalFlags, c) }

func (c *videoCmd) check() error {
	switch {
	case c.Data == "":
		return usageError{errors.New("name the videos: --data DIR")}
	case c.NLastFrames < 0 || c.NLastFrames > 1000:
		return usageError{fmt.Errorf("--n-last-frames %d: give 0 to 1000", c.NLastFrames)}
	case c.SizeMaskNeighborhood < 0 || c.SizeMaskNeighborhood > settings.MaxSide:
		return usageError{fmt.Errorf("--size-mask-neighborhood %d: give 0 to %d", c.SizeMaskNeighborhood, settings.MaxSide)}
	case c.TopK < 1:
		return usageError{fmt.Errorf("--topk %d: give 1 or more", c.TopK)}
	}
	return nil
}

func (c *videoCmd) prepare(e *evaluation) (err error) {
	if c.ImageSize == 0 {
		c.ImageSize = e.sizeLike(eval.ReferenceVideo.ImageSize)
	}
	if err := e.fitImageSize(&c.ImageSize); err != nil {
		return err
	}
	if c.videos, err = eval.OpenVideos(c.Data); err != nil {
		return err
	}
	scored := 0
	for _, s := range c.videos.Sequences {
		switch {
		case s.Scored():
			scored++
		case s.Lacking() > 0:
			e.console.Print("%s is not measured: of its %d frames %s", s.Name, len(s.Frames), isAre(s.Lacking(), "has no mask", "have no mask"))
		default:
			e.console.Print("%s is not measured: it has 2 frames, and the first and the last do not count", s.Name)
		}
	}
	if scored == 0 && c.Out == "" {
		return fmt.Errorf("no video in %s can be measured, for want of frames or masks: get them, or have the masks written with --out", disk.Quote(c.Data))
	}
	return c.checkOut(e)
}

// isAre counts what has or have something.
func isAre(n int, has, have string) string {
	if n == 1 {
		return "1 " + has
	}
	return fmt.Sprintf("%d %s", n, have)
}

// checkOut finds folders that the masks would not go into, before the work begins.
func (c *videoCmd) checkOut(e *evaluation) error {
	if c.Out == "" {
		return nil
	}
	roles := e.roles()
	if c.Untrained {
		roles = append(roles, weights.RoleUntrained)
	}
	for _, role := range roles {
		for _, s := range c.videos.Sequences {
			path := c.maskFolder(role, len(roles), s)
			entries, err := os.ReadDir(path)
			if err == nil && len(entries) > 0 {
				return fmt.Errorf("--out: %s is there already and not empty: name another folder, or remove it", disk.Quote(path))
			}
		}
	}
	return nil
}

// maskFolder is where a sequence's masks go.
func (c *videoCmd) maskFolder(role string, networks int, s eval.Sequence) string {
	if networks == 1 {
		return filepath.Join(c.Out, s.Name)
	}
	return filepath.Join(c.Out, role, s.Name)
}

// measure follows the objects of every video with one network after the other.
func (c *videoCmd) measure(e *evaluation) (evalReport, error) {
	r := &videoReport{
		Weights: e.model.File, Data: c.Data, ImageSize: c.ImageSize,
		LastFrames: c.NLastFrames, Neighborhood: c.SizeMaskNeighborhood, TopK: c.TopK, Out: c.Out,
	}
	out := newLeftOut(e.console, c.videos.Folder)
	for _, n := range e.networks {
		network := videoNetwork{Network: n.Role}
		if err := c.follow(e, n, &network, out); err != nil {
			return nil, err
		}
		r.Networks = append(r.Networks, network)
		if network.measured() {
			e.record(n, results.Record{
				Evaluation: results.Video, Data: c.Data, Values: network.values(),
				Settings: map[string]any{
					"image_size": c.ImageSize, "n_last_frames": c.NLastFrames, "size_mask_neighborhood": c.SizeMaskNeighborhood, "topk": c.TopK,
				},
				Counts: map[string]int{
					"sequences": network.scored(), "objects": network.Objects, "frames": network.Frames,
					"left_out": len(out.seen), "not_measured": len(network.Sequences) - network.scored(),
				},
			})
		}
	}
	r.LeftOut = len(out.seen)
	return r, nil
}

// follow runs one network over all videos.
func (c *videoCmd) follow(e *evaluation, n evalNetwork, r *videoNetwork, out *leftOut) error {
	tracker := eval.NewTracker(e.device, e.backbone(c.ImageSize), n.Arena, eval.VideoConfig{
		ImageSize: c.ImageSize, LastFrames: c.NLastFrames, Neighborhood: c.SizeMaskNeighborhood, TopK: c.TopK,
	})
	defer tracker.Release()
	total := 0
	for _, s := range c.videos.Sequences {
		total += len(s.Frames)
	}
	count, before := countingOf(e.console, "followed by the "+n.Role, total, "frames"), 0
	var last error
	for _, s := range c.videos.Sequences {
		tracked, err := c.track(e, tracker, n.Role, s, func(frames int) { count(before + frames) })
		before += len(s.Frames)
		if broken := (*eval.SequenceError)(nil); errors.As(err, &broken) {
			out.add(s.Name, broken)
			last = err
			continue
		}
		if err != nil {
			return err
		}
		if len(tracked.Lost) > 0 {
			e.console.Print("%s: of the objects, %s cannot be followed: too small for %d x %d patches", s.Name, numbers(tracked.Lost), tracked.GridH, tracked.GridW)
		}
		r.add(tracked)
	}
	if len(r.Sequences) == 0 {
		return fmt.Errorf("no video is left to measure: %w", last)
	}
	return nil
}

// track follows one video, and writes its masks: all of them or none.
func (c *videoCmd) track(e *evaluation, tracker *eval.Tracker, role string, s eval.Sequence, done func(frames int)) (tracked eval.Tracked, err error) {
	if c.Out == "" {
		return tracker.Track(e.ctx, s, eval.Following{Done: done})
	}
	path := c.maskFolder(role, len(e.networks), s)
	if err := disk.MakeFolder(filepath.Dir(path)); err != nil {
		return tracked, fmt.Errorf("--out: the folder above %s cannot be made (%w): name another", disk.Quote(path), disk.Cause(err))
	}
	err = disk.WriteFolder(path, func(folder string) error {
		tracked, err = tracker.Track(e.ctx, s, eval.Following{Done: done, Mask: func(frame int, labels []uint8, w, h int) error {
			name := filepath.Base(s.Frames[frame])
			return eval.WriteMask(filepath.Join(folder, strings.TrimSuffix(name, filepath.Ext(name))+".png"), labels, w, h)
		}})
		return err
	})
	return tracked, err
}

// numbers are a few in words: 1, 2 and 5.
func numbers(v []int) string {
	var words []string
	for _, n := range v {
		words = append(words, fmt.Sprint(n))
	}
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
