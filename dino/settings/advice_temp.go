package settings

import "fmt"

// usualTeacherTemp is the highest temperature that the paper's runs use; a constant one of 0.08 collapses (its ablation
// of the temperature).
const usualTeacherTemp = 0.07

// adviseTemp is about targets that say too little.
func adviseTemp(c Config) string {
	temp := max(c.TeacherTemp, c.WarmupTeacherTemp)
	if temp <= usualTeacherTemp {
		return ""
	}
	return fmt.Sprintf("a teacher temperature of %g is above %g, where targets usually become uniform and nothing is learned: set `teacher_temp` %g or lower",
		temp, usualTeacherTemp, 0.04)
}
