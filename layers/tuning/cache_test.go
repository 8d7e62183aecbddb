package tuning

import (
	"os"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

// A cache that is damaged, foreign or full of nonsense is not used, and says why.
func TestTuneCache(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	c, err := OpenCache(gpu.Adapter{Name: "one", Driver: "1"}, "program 1")
	if err != nil {
		t.Fatal(err)
	}
	if known, err := c.Load(); known != nil || err != nil {
		t.Errorf("before the first save: %v, %v", known, err)
	}
	if err := c.Save(gpu.Choices{"NT.3.4.5f": "texel 8x16"}); err != nil {
		t.Fatal(err)
	}
	known, err := c.Load()
	if err != nil || known["NT.3.4.5f"] != "texel 8x16" {
		t.Fatalf("after it: %v, %v", known, err)
	}
	whole, err := os.ReadFile(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	newer := c
	newer.key.Driver = "2"
	if _, err := newer.Load(); err == nil {
		t.Error("another driver's choices were taken")
	}
	for name, text := range map[string]string{
		"cut":     string(whole[:len(whole)/2]),
		"changed": strings.Replace(string(whole), "8x16", "16x16", 1),
		"no json": "texel",
		"nothing": "",
		"null":    "null",
		"large":   strings.Repeat(" ", mostFile) + string(whole),
	} {
		if err := os.WriteFile(c.Path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if known, err := c.Load(); err == nil {
			t.Errorf("%s: %v was taken", name, known)
		}
	}
	if err := c.Save(gpu.Choices{"NT.3.4.5f": "texel 7x7"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(); err == nil {
		t.Error("a variant that does not exist was taken")
	}
}
