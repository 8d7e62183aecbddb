package dino

import "github.com/dinogpu/dinogpu/dino/settings"

// flopsPerImage is the arithmetic of one training step for one image, 2 per multiply-add: matmuls, attention,
// patch embedding and head, the teacher's forward passes and the student's forward and backward ones, which count
// twice the forward. It is the method's work, whatever a kernel saves or computes again.
func flopsPerImage(c settings.Config) float64 {
	forward := func(size int) float64 { return c.Backbone().Multiplies(size) + headMultiplies(c) }
	global, local := forward(c.GlobalCropsSize), 0.0
	if c.LocalCropsNumber > 0 {
		local = forward(c.LocalCropsSize)
	}
	student := 2*global + float64(c.LocalCropsNumber)*local
	return 2 * (2*global + 3*student)
}

// headMultiplies is the multiply-adds of the head for one crop.
func headMultiplies(c settings.Config) float64 {
	n, in := 0.0, c.Backbone().Width()
	for range c.HeadLayers - 1 {
		n += float64(in) * float64(c.HeadHidden)
		in = c.HeadHidden
	}
	return n + float64(in)*float64(c.HeadBottleneck) + float64(c.HeadBottleneck)*float64(c.OutDim)
}
