package shaders

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

var (
	exponentTest = regexp.MustCompile(`\(?(\w+) & (?:vec\du\()?0x7f800000u`)
	loadedWord   = regexp.MustCompile(`let (\w+) = (\w+)\[`)
	wordsBinding = regexp.MustCompile(`var<storage, read> (\w+): array<(?:u32|vec\du)>;`)
)

// A compiler that takes every float for finite leaves out a test of bits that were a float before. So whatever is held against
// the exponent of infinity has to be a u32 word from memory.
func TestExponentsAreTestedOnWordsFromMemory(t *testing.T) {
	tests := 0
	paths, err := fs.Glob(files, "*.wgsl")
	if err != nil {
		t.Fatal(err)
	}
	shared, err := fs.Glob(files, "shared/*.wgsl")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, shared...) {
		text, err := fs.ReadFile(files, path)
		if err != nil {
			t.Fatal(err)
		}
		words := map[string]bool{} // names of bindings, then of what was loaded from them
		for _, m := range wordsBinding.FindAllStringSubmatch(string(text), -1) {
			words[m[1]] = true
		}
		for _, line := range strings.Split(string(text), "\n") {
			if m := loadedWord.FindStringSubmatch(line); m != nil {
				words[m[1]] = words[m[2]]
			}
			if !strings.Contains(line, "& ") || !strings.Contains(line, "0x7f800000u") {
				continue
			}
			tests++
			if m := exponentTest.FindStringSubmatch(line); m == nil || !words[m[1]] {
				t.Errorf("%s: what is tested is no word from memory: %s", path, strings.TrimSpace(line))
			}
		}
	}
	if tests < 5 {
		t.Errorf("%d tests were found in all kernels: the search is broken", tests)
	}
}
