package explore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/viewer"
)

// A film is an animation of maps in Inferno's colors, as the reference's video_generation makes one.
type film struct {
	path   string
	ffmpeg string // the program that writes a .mp4; empty for a .gif
	frames []*image.Paletted
	delays []int
	colors color.Palette
}

// usualDelay is a frame's, in hundredths of a second, where the images do not say it: 25 frames a second.
const usualDelay = 4

// mostFilm bounds the pixels of a film, which is held whole at a byte each.
const mostFilm = 2 << 30

// newFilm finds out whether a film of this name can be made here, before any work is done.
func newFilm(path string) (*film, error) {
	f := &film{path: path, colors: viewer.Inferno.Palette()}
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".gif":
		return f, nil
	case ".mp4":
		var err error
		if f.ffmpeg, err = exec.LookPath("ffmpeg"); err != nil {
			return nil, fmt.Errorf("%s cannot be made: the program ffmpeg, which writes .mp4, is not on the search path; install it, or ask for a name that ends in .gif", path)
		}
		return f, nil
	default:
		return nil, fmt.Errorf("%s is no name of an animation that is made: it ends in .gif, or in .mp4 where ffmpeg is installed", path)
	}
}

// add takes a map as the next frame. All have the size of the first.
func (f *film) add(m []float32, gridH, gridW, patch, delay int) error {
	size := image.Rect(0, 0, gridW*patch, gridH*patch)
	if len(f.frames) > 0 && f.frames[0].Rect != size {
		first := f.frames[0].Rect.Max
		return fmt.Errorf("it gives a map of %d x %d pixels, and the first image one of %d x %d: an animation takes images of one shape", size.Max.X, size.Max.Y, first.X, first.Y)
	}
	if (len(f.frames)+1)*size.Dx()*size.Dy() > mostFilm {
		return fmt.Errorf("%d frames are as many as are made into one animation: take fewer images, or a smaller `image_size`", len(f.frames))
	}
	rows, _ := viewer.Rows(m)
	frame := image.NewPaletted(size, f.colors)
	for y := range size.Max.Y {
		line := frame.Pix[y*frame.Stride:]
		for x := range size.Max.X {
			line[x] = rows[y/patch*gridW+x/patch]
		}
	}
	if delay <= 0 {
		delay = usualDelay
	}
	f.frames, f.delays = append(f.frames, frame), append(f.delays, delay)
	return nil
}

// write writes the file, whole or not at all.
func (f *film) write(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o777); err != nil {
		return fmt.Errorf("animation %s cannot be written: its folder cannot be made (%w)", f.path, disk.PlainError(err))
	}
	err := disk.WriteFile(f.path, func(w io.Writer) error {
		if f.ffmpeg != "" {
			return f.encode(ctx, w)
		}
		return gif.EncodeAll(w, &gif.GIF{Image: f.frames, Delay: f.delays})
	})
	if err != nil {
		return fmt.Errorf("animation %w", err)
	}
	return nil
}

// encode has ffmpeg make a .mp4 that plays everywhere. It goes through a pipe, so that its index stands in fragments.
func (f *film) encode(ctx context.Context, w io.Writer) error {
	size := f.frames[0].Rect.Max
	cmd := exec.CommandContext(ctx, f.ffmpeg, "-hide_banner", "-loglevel", "error",
		"-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", fmt.Sprintf("%dx%d", size.X, size.Y),
		"-framerate", fmt.Sprintf("100/%d", f.delays[0]), "-i", "-",
		"-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("ffmpeg does not start: %w", err)
	}
	line := make([]byte, 0, 3*size.X*size.Y)
	for _, frame := range f.frames {
		line = line[:0]
		for _, i := range frame.Pix {
			c := f.colors[i].(color.RGBA)
			line = append(line, c.R, c.G, c.B)
		}
		if _, err = in.Write(line); err != nil {
			break // ffmpeg has ended, and says why
		}
	}
	err = errors.Join(err, in.Close())
	if failed := cmd.Wait(); failed != nil {
		return fmt.Errorf("ffmpeg failed: %w %s", failed, disk.Printable(strings.TrimSpace(said.String())))
	}
	return err
}
