package eval

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/testdata/golden"
)

// drawnFrame is two squares that move over a ground of noise, and their mask.
func drawnFrame(w, h, frame int) (*image.NRGBA, []uint8) {
	r := rand.New(rand.NewPCG(1, 2))
	im, labels := image.NewNRGBA(image.Rect(0, 0, w, h)), make([]uint8, w*h)
	for i := range labels {
		color := [3]int{90, 120, 100}
		x, y := i%w, i/w
		if x >= 2+2*frame && x < 16+2*frame && y >= 3 && y < 17 {
			labels[i], color = 1, [3]int{220, 60 + 20*(x%3), 40}
		}
		if x >= w-16-frame && x < w-2-frame && y >= h-18 && y < h-4 {
			labels[i], color = 2, [3]int{30, 60, 150 + 30*(y%4)}
		}
		for c := range 3 {
			im.Pix[4*i+c] = uint8(color[c] + r.IntN(20))
		}
		im.Pix[4*i+3] = 255
	}
	return im, labels
}

// writeVideo makes a sequence of n frames in a folder laid out as DAVIS 2017.
func writeVideo(t *testing.T, dir, name string, w, h, n int) {
	t.Helper()
	for i := range n {
		im, labels := drawnFrame(w, h, i)
		putFile(t, encodePNG(t, im), dir, "JPEGImages", "480p", name, fmt.Sprintf("%05d.png", i))
		putFile(t, encodePNG(t, paletteOf(labels, w, h)), dir, "Annotations", "480p", name, fmt.Sprintf("%05d.png", i))
	}
}

// goldenTracker is the golden network's, for the short side of frames.
func goldenTracker(t *testing.T, c VideoConfig) *Tracker {
	t.Helper()
	d := device(t)
	v, weights := goldenNet(t, d)
	tracker := NewTracker(d, dino.BackboneConfig{ViT: v, Mean: settings.RGB{.485, .456, .406}, Std: settings.RGB{.229, .224, .225}}, weights, c)
	t.Cleanup(tracker.Release)
	return tracker
}

// From files to masks and scores, beside plain loops: a high and a square video, and a wide one that is enlarged.
func TestTrackBesidePlainLoops(t *testing.T) {
	tracker := goldenTracker(t, VideoConfig{ImageSize: 48, LastFrames: 2, Neighborhood: 3, TopK: 5})
	for _, size := range [][2]int{{44, 70}, {48, 48}, {40, 33}} {
		w, h := size[0], size[1]
		t.Run(fmt.Sprintf("%dx%d", w, h), func(t *testing.T) {
			dir := t.TempDir()
			writeVideo(t, dir, "squares", w, h, 6)
			v, err := OpenVideos(dir)
			if err != nil {
				t.Fatal(err)
			}
			s := v.Sequences[0]
			var masks [][]uint8
			done := 0
			got, err := tracker.Track(context.Background(), s, Following{
				Mask: func(frame int, labels []uint8, gotW, gotH int) error {
					if frame != len(masks) || gotW != w || gotH != h {
						t.Errorf("mask %d of %d x %d", frame, gotW, gotH)
					}
					masks = append(masks, slices.Clone(labels))
					return nil
				},
				Done: func(frames int) { done = frames },
			})
			if err != nil {
				t.Fatal(err)
			}
			wantMasks, objects := openPlainVideo(t, tracker, s).track(t, plainTracking{})
			if len(masks) != len(wantMasks) || done != 6 {
				t.Fatalf("%d masks, %d frames done", len(masks), done)
			}
			for i := range masks {
				if !slices.Equal(masks[i], wantMasks[i]) {
					t.Errorf("frame %d: another mask", i)
				}
			}
			if diff := cmp.Diff(objects, got.Objects); diff != "" {
				t.Errorf("scores differ (-want +got):\n%s", diff)
			}
			if jf := SummarizeVideo(got.Objects).JF; jf < 0.2 {
				t.Errorf("J&F is %.2f: the squares were lost, and nothing was compared", jf)
			}
		})
	}
}

// Objects without a patch of their own are told; labels that are nowhere are no objects.
func TestTrackTellsLostObjects(t *testing.T) {
	dir := t.TempDir()
	writeVideo(t, dir, "squares", 75, 50, 4)
	labels := make([]uint8, 75*50)
	for i := range labels {
		if i%75 < 30 {
			labels[i] = 3
		}
	}
	labels[74], labels[100] = 200, 255
	first := filepath.Join(dir, "Annotations", "480p", "squares", "00000.png")
	putFile(t, encodePNG(t, paletteOf(labels, 75, 50)), first)
	v, err := OpenVideos(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := goldenTracker(t, VideoConfig{ImageSize: 32, LastFrames: 1, Neighborhood: 3, TopK: 5}).Track(context.Background(), v.Sequences[0], Following{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Lost, []int{200}) || len(got.Objects) != 2 || got.Objects[0].Label != 3 || got.Objects[1].Label != 200 {
		t.Errorf("%+v", got)
	}
}

// What is wrong with a sequence's files is a SequenceError of one sentence.
func TestTrackRefuses(t *testing.T) {
	wide, _ := drawnFrame(80, 50, 2)
	for want, damage := range map[string]func(frames, masks string){
		"00002.png\" is 80 x 50 pixels and the first one 75 x 50": func(frames, masks string) { putFile(t, encodePNG(t, wide), frames, "00002.png") },
		"00000.png\" is 80 x 50 pixels and its mask 75 x 50":      func(frames, masks string) { putFile(t, encodePNG(t, wide), frames, "00000.png") },
		"00002.png":                  func(frames, masks string) { putFile(t, []byte("broken"), frames, "00002.png") },
		"00001.png\": it is damaged": func(frames, masks string) { putFile(t, rawPNG(75, 50, 8, 3), masks, "00001.png") },
		"shows no object": func(frames, masks string) {
			putFile(t, encodePNG(t, paletteOf(make([]uint8, 75*50), 75, 50)), masks, "00000.png")
		},
		"and a side has 8192 at most: lower": func(frames, masks string) {
			thin := image.NewGray(image.Rect(0, 0, 6000, 1))
			thin.Pix[0] = 1
			for i := range 4 {
				putFile(t, encodePNG(t, thin), frames, fmt.Sprintf("%05d.png", i))
				putFile(t, encodePNG(t, thin), masks, fmt.Sprintf("%05d.png", i))
			}
		},
	} {
		dir := t.TempDir()
		writeVideo(t, dir, "squares", 75, 50, 4)
		damage(filepath.Join(dir, "JPEGImages", "480p", "squares"), filepath.Join(dir, "Annotations", "480p", "squares"))
		v, err := OpenVideos(dir)
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		_, err = goldenTracker(t, VideoConfig{ImageSize: 32, LastFrames: 1, Neighborhood: 3, TopK: 5}).Track(context.Background(), v.Sequences[0], Following{})
		if broken := (*SequenceError)(nil); !errors.As(err, &broken) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A context that ends, and a mask that cannot be kept, end the work, and are no sequence's fault.
func TestTrackStops(t *testing.T) {
	dir := t.TempDir()
	writeVideo(t, dir, "squares", 75, 50, 8)
	v, err := OpenVideos(dir)
	if err != nil {
		t.Fatal(err)
	}
	tracker := goldenTracker(t, VideoConfig{ImageSize: 32, LastFrames: 1, Neighborhood: 3, TopK: 5})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err = tracker.Track(ctx, v.Sequences[0], Following{Done: func(frames int) {
		if frames == 2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	full := errors.New("the disk is full")
	_, err = tracker.Track(context.Background(), v.Sequences[0], Following{Mask: func(frame int, _ []uint8, _, _ int) error {
		if frame == 1 {
			return full
		}
		return nil
	}})
	if broken := (*SequenceError)(nil); !errors.Is(err, full) || errors.As(err, &broken) {
		t.Errorf("a mask that cannot be kept: %v", err)
	}
	if _, err := tracker.Track(context.Background(), v.Sequences[0], Following{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Masks are read back as they were, with DAVIS's colors.
func TestWriteMask(t *testing.T) {
	labels := []uint8{0, 1, 2, 3, 254, 255}
	path := filepath.Join(t.TempDir(), "mask.png")
	if err := WriteMask(path, labels, 3, 2); err != nil {
		t.Fatal(err)
	}
	got, w, h, err := readLabels(path)
	if err != nil || w != 3 || h != 2 || !slices.Equal(got, labels) {
		t.Errorf("%v of %d x %d, %v", got, w, h, err)
	}
	f, err := os.Open(golden.Path(t, "video_first.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	theirs, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range theirs.(*image.Paletted).Palette {
		if labelColors()[i] != c {
			t.Errorf("color %d is %v, want %v", i, labelColors()[i], c)
		}
	}
}
