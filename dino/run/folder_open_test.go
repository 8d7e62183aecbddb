package run

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// One process a folder, until it closes it or ends. Locks belong to open files, so one process can play two.
func TestRunFolderIsOneProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	first := create(t, dir, demoSettings(t))
	for what, open := range map[string]func() (*Folder, error){
		"go on": func() (*Folder, error) { return OpenFolder(dir) },
		"new":   func() (*Folder, error) { return CreateFolder(dir, demoSettings(t), "", noon) },
	} {
		if _, err := open(); err == nil || !strings.Contains(err.Error(), "in use by another dinogpu (process") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	// The file of the lock stays, as after a kill, and holds nobody up.
	if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil {
		t.Fatal(err)
	}
	second, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

// A run that died before it wrote its settings left a lock only: the folder is as good as empty.
func TestFolderWithALockOnlyIsTaken(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, lockName), "1\n")
	create(t, dir, demoSettings(t))
}

func TestRunFolderThatCannotBeFilledIsTakenBack(t *testing.T) {
	s := demoSettings(t)
	dir := filepath.Join(t.TempDir(), "run")
	// A folder where the run's first file should be: nobody can write there, root neither.
	write(t, filepath.Join(dir, lockName, "file"), "")
	if _, err := CreateFolder(dir, s, "", noon); err == nil {
		t.Fatal("no error")
	}
	wantOnlyFiles(t, dir, lockName)
}

func TestFindRun(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "runs/a/config.yaml", "")
	write(t, "runs/latest", "a\n")
	write(t, "runs/stale", "gone\n")
	write(t, "noise", strings.Repeat("\x00\xff\n", 2000))
	if err := os.Mkdir("empty", 0o777); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"runs/a": "runs/a", "runs/latest": filepath.Join("runs", "a")} {
		if got, err := Find(path); err != nil || got != want {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
	for _, path := range []string{"runs/stale", "runs/a/config.yaml", "noise", "empty", "nothing", "noise/below", ""} {
		if got, err := Find(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "runs/latest") {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
}

func TestGoOnMakesTheFolderAsItWas(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := create(t, dir, demoSettings(t)).Close(); err != nil {
		t.Fatal(err)
	}
	join := func(name string) string { return filepath.Join(dir, name) }
	const kept = "{\"step\":1,\"loss\":3}\n{\"step\":2,\"loss\":2}\n{\"step\":2,\"knn_teacher\":50}\n"
	write(t, join("metrics.jsonl"), kept[:20]+"{\"half\n"+kept[20:]+"{\"step\":3,\"loss\":1}\n{\"step\":4,\"lo")
	write(t, join("train.log"), "one\nhal")
	for _, name := range []string{"checkpoints/step-00000003.dino.tmp-12", "config.yaml.tmp-3", "attention/heads.png.tmp-4"} {
		write(t, join(name), "")
	}
	for _, name := range []string{"step-00000001.dino", "step-00000002.dino", "step-00000003.dino"} {
		write(t, join("checkpoints/"+name), "")
	}
	r, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.GoOn(demoSettings(t), 2); err != nil {
		t.Fatal(err)
	}
	if got := read(t, join("metrics.jsonl")); got != kept {
		t.Errorf("metrics are\n%s", got)
	}
	if !r.Reported(2, "knn_teacher") || r.Reported(1, "knn_teacher") || r.Reported(2, "demo_teacher") {
		t.Error("what is reported of step 2 is not known")
	}
	if err := r.Log(noon, "two"); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, join("train.log")); got != "one\nhal\n2026-03-04T11:30:15.000Z two\n" {
		t.Errorf("the log is %q", got)
	}
	wantOnlyFiles(t, dir, "attention", "checkpoints", "config.yaml", lockName, "metrics.jsonl", "train.log")
	wantOnlyFiles(t, join("checkpoints"), "step-00000001.dino", "step-00000002.dino", "step-00000003.dino.damaged")
	wantOnlyFiles(t, join("attention"))

	// A last line that was cut right before its end stays a line of its own.
	write(t, join("metrics.jsonl"), kept[:len(kept)-1])
	if r, err = OpenFolder(dir); err != nil {
		t.Fatal(err)
	}
	if err := r.GoOn(demoSettings(t), 2); err != nil {
		t.Fatal(err)
	}
	if err := r.Metric(EvalMetrics{Step: 3}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, join("metrics.jsonl")); got != kept+"{\"step\":3,\"knn_teacher\":0,\"knn_student\":0}\n" {
		t.Errorf("metrics are\n%s", got)
	}
}

// What stands in a lock is shown only where it is a process's number.
func TestLockShowsANumberOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	defer create(t, dir, demoSettings(t)).Close()
	// a process that is there: of one that is gone, the end of what it left behind is waited for
	number := strconv.Itoa(os.Getpid())
	named := "by another dinogpu (process " + number + "): "
	for text, want := range map[string]string{
		number + "\n": named, " " + number + "      \n": named, "\x00" + number + "\n": named,
		"evil\x1b[2J": "by another dinogpu: ", "": "by another dinogpu: ", "-5": "by another dinogpu: ",
	} {
		write(t, filepath.Join(dir, lockName), text)
		if _, err := OpenFolder(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// config.yaml that says the same already is not written, as another program may hold it open.
func TestGoOnLeavesSettingsThatAreTheSame(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := create(t, dir, demoSettings(t)).Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "config.yaml")
	for _, changed := range []bool{false, true} {
		s := demoSettings(t)
		if changed {
			s.Config.Epochs++
		}
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.GoOn(s, 0); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		after, err := os.Stat(path)
		if err != nil || os.SameFile(before, after) == changed {
			t.Errorf("settings changed is %v, config.yaml is the same file: %v (%v)", changed, os.SameFile(before, after), err)
		}
	}
}

// A file runs/latest that cannot be written is no reason not to train.
func TestRunWhoseNameCannotBeNoted(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "runs/latest/file", "") // a folder where the file should be
	r := create(t, "", demoSettings(t))
	if len(r.notes) != 1 || !strings.Contains(r.notes[0], "latest still names an earlier run") {
		t.Errorf("noted %q", r.notes)
	}
	if _, err := os.Stat(r.Join("config.yaml")); err != nil {
		t.Error(err)
	}
}
