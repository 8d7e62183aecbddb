package dino

import (
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// Real runs that fall each way, as the paper has it (section 5.3, figure 7): without centering one prototype wins, without
// sharpening every one gets the same, with both neither happens.
func TestRunsCollapseEachWay(t *testing.T) {
	for name, x := range map[string]struct {
		change func(c *settings.Config)
		want   string
	}{
		"centered and sharpened": {func(*settings.Config) {}, ""},
		"not centered":           {func(c *settings.Config) { c.CenterMomentum = 1 }, "collapse to one prototype"},
		"hardly sharpened":       {func(c *settings.Config) { c.TeacherTemp, c.WarmupTeacherTemp = 0.1, 0.1 }, "collapse to uniform targets"},
		"not sharpened":          {func(c *settings.Config) { c.TeacherTemp, c.WarmupTeacherTemp = 0.3, 0.3 }, "collapse to uniform targets"},
	} {
		c := tinyConfig()
		c.Epochs, c.NormLastLayer, c.MomentumTeacher, c.WarmupEpochs = 40, true, 0.99, 1
		x.change(&c)
		tr, _ := runTiny(t, c, "together", 1, 0)
		m := NewCollapseMonitor(c, tr.Schedules.Steps()/c.Epochs)
		next := batchesFrom(t, c, 0)
		var said []string
		for range 200 {
			b := next()
			metrics, err := tr.Step(b)
			b.Release()
			if err != nil {
				t.Fatal(err)
			}
			if s := m.Observe(metrics); s != "" {
				said = append(said, s)
			}
		}
		switch {
		case x.want == "" && len(said) > 0:
			t.Errorf("%s: said %q", name, said)
		case x.want != "" && (len(said) != 1 || !strings.Contains(said[0], x.want)):
			t.Errorf("%s: said %q, want %q", name, said, x.want)
		}
	}
}
