package layers

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/gpu"
)

var classPattern = regexp.MustCompile(`^(NN|NT|TN)(\.[0-9]{1,2}){3}f?$`)

// CheckChoice tells whether a class of shapes and a variant's name are ones that this program knows.
func CheckChoice(class, name string) error {
	if !classPattern.MatchString(class) {
		return fmt.Errorf("%q is no class of matmul shapes", class)
	}
	if _, ok := variantNamed(name); !ok {
		return fmt.Errorf("there is no matmul variant %q", name)
	}
	return nil
}

// FormatMatmul writes a target's member and choices as a line: "texel; texel 8x16: NN.5.8.8 NT.5.8.8f".
func FormatMatmul(t gpu.Target) string {
	by := map[string][]string{}
	for _, class := range slices.Sorted(maps.Keys(t.Choices)) {
		by[t.Choices[class]] = append(by[t.Choices[class]], class)
	}
	line := string(t.Matmul)
	for _, name := range slices.Sorted(maps.Keys(by)) {
		line += "; " + name + ": " + strings.Join(by[name], " ")
	}
	return line
}

// ParseMatmul reads what FormatMatmul wrote.
func ParseMatmul(line string) (gpu.Matmul, gpu.Choices, error) {
	parts := strings.Split(line, "; ")
	member := gpu.Matmul(parts[0])
	if _, ok := defaults[member]; !ok {
		return "", nil, fmt.Errorf("there is no matmul member %q", member)
	}
	choices := gpu.Choices{}
	for _, part := range parts[1:] {
		name, classes, _ := strings.Cut(part, ": ")
		for _, class := range strings.Fields(classes) {
			if err := CheckChoice(class, name); err != nil {
				return "", nil, err
			}
			choices[class] = name
		}
	}
	return member, choices, nil
}
