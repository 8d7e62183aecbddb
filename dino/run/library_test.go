package run

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/weights"
)

// testdata/library trains from a module of its own: nothing of the command is needed, and nothing internal.
func TestAnotherModuleTrains(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ours := read(t, filepath.Join(root, "go.mod"))
	theirs := regexp.MustCompile(`(?m)^module .*$`).ReplaceAllString(ours, "module example.com/library") +
		"\nrequire github.com/dinogpu/dinogpu v0.0.0\n\nreplace github.com/dinogpu/dinogpu => " + root + "\n"
	for name, text := range map[string]string{
		"go.mod": theirs, "go.sum": read(t, filepath.Join(root, "go.sum")),
		"main.go": read(t, filepath.Join(root, "testdata/library/main.go")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(dir, "run")
	cmd := exec.Command("go", "run", ".", folder)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), ": loss ") != 4 {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(folder, weights.TeacherFile)); err != nil {
		t.Error(err)
	}
}
