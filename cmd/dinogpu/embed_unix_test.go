//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// manyImages is the set of ten thousand that the demo brings.
func manyImages(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../testdata/fashion-mnist/t10k-images-idx3-ubyte.gz")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A process that is killed leaves no file that looks whole; the next one names what it left, and writes its own.
func TestEmbedKilled(t *testing.T) {
	dir, w := t.TempDir(), goldenWeights(t)
	out := filepath.Join(dir, "f.safetensors")
	c, stderr := child("", "embed", manyImages(t), "--weights", w, "--out", out, "--image-size", "64")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if entries, _ := os.ReadDir(dir); len(entries) == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no file is begun: %s", stderr)
		}
		time.Sleep(time.Millisecond)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // killed
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%v, %v", entries, err)
	}
	for _, e := range entries {
		if !strings.Contains(e.Name(), ".tmp-") {
			t.Errorf("%s looks whole", e.Name())
		}
	}
	photo := filepath.Join("..", "..", "testdata", "golden", "photo.png")
	o := dinogpu(t, nil, "embed", photo, "--weights", w, "--out", out)
	wantExit(t, o, exitDone, entries[0].Name()+" is what a run that was killed left", entries[1].Name())
	if _, err := os.Stat(out); err != nil {
		t.Error(err)
	}
}

// A file that the disk takes only in part is given up.
func TestEmbedFileLimit(t *testing.T) {
	dir, w := t.TempDir(), goldenWeights(t)
	for _, name := range []string{"f.npy", "f.csv"} {
		c, stderr := child("40000", "embed", "--weights", w, "--out", filepath.Join(dir, name), "--image-size", "8", manyImages(t))
		_ = c.Run() // its exit status is what is looked at
		wantExit(t, outcome{code: c.ProcessState.ExitCode(), stderr: stderr.String()}, exitFailed, "larger than a file may be")
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%s: left %v, %v", name, entries, err)
		}
	}
}
