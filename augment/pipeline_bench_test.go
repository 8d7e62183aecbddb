package augment

import (
	"fmt"
	"os"
	"testing"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// One worker's whole work for an image under the reference's recipe: decoding,
// 2 crops of 224 pixels and 8 of 96. DINOGPU_BENCH_IMAGE names another file
// than the golden photograph.
func BenchmarkImage(b *testing.B) {
	path := os.Getenv("DINOGPU_BENCH_IMAGE")
	if path == "" {
		path = "../testdata/golden/photo.png"
	}
	recipe := Reference(224, globalScale, 8, 96, localScale)
	s := &scratch{}
	var views [][]uint8
	for v := range recipe.Views() {
		views = append(views, make([]uint8, recipe.Size(v)*recipe.Size(v)*3))
	}
	read := func(b *testing.B, shrink decode.Shrink) *Image {
		im, err := decodeFile(path, decode.Options{Shrink: shrink}, nil)
		if err != nil {
			b.Fatal(err)
		}
		return im
	}
	own := read(b, recipe.shrink).Shrunk
	for _, by := range []int{1, 2, 4, 8} {
		shrink := func(int, int) int { return by }
		if by > 1 && read(b, shrink).Shrunk != by {
			continue
		}
		name := fmt.Sprintf("by%d", by)
		if by == max(own, 1) {
			name += "_recipe's"
		}
		b.Run(name+"/decode", func(b *testing.B) {
			for b.Loop() {
				read(b, shrink)
			}
		})
		b.Run(name+"/all", func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				im := read(b, shrink)
				for v := range views {
					recipe.Kind(v).view(views[v], im, NewRand(Key{Image: i, View: v}), s)
				}
				i++
			}
		})
	}
}
