package eval

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/dinogpu/dinogpu/layers"
)

// Networks are compared as the command compares them, and the way as its mistakes show: the grids have 8 rows or 10 of
// patches and the videos 12 frames, where DAVIS has 60 and some 70, so that the reference's neighborhood of 12 and 7 last
// frames would take in nearly all there is, whatever the way.
func (s sampleData) rankVideo(t *testing.T) {
	v, err := OpenVideos(filepath.Join(s.dir, "video"))
	if err != nil {
		t.Fatal(err)
	}
	few := VideoConfig{ImageSize: sampleFrame, LastFrames: 2, Neighborhood: 1, TopK: ReferenceVideo.TopK}
	whole := ReferenceVideo
	whole.ImageSize = sampleFrame
	above(t, "J&F, trained above untrained", s.follow(t, v, s.trained, whole), s.follow(t, v, s.untrained, whole), 0.02)
	right := s.follow(t, v, s.trained, few)
	tracker := NewTracker(s.d, s.backbone(sampleFrame), s.trained, few)
	defer tracker.Release()
	mistakes := map[string]plainTracking{
		"no first frame":         {propagation: func(o *plainPropagation) { o.NoFirstFrame = true }},
		"hard labels":            {propagation: func(o *plainPropagation) { o.HardLabels = true }},
		"top-k by frame":         {propagation: func(o *plainPropagation) { o.TopKByFrame = true }},
		"round neighborhood":     {propagation: func(o *plainPropagation) { o.RoundNeighborhood = true }},
		"no min-max":             {noMinMax: true},
		"tolerance rounded down": {boundary: plainBoundary{RoundDown: true}},
		"square for disc":        {boundary: plainBoundary{Square: true}},
	}
	wrong := map[string][]VideoObject{}
	for _, q := range v.Sequences {
		plain := openPlainVideo(t, tracker, q)
		for name, x := range mistakes {
			_, o := plain.track(t, x)
			wrong[name] = append(wrong[name], o...)
		}
	}
	for name, o := range wrong {
		jf := SummarizeVideo(o).JF
		if mistakes[name].boundary == (plainBoundary{}) {
			above(t, "J&F, right above "+name, right, jf, 0.002)
			continue
		}
		t.Logf("J&F, %s: %.2f %%", name, 100*jf)
		if math.Abs(right-jf) < 0.01 { // a mistake of the measure is no better or worse
			t.Errorf("%s: J&F is %.4f, and right %.4f", name, jf, right)
		}
	}
}

// follow is a network's J&F over all videos.
func (s sampleData) follow(t *testing.T, v *Videos, arena *layers.Arena, c VideoConfig) float64 {
	t.Helper()
	tracker := NewTracker(s.d, s.backbone(c.ImageSize), arena, c)
	defer tracker.Release()
	var objects []VideoObject
	for _, q := range v.Sequences {
		got, err := tracker.Track(t.Context(), q, Following{})
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, got.Objects...)
	}
	return SummarizeVideo(objects).JF
}
