package sample

import "fmt"

// Each class is a shape with a texture. Neither is of one class alone, nor is place, size, light or background.
var kinds = []struct {
	name string
	shape
	pattern
}{
	{"cross-checks", cross, checks},
	{"cross-stripes", cross, stripes},
	{"disc-checks", disc, checks},
	{"disc-stripes", disc, stripes},
	{"triangle-checks", triangle, checks},
	{"triangle-stripes", triangle, stripes},
}

const (
	trainImages, valImages = 20, 15 // of each class
	classSide              = 112    // pixels
)

// classes draws classes/{train,val}/<class>/NNN.png.
func classes(seed uint64, yield func(file) error) error {
	number := 0
	for _, part := range []struct {
		name string
		n    int
	}{{"train", trainImages}, {"val", valImages}} {
		for _, kind := range kinds {
			for i := range part.n {
				r := newRandom(seed, ofClasses, number)
				number++
				s := scene{r.ground(0, 10, 12), []item{{
					shape: kind.shape, texture: r.texture(kind.pattern, r.between(unit*9/10, unit*11/10)),
					pose: pose{point{r.pixels(-12, 12), r.pixels(-12, 12)}, r.pixels(28, 42), r.near(20)},
				}}}
				im, _ := camera{width: classSide, height: classSide, zoom: 256, light: r.light(130, 270, 12, 60)}.shoot(s)
				if err := yield(file{name: fmt.Sprintf("classes/%s/%s/%03d.png", part.name, kind.name, i), image: im}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
