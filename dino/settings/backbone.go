package settings

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/layers"
)

// CheckBackboneOf tells why a run of c cannot begin with the weights in that file, whose backbone is v. The image's size is
// no reason: positions are resized.
func (c Config) CheckBackboneOf(file string, v layers.ViTConfig) error {
	if own := c.ViT(); own.Dim != v.Dim || own.Depth != v.Depth || own.Heads != v.Heads || own.Patch != v.Patch {
		var set []string
		for _, a := range backboneOf(v) {
			set = append(set, "`"+a.key+"` "+a.text)
		}
		return fmt.Errorf("%s holds a backbone of %s, and the run's has %s: set %s, or name other weights with `init_from`",
			file, sizeWords(v), sizeWords(own), strings.Join(set, " "))
	}
	return nil
}

func sizeWords(v layers.ViTConfig) string {
	return fmt.Sprintf("width %d, %s, %s and patches of %d pixels", v.Dim, Count(v.Depth, "block"), Count(v.Heads, "head"), v.Patch)
}

// backboneOf are the settings that make a backbone of v's size, by its name where it has one.
func backboneOf(v layers.ViTConfig) []assignment {
	number := func(key string, n int) assignment {
		return assignment{key: key, text: strconv.Itoa(n), where: "the weights"}
	}
	patch := number("patch_size", v.Patch)
	for _, arch := range Archs() {
		if size, _ := ArchSize(arch); size == (ModelSize{v.Dim, v.Depth, v.Heads}) {
			return []assignment{{key: "arch", text: arch, where: "the weights"}, patch}
		}
	}
	return []assignment{number("dim", v.Dim), number("depth", v.Depth), number("heads", v.Heads), patch}
}
