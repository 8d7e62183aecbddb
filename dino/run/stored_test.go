package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A config.yaml that was emptied, or that a power failure filled with zeros, is made again from the newest checkpoint,
// which is said; where there is none, the error names the file.
func TestEmptiedConfigIsRestored(t *testing.T) {
	d := openDevice(t)
	folder := filepath.Join(t.TempDir(), "run")
	s := tiny(1)
	s.Run.MaxSteps, s.Run.Keep = 1, 3
	_ = trained(t, func() (*Run, error) {
		return New(t.Context(), Options{Settings: s, Folder: folder, Device: d, Program: "program 1.2\nbuilt today"})
	})
	config := filepath.Join(folder, settings.FileName)
	header, _, _ := strings.Cut(read(t, config), "\n")
	if want := "# Every setting of this run, written by program 1.2. A new run can be given this file."; header != want {
		t.Errorf("config.yaml begins with %q, want %q", header, want)
	}
	s.Run.MaxSteps = 0
	for name, text := range map[string]string{"empty": "", "blank": "\n \n", "zeros": strings.Repeat("\x00", 700)} {
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		var h heard
		r, err := Resume(t.Context(), folder, Options{Device: d, Notices: &h, Program: "program 1.3"})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if !h.holds(config + " is empty: the settings are restored from the checkpoint of step 1") {
			t.Errorf("%s: heard %q", name, h.said)
		}
		back, sentence, err := StoredSettings(folder)
		if err != nil || sentence != "" || !strings.Contains(read(t, config), "written by program 1.3.") {
			t.Errorf("%s: %q, %v", name, sentence, err)
		}
		if diff := cmp.Diff(s, back); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}

	bare := t.TempDir()
	if err := os.WriteFile(filepath.Join(bare, settings.FileName), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), bare, Options{Device: d}); err == nil || !strings.Contains(err.Error(), filepath.Join(bare, settings.FileName)+" is empty") {
		t.Errorf("without a checkpoint: %v", err)
	}
}
