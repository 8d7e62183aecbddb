package dino

import "github.com/dinogpu/dinogpu/dino/settings"

// flopsPerImage is the arithmetic of one training step for one image, 2 per multiply-add: the teacher's forward passes and
// the student's forward and backward ones, which count twice the forward. It is the method's work, whatever a kernel saves or
// computes again.
func flopsPerImage(c settings.Config, m Method) float64 {
	student, teacher := m.Crops()
	studentHead, teacherHead := m.Multiplies()
	backbone := func(crop int) float64 {
		if crop < 2 {
			return c.Backbone().Multiplies(c.GlobalCropsSize)
		}
		return c.Backbone().Multiplies(c.LocalCropsSize)
	}
	total := 0.0
	for _, v := range student {
		total += 3 * (backbone(v) + studentHead)
	}
	for _, v := range teacher {
		total += backbone(v) + teacherHead
	}
	return 2 * total
}
