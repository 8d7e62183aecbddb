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

// CheckChoice returns an error unless this program knows the class of shapes and the variant's name.
func CheckChoice(class, name string) error {
	if !classPattern.MatchString(class) {
		return fmt.Errorf("%q is not a class of matmul shapes", class)
	}
	if _, ok := variantNamed(name); !ok {
		return fmt.Errorf("there is no matmul variant %q", name)
	}
	return nil
}

// FormatMatmul writes a target's members and choices as a line: "texel; texel 8x16: NN.5.8.8 NT.5.8.8f". The attention's
// member is named where it is not the one that goes with the matmul's: "register; attention tile". So is the variant where
// there is no choice: "tile; usually tile 128x128x8 8x8", or "only" that one.
func FormatMatmul(t gpu.Target) string {
	by := map[string][]string{}
	for _, class := range slices.Sorted(maps.Keys(t.Choices)) {
		by[t.Choices[class]] = append(by[t.Choices[class]], class)
	}
	line := string(t.Matmul)
	if t.Attention != attentionWith(t.Matmul) {
		line += "; " + attentionWord + string(t.Attention)
	}
	switch {
	case t.Only:
		line += "; " + onlyWord + t.Variant
	case t.Variant != "":
		line += "; " + usualWord + t.Variant
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		line += "; " + name + ": " + strings.Join(by[name], " ")
	}
	return line
}

// Words ahead of names in a line of FormatMatmul.
const (
	attentionWord = "attention "
	onlyWord      = "only "
	usualWord     = "usually "
)

// attentionWith is the attention that goes with a matmul member where a line names none: programs from before there was a
// choice recorded it so and wrote such lines.
func attentionWith(m gpu.Matmul) gpu.Attention {
	if m == gpu.Tile {
		return gpu.TileAttention
	}
	return gpu.TexelAttention
}

// ParseMatmul reads what FormatMatmul wrote into a copy of t.
func ParseMatmul(line string, t gpu.Target) (gpu.Target, error) {
	parts := strings.Split(line, "; ")
	t.Matmul, t.Variant, t.Only, t.Choices = gpu.Matmul(parts[0]), "", false, gpu.Choices{}
	if _, ok := defaults[t.Matmul]; !ok {
		return t, fmt.Errorf("there is no matmul kernel %q", t.Matmul)
	}
	t.Attention = attentionWith(t.Matmul)
	for _, part := range parts[1:] {
		if name, ok := strings.CutPrefix(part, attentionWord); ok {
			if t.Attention = gpu.Attention(name); t.Attention != gpu.TileAttention && t.Attention != gpu.TexelAttention {
				return t, fmt.Errorf("there is no attention kernel %q", name)
			}
			continue
		}
		usual, isUsual := strings.CutPrefix(part, usualWord)
		only, isOnly := strings.CutPrefix(part, onlyWord)
		if isUsual || isOnly {
			if t.Variant, t.Only = usual, isOnly; isOnly {
				t.Variant = only
			}
			if v, ok := variantNamed(t.Variant); !ok || v.member != t.Matmul {
				return t, fmt.Errorf("there is no matmul variant %q of %s", t.Variant, t.Matmul)
			}
			continue
		}
		name, classes, _ := strings.Cut(part, ": ")
		for _, class := range strings.Fields(classes) {
			if err := CheckChoice(class, name); err != nil {
				return t, err
			}
			t.Choices[class] = name
		}
	}
	return t, nil
}

// MatmulNames are the words that ForceMatmul knows: the members, and the variants without the workgroups they may want.
func MatmulNames() []string {
	names := []string{string(gpu.Tile), string(gpu.Register), string(gpu.Texel)}
	for _, v := range variants {
		names = append(names, v.name)
	}
	return names
}

// KnowsMatmul tells whether name is a member, or a variant, which may end in the workgroups it wants.
func KnowsMatmul(name string) bool {
	_, isVariant := variantNamed(name)
	_, isMember := defaults[gpu.Matmul(name)]
	return isVariant || isMember
}

// ForceMatmul returns t with all its matmuls by one variant, or by one member and its defaults. The attention stays.
func ForceMatmul(t gpu.Target, name string) gpu.Target {
	t.Choices = nil
	if v, ok := variantNamed(name); ok {
		t.Matmul, t.Variant, t.Only = v.member, name, true
		return t
	}
	if t.Only || string(t.Matmul) != name {
		t.Variant = ""
	}
	t.Matmul, t.Only = gpu.Matmul(name), false
	return t
}
