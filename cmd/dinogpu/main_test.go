package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// A command line run in this process: what it printed and how it ended.
type outcome struct {
	code           int
	stdout, stderr string
}

func dinogpu(t *testing.T, environ map[string]string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := &app{
		ctx:     context.Background(),
		stdout:  &stdout,
		console: &console{w: &stderr, width: func() int { return 80 }, now: time.Now},
		env: func(name string) (string, bool) {
			if v, ok := environ[name]; ok {
				return v, ok
			}
			return plainEnv(name)
		},
		now: time.Now,
	}
	code := execute(a, args)
	return outcome{code, stdout.String(), stderr.String()}
}

// plainEnv leaves out of runs what takes seconds: measuring kernels, which writes to the user's cache folder too, measures
// without labels, and images.
func plainEnv(name string) (string, bool) {
	v, ok := map[string]string{"DINOGPU_TUNE": "false", "DINOGPU_MEASURE_EVERY": "0", "DINOGPU_IMAGES": "false"}[name]
	return v, ok
}

func TestWrongUsage(t *testing.T) {
	config := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(config, []byte("epochs: 3\nteacher_tmp: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		want string
	}{
		{"trian", `did you mean "train"?`},
		{"train --out-dmi 3", `unknown flag --out-dmi, did you mean "--out-dim"?`},
		{"train --preset demoo", "did you mean demo?"},
		{"train --preset demo --config none.yaml", "none.yaml"},
		{"train --preset demo --config " + config, "line 2: there is no setting teacher_tmp; did you mean teacher_temp?"},
		{"train", "--data PATH"},
		{"train --preset demo --out-dim many", "--out-dim"},
		{"train --preset demo --out-dim=-3", "--out-dim -3"},
		{"train --preset demo --batch-size 0", "--batch-size 0"},
		{"train --preset demo --patch-size 0", "--patch-size 0"},
		{"train --preset demo --patch-size 16", "--local-crops-size 14 is smaller than one patch of 16"},
		{"train --preset demo --global-crops-scale 1,0.4", "--global-crops-scale 1,0.4"},
		{"train --preset demo --global-crops-scale 0.4", "--global-crops-scale"},
		{"train --preset demo --lr NaN", "--lr NaN"},
		{"train --preset demo --lr=-0.1", "--lr -0.1"},
		{"train --preset demo --lr -0.1", "--lr -0.1 must be"},
		{"train --preset demo --batch_size -3", "--batch-size -3 must be at least 1"},
		{"view", "dinogpu view needs <image> ..."},
		{"eval", "dinogpu eval needs one of its commands: knn"},
		{"train --preset demo --teacher-temp 0", "--teacher-temp 0"},
		{"train --preset demo --json", "--dry-run"},
		{"train --preset demo --norm-last-layer=maybe", "maybe"},
		{"train --preset demo surplus", "surplus"},
	} {
		got := dinogpu(t, nil, strings.Fields(c.args)...)
		if got.code != exitUsage {
			t.Errorf("%s: exit %d, want %d", c.args, got.code, exitUsage)
		}
		if !strings.Contains(got.stderr, c.want) || strings.Contains(got.stderr, "goroutine") {
			t.Errorf("%s: %q does not hold %q", c.args, got.stderr, c.want)
		}
		if got.stdout != "" {
			t.Errorf("%s: stdout holds %q", c.args, got.stdout)
		}
	}
}

func TestEnvironmentMistakeIsUsage(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"DINOGPU_LR":        {"fast", `DINOGPU_LR: lr: "fast" is not a number`},
		"DINOGPU_RESTARTS":  {"-2", "--restarts -2 must be at least 0"},
		"DINOGPU_SUPERVISE": {"maybe", "DINOGPU_SUPERVISE: "},
	} {
		got := dinogpu(t, map[string]string{name: c.text}, "train", "--preset", "demo")
		if got.code != exitUsage || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: exit %d: %s", name, got.code, got.stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	got := dinogpu(t, nil, "--version")
	if got.code != exitDone || got.stderr != "" {
		t.Errorf("exit %d, stderr %q", got.code, got.stderr)
	}
	for _, want := range []string{"dinogpu ", "commit ", bindingPath + " " + bindingVersion, "wgpu    " + wgpuVersion("linux", "amd64")[:2]} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q does not hold %q", got.stdout, want)
		}
	}
	for platform, want := range map[[2]string]string{
		{"linux", "amd64"}: "0.19.4", {"windows", "amd64"}: "0.19.4", {"darwin", "arm64"}: "0.19.4",
		{"linux", "arm64"}: "22.1", {"windows", "arm64"}: "22.1",
	} {
		if got := wgpuVersion(platform[0], platform[1]); got != want {
			t.Errorf("wgpu of %v: got %s, want %s", platform, got, want)
		}
	}
}

func TestHelpAllShowsEveryFlag(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	for _, command := range []string{"train", "bench", "selftest", "tune"} {
		lines := helpOf(t, 190, command, "--help-all")
		text := strings.Join(lines, "\n")
		for _, key := range settings.Default().Keys() {
			if flag := strings.ReplaceAll(key, "_", "-"); !strings.Contains(text, "--"+flag) && !strings.Contains(text, "--[no-]"+flag) {
				t.Errorf("%s: no %s", command, flag)
			}
		}
		if strings.Contains(text, "more flags") {
			t.Errorf("%s --help-all promises more:\n%s", command, text)
		}
	}
	text := strings.Join(helpOf(t, 190, "train", "--help-all"), "\n")
	for _, group := range flagGroups() {
		if !strings.Contains(text, "\n"+group.Title+"\n") {
			t.Errorf("no group %s", group.Title)
		}
	}
	for _, want := range []string{"DINOGPU_OUT_DIM", "vits16-boosted", "--lr=0.0005", "--[no-]norm-last-layer"} {
		if !strings.Contains(text, want) {
			t.Errorf("help does not say %s", want)
		}
	}
}

// What --help shows is what people need; its last line names the way to the rest.
func TestHelpLeadsWithAFewFlags(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	for _, command := range []string{"train", "bench", "selftest", "tune"} {
		lines := helpOf(t, 60, command, "--help")
		if last, want := lines[len(lines)-1], "dinogpu "+command+" --help-all shows "; !strings.HasPrefix(last, want) {
			t.Errorf("%s --help ends with %q, want %q", command, last, want)
		}
		text := strings.Join(lines, "\n")
		for _, want := range []string{"data", "preset", "epochs", "batch-size", "arch", "out-dim", "lr", "seed", "max-time", "adapter", "json"} {
			if !strings.Contains(text, "\n  --"+want) {
				t.Errorf("%s --help does not show --%s", command, want)
			}
		}
		for _, rare := range []string{"--head-layers", "--center-momentum", "--knn-test", "--crops"} {
			if strings.Contains(text, rare) {
				t.Errorf("%s --help shows %s", command, rare)
			}
		}
	}
	text := strings.Join(helpOf(t, 60, "train", "--help"), "\n")
	for _, want := range []string{"run-dir", "resume", "dry-run"} {
		if !strings.Contains(text, "\n  --"+want) {
			t.Errorf("train --help does not show --%s", want)
		}
	}
	// a command with flags of its own shows all of them
	if text := strings.Join(helpOf(t, 60, "eval", "knn", "--help"), "\n"); !strings.Contains(text, "--limit") || strings.Contains(text, "more flags") {
		t.Errorf("eval knn:\n%s", text)
	}
	if text := strings.Join(helpOf(t, 60, "embed", "--help"), "\n"); !strings.Contains(text, "--patches") || strings.Contains(text, "more flags") {
		t.Errorf("embed:\n%s", text)
	}
}

// helpOf is a command's help by lines, none wider than a screen.
func helpOf(t *testing.T, most int, args ...string) []string {
	t.Helper()
	got := dinogpu(t, nil, args...)
	if got.code != exitDone {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	if len(lines) > most {
		t.Errorf("%v: %d lines, want at most %d", args, len(lines), most)
	}
	for _, line := range lines {
		if len(line) > 80 {
			t.Errorf("wider than a screen: %q", line)
		}
	}
	return lines
}

func TestNoArgumentsIsHelp(t *testing.T) {
	got := dinogpu(t, nil)
	if got.code != exitDone || !strings.Contains(got.stdout, "dinogpu train --preset demo") {
		t.Errorf("exit %d: %s", got.code, got.stdout)
	}
}

// A bug of ours ends in one sentence; the trace goes to a file it names.
func TestPanicIsReportedAsOurBug(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	// Somebody else's link under a name that can be guessed leads to a file of ours.
	ours := filepath.Join(t.TempDir(), "ours")
	if err := errors.Join(os.WriteFile(ours, nil, 0o600), os.Symlink(ours, filepath.Join(temp, fmt.Sprintf("dinogpu-bug-%d.txt", os.Getpid())))); err != nil {
		t.Fatal(err)
	}
	a := &app{stdout: &bytes.Buffer{}, now: time.Now}
	var stderr bytes.Buffer
	a.console = &console{w: &stderr, width: func() int { return 80 }, now: time.Now}
	a.env = func(string) (string, bool) { panic("broken inside") }
	if code := execute(a, []string{"train", "--preset", "demo"}); code != exitFailed {
		t.Errorf("exit %d, want %d", code, exitFailed)
	}
	text := stderr.String()
	if !strings.Contains(text, "this is a bug in dinogpu") || !strings.Contains(text, "broken inside") ||
		!strings.Contains(text, issuesURL) || strings.Contains(text, "goroutine") || strings.Count(text, "\n") != 1 {
		t.Errorf("got %q", text)
	}
	_, path, _ := strings.Cut(strings.TrimSpace(text), "with the file ")
	trace, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(trace), "goroutine") {
		t.Errorf("trace file %q: %v", path, err)
	}
	if data, err := os.ReadFile(ours); err != nil || len(data) > 0 {
		t.Errorf("the report went where a link led: %q, %v", data, err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the trace file is %v, %v", info.Mode(), err)
	}
}

// What a file says cannot rewrite the terminal: neither in a line nor in the one that is rewritten.
func TestConsoleShowsNoControlCharacters(t *testing.T) {
	var out bytes.Buffer
	c := &console{w: &out, tty: true, width: func() int { return 200 }}
	c.Print("no file %s", "a\x1b[2Jb\rc")
	c.Error("dinogpu: \x9b31m")
	c.Status("reading \x1b]0;title\a")
	want := "no file a\\x1b[2Jb\\rc\ndinogpu: \\x9b31m\nreading \\x1b]0;title\\a"
	if out.String() != want {
		t.Errorf("shown %q, want %q", &out, want)
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, exitDone},
		{errors.New("disk full"), exitFailed},
		{usageError{errors.New("no such thing")}, exitUsage},
		{fmt.Errorf("run: %w", usageError{errors.New("no such thing")}), exitUsage},
		{fmt.Errorf("%w: dinogpu train --resume runs/x goes on", run.ErrStopped), exitStopped},
		{fmt.Errorf("%w; it goes on", &run.Stopped{Step: 3, Total: 9, Reason: run.Canceled}), exitStopped},
		{fmt.Errorf("%w; it goes on", &run.Stopped{Step: 3, Total: 9, Reason: run.MaxSteps}), exitDone},
		{fmt.Errorf("%w; it goes on", &run.Stopped{Step: 3, Total: 9, Reason: run.MaxTime}), exitDone},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: exit %d, want %d", c.err, got, c.want)
		}
	}
}

// Ctrl-C before the first step leaves nothing behind, or the run as it was.
func TestStoppedBeforeTheFirstStep(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := filepath.Join(t.TempDir(), "run")
	stopped := func(args ...string) outcome {
		var stdout, stderr bytes.Buffer
		a := &app{
			ctx: ctx, stdout: &stdout, console: &console{w: &stderr, width: func() int { return 80 }},
			env: plainEnv, now: time.Now,
		}
		return outcome{execute(a, append(args, "--no-tune")), stdout.String(), stderr.String()}
	}
	wantExit(t, stopped(shortRun(dir)...), exitStopped, "no run was begun")
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder is left: %v", err)
	}
	dinogpu(t, nil, shortRun(dir, "--max-steps", "1")...)
	before, err := os.ReadFile(filepath.Join(dir, "train.log"))
	if err != nil {
		t.Fatal(err)
	}
	wantExit(t, stopped("train", "--resume", dir), exitStopped, dir+" is as it was")
	if after, err := os.ReadFile(filepath.Join(dir, "train.log")); err != nil || !bytes.Equal(after, before) {
		t.Errorf("train.log changed: %v", err)
	}
}

// ownCache gives a test a cache folder of its own, and leaves Mesa its kernels: compiled anew, they take minutes.
func ownCache(t *testing.T, dir string) {
	t.Helper()
	if cache, err := os.UserCacheDir(); err == nil && os.Getenv("MESA_SHADER_CACHE_DIR") == "" {
		t.Setenv("MESA_SHADER_CACHE_DIR", cache)
	}
	t.Setenv("XDG_CACHE_HOME", dir)
}
