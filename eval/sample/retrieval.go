package sample

import (
	"encoding/json"
	"fmt"
	"image"
)

const (
	places        = 20 // each with a query
	elsewhere     = 20 // images of places that nobody asks for
	nearViews     = 3  // easy
	farViews      = 3  // hard
	hiddenViews   = 2  // junk
	noHardEach    = 5  // every fifth query has no hard ones
	noEasyQuery   = 7  // and this one no easy ones
	retrievalLong = 128
	retrievalLow  = 96
)

// A groundTruth is gnd.json, in the shape of the released files of ROxford and RParis.
type groundTruth struct {
	Images  []string `json:"imlist"`
	Queries []string `json:"qimlist"`
	Truth   []truth  `json:"gnd"` // of each query
}

// A truth is which of imlist, by their numbers from 0, show what a query shows; the rest show other things.
type truth struct {
	Easy []int  `json:"easy"`
	Hard []int  `json:"hard"`
	Junk []int  `json:"junk"`
	Box  [4]int `json:"bbx"` // left, top, right, bottom of what is asked for, in pixels of the query
}

// retrieval draws retrieval/images/*.png and retrieval/gnd.json.
func retrieval(seed uint64, yield func(file) error) error {
	var g groundTruth
	picture := func(name string, im image.Image) error {
		return yield(file{name: "retrieval/images/" + name + ".png", image: im})
	}
	database := func(name string, im image.Image) (int, error) {
		g.Images = append(g.Images, name)
		return len(g.Images) - 1, picture(name, im)
	}
	for q := range places {
		r := newRandom(seed, ofRetrieval, q)
		s, t := r.place(), truth{Easy: []int{}, Hard: []int{}, Junk: []int{}}
		view := camera{width: retrievalLong, height: retrievalLow, zoom: 240, light: r.light(230, 260, 8, 20)}
		t.Box = [4]int{4, 4, view.width - 4, view.height - 4}
		im, _ := view.shoot(s)
		name := fmt.Sprintf("place%02d", q)
		g.Queries = append(g.Queries, name+"-query")
		if err := picture(name+"-query", im); err != nil {
			return err
		}
		for _, kind := range []struct {
			name string
			n    int
			to   *[]int
			view func(random, scene) image.Image
		}{{"near", nearViews, &t.Easy, nearView}, {"far", farViews, &t.Hard, farView}, {"hidden", hiddenViews, &t.Junk, hiddenView}} {
			if kind.name == "far" && q%noHardEach == noHardEach-1 || kind.name == "near" && q == noEasyQuery {
				continue
			}
			for i := range kind.n {
				n, err := database(fmt.Sprintf("%s-%s%d", name, kind.name, i), kind.view(r, s))
				if err != nil {
					return err
				}
				*kind.to = append(*kind.to, n)
			}
		}
		g.Truth = append(g.Truth, t)
	}
	for i := range elsewhere {
		r := newRandom(seed, ofRetrieval, places+i)
		if _, err := database(fmt.Sprintf("elsewhere%02d", i), nearView(r, r.place())); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(g, "", " ")
	if err != nil {
		return err
	}
	return yield(file{name: "retrieval/gnd.json", text: append(text, '\n')})
}

// nearView is a view from where the query was taken, in other light, sometimes in a mirror.
func nearView(r random, s scene) image.Image {
	c := r.nearCamera(110)
	c.mirrored = r.IntN(10) < 4
	im, _ := c.shoot(s)
	return im
}

func (r random) nearCamera(tint int) camera {
	return camera{
		width: retrievalLong, height: retrievalLow,
		at: point{r.pixels(-2, 2), r.pixels(-2, 2)}, zoom: r.between(236, 246), angle: r.near(2), light: r.light(190, 270, tint, 60),
	}
}

// farView is a view that is turned further, darker, in other light, and mostly in a mirror.
func farView(r random, s scene) image.Image {
	im, _ := camera{
		width: retrievalLong, height: retrievalLow,
		at: point{r.pixels(-3, 3), r.pixels(-2, 2)}, zoom: r.between(232, 250), angle: pick(r, []int{-1, 1}) * r.between(2, 4),
		light: r.light(130, 220, 100, 60), mirrored: r.IntN(4) < 3,
	}.shoot(s)
	return im
}

// hiddenView is a view from where the query was taken with something dark in front of a side: like enough to stand among
// the far views.
func hiddenView(r random, s scene) image.Image {
	front := item{
		shape: box, texture: texture{grain, unit / 3, [3]uint8{20, 26, 32}},
		pose: pose{point{pick(r, []int{-1, 1}) * r.pixels(108, 114), r.pixels(-10, 10)}, r.pixels(100, 106), r.near(10)},
	}
	im, _ := r.nearCamera(50).shoot(scene{s.ground, append([]item{front}, s.items...)})
	return im
}
