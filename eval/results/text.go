package results

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Text is a column's value, with its deviation where it has one, to two digits after the point; empty where it lacks it.
func (c Column) Text(key string) string {
	v, ok := c.Values[key]
	if !ok {
		return ""
	}
	text := number(v)
	if dev, ok := c.Values[key+Deviation]; ok {
		text += " ±" + number(dev)
	}
	return text
}

// Text is a published value as it was published; empty where there is none.
func (p Published) Text(key string) string {
	v, ok := p.Values[key]
	if !ok {
		return ""
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

func number(v float64) string {
	if math.Abs(v) >= 1e6 {
		return fmt.Sprintf("%.3g", v)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// Words are settings in one line, in the order of their keys: image_size 224, void background.
func Words(settings map[string]any) string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		list = append(list, fmt.Sprintf("%s %v", key, settings[key]))
	}
	return strings.Join(list, ", ")
}

// Sources says where published values stand, each once.
func Sources(published []Published) string {
	var list []string
	for _, p := range published {
		if text := p.Data + " (" + p.Source + ")"; !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return strings.Join(list, "; ")
}
