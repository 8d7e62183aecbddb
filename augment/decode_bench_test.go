package augment

import (
	"os"
	"testing"
)

// One worker's whole work for a JPEG under the reference's recipe: decoding,
// 2 crops of 224 and 8 of 96 pixels. The picture is the file that
// DINOGPU_BENCH_PICTURE names.
func BenchmarkPicture(b *testing.B) {
	path := os.Getenv("DINOGPU_BENCH_PICTURE")
	recipe := Reference(224, globalScale, 8, 96, localScale)
	s := &scratch{}
	var views [][]uint8
	for v := range recipe.Views() {
		views = append(views, make([]uint8, recipe.Size(v)*recipe.Size(v)*3))
	}
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := decodeFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		i := 0
		for b.Loop() {
			im, err := decodeFile(path)
			if err != nil {
				b.Fatal(err)
			}
			for v := range views {
				recipe.Kind(v).view(views[v], im, NewRand(Key{Image: i, View: v}), s)
			}
			i++
		}
	})
}
