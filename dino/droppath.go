package dino

import (
	"fmt"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// dropPath skips branches of the student's blocks at random, for each image by itself, and scales up those that
// it keeps (stochastic depth, arXiv 1603.09382, as the reference ViT). The host draws a batch's scales.
type dropPath struct {
	rates  []float64  // of each block; the first never drops
	scales gpu.Tensor // of all passes, blocks but the first, branches and images; zero without drop path
	first  []int      // of each pass, where its scales begin
	rows   []int      // of each pass, how many images it has, each crop counted by itself
	values []float32  // staging of scales
}

// dropRates rise linearly from 0 in the first block to rate in the last.
func dropRates(rate float64, depth int) []float64 {
	rates := make([]float64, depth)
	for i := 1; i < depth; i++ {
		rates[i] = rate * float64(i) / float64(depth-1)
	}
	return rates
}

// newDropPath lays out the scales of all passes.
func newDropPath(c settings.Config, passes []cropPass) dropPath {
	d := dropPath{rates: dropRates(c.DropPathRate, c.Backbone().DropBlocks())}
	if c.DropPathRate == 0 || len(d.rates) < 2 {
		return d
	}
	total := 0
	for i, x := range passes {
		d.first, d.rows = append(d.first, total), append(d.rows, x.rows())
		total = d.at(i, len(d.rates), 0)
	}
	d.scales, d.values = gpu.NewTensor("droppath", total), make([]float32, total)
	return d
}

// at is where the scales of a branch of a block, not the first, begin: a number for each image of a pass.
func (d dropPath) at(pass, block, branch int) int {
	aligned := (d.rows[pass] + gpu.Align - 1) / gpu.Align * gpu.Align
	return d.first[pass] + (2*(block-1)+branch)*aligned
}

// of are the scales that each block of a pass takes; nil without drop path.
func (d dropPath) of(pass int) [][2]gpu.Tensor {
	if d.scales.IsZero() {
		return nil
	}
	blocks := make([][2]gpu.Tensor, len(d.rates))
	for block := 1; block < len(blocks); block++ {
		for branch := range 2 {
			blocks[block][branch] = d.scales.Slice("droppath", d.at(pass, block, branch), d.rows[pass])
		}
	}
	return blocks
}

// draw gives the scales of crop v of an image, by block and branch: 1 / keep probability, or 0 where the branch is
// dropped. They come from a random stream of the crop's own, so that how crops are grouped and accumulated, the
// number of workers and a resumed run cannot change them.
func (d dropPath) draw(seed uint64, epoch, image, v int) [][2]float32 {
	r := augment.NewRand(augment.Key{Seed: seed, Epoch: epoch, Image: image, View: augment.ViewDropPath - v})
	scales := make([][2]float32, len(d.rates))
	for block, rate := range d.rates {
		for branch := range 2 {
			if !r.Chance(rate) {
				scales[block][branch] = float32(1 / (1 - rate))
			}
		}
	}
	return scales
}

// uploadDropPath draws and writes a batch's scales.
func (t *Trainer) uploadDropPath(b *augment.Batch) error {
	d := t.drop
	if d.scales.IsZero() {
		return nil
	}
	if len(b.Images) != t.Config.BatchSize {
		return fmt.Errorf("batch %d names %d images, %d are needed to draw drop path", b.N, len(b.Images), t.Config.BatchSize)
	}
	for pass, x := range t.passes {
		row := 0
		for v := x.first(); row < x.rows(); v++ { // a pass's crops follow each other
			for _, image := range b.Images {
				scales := d.draw(t.Config.Seed, b.Epoch, image, v)
				for block := 1; block < len(scales); block++ {
					for branch, scale := range scales[block] {
						d.values[d.at(pass, block, branch)+row] = scale
					}
				}
				row++
			}
		}
	}
	return t.device.Write(d.scales, d.values)
}
