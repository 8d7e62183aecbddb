package main

import (
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// badInputPlace is a working folder with what the cases below stumble over.
func badInputPlace(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	put := func(path string, data []byte) {
		err := os.MkdirAll(filepath.Dir(path), 0o777)
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	noise := make([]byte, 3000)
	for i := range noise {
		noise[i] = byte(i * i >> 3)
	}
	put("file", []byte("a file"))
	put("noise", noise)
	put("words/readme.md", []byte("no image"))
	put("taken/thesis.txt", []byte("years of work"))
	put("half.yaml", []byte("epochs: 3\nglobal_crops_scale: [0.4,"))
	put("nonsense.yaml", []byte("epochs: many\n"))
	put("unknown.yaml", []byte("epoch: 3\n"))
	put("noise.yaml", noise)
	put("list.txt", []byte("nothing.png\n"))
	put("short-idx3-ubyte", []byte{0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 28, 0, 0, 0, 28, 1, 2, 3})
	put("noise-run/config.yaml", noise)
	put("half-run/config.yaml", []byte("epochs: 3\nglobal_crops_scale: [0.4,"))
	put("emptied-run/config.yaml", nil)
	put("bare-run/config.yaml", []byte("preset: demo\n"))
	put("rotten-run/config.yaml", []byte("preset: demo\n"))
	put("rotten-run/metrics.jsonl", noise)
	put("rotten-run/lock", []byte("1\n"))
	put("rotten-run/checkpoints/step-00000001.dino", noise)
	put("rotten-run/checkpoints/step-00000002.dino", nil)
	put("stray", []byte("nowhere\n"))
	if err := os.Mkdir("empty", 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		put(fmt.Sprintf("broken/%d.png", i), noise)
		name := fmt.Sprintf("four/%d.png", i)
		put(name, nil)
		f, err := os.Create(name)
		if err == nil {
			err = png.Encode(f, image.NewGray(image.Rect(0, 0, 32, 32)))
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
}

// tree is everything under the working folder, with contents.
func tree(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			all[path] = "folder"
			return err
		}
		// a lock may say who held it last
		if filepath.Base(path) == "lock" {
			all[path] = "lock"
			return nil
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sentences counts those of an error, and of what is said below it; notices
// before it are none.
func sentences(stderr string) int {
	_, text, _ := strings.Cut("\n"+stderr, "\ndinogpu: ")
	n := 0
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		n += 1 + strings.Count(line, ". ")
	}
	return n
}

// Whatever is wrong in what was asked for: it is named in a few sentences, the
// exit says so, and nothing is written.
func TestBadInput(t *testing.T) {
	badInputPlace(t)
	for _, c := range []struct {
		args string // behind train
		code int
		want string // holds the thing's name
	}{
		// Images.
		{"--data nothing", exitFailed, "nothing doesn't exist"},
		{"--data empty", exitFailed, "the folder empty is empty"},
		{"--data words", exitFailed, "no image"},
		{"--data four/0.png", exitFailed, "single image"},
		{"--data list.txt", exitFailed, "nothing.png"},
		{"--data noise", exitFailed, "noise"},
		{"--data short-idx3-ubyte", exitFailed, "short-idx3-ubyte"},
		{"--data file/below", exitFailed, "file/below"},
		{"--data four", exitFailed, "4 images"},
		{"--data four --batch-size 2 --accumulate 3", exitFailed, "6 images, and there are only 4"},
		{"--limit 3", exitFailed, "3 images"},
		{"--limit=-1", exitUsage, "--limit -1"},
		// Settings files, names.
		{"--config nothing.yaml", exitUsage, "nothing.yaml"},
		{"--config empty", exitUsage, "empty"},
		{"--config half.yaml", exitUsage, "half.yaml: not YAML"},
		{"--config noise.yaml", exitUsage, "noise.yaml"},
		{"--config nonsense.yaml", exitUsage, "nonsense.yaml: line 1: epochs"},
		{"--config unknown.yaml", exitUsage, "unknown.yaml: line 1: there is no setting epoch"},
		{"--preset demoo", exitUsage, "demoo"},
		{"--epoch 3", exitUsage, "--epoch"},
		{"--arch vit_huge", exitUsage, "vit_huge"},
		{"--optimizer adam", exitUsage, `--optimizer "adam"`},
		{"--augmentation heavy", exitUsage, "heavy"},
		{"--matmul fast", exitUsage, "fast"},
		{"--crops never", exitUsage, "never"},
		{"--adapter voodoo", exitFailed, "voodoo"},
		{"--adapter 99", exitFailed, "99"},
		{"--max-time soon", exitUsage, "soon"},
		{"--max-time=-2h", exitUsage, "--max-time -2h"},
		{"--max-steps=-1", exitUsage, "--max-steps -1"},
		{"--keep 0", exitUsage, "--keep 0"},
		{"--checkpoint-every=-1", exitUsage, "--checkpoint-every -1"},
		{"--saveckp-freq=-1", exitUsage, "--saveckp-freq -1"},
		{"--epochs 0", exitUsage, "--epochs 0"},
		{"--seed=-1", exitUsage, "-1"},
		{"--num-workers=-1", exitUsage, "--num-workers -1"},
		// Sizes of zero and below, and those that no device has.
		{"--patch-size 0", exitUsage, "--patch-size 0"},
		{"--patch-size=-7", exitUsage, "--patch-size -7"},
		{"--batch-size 0", exitUsage, "--batch-size 0"},
		{"--batch-size=-4", exitUsage, "--batch-size -4"},
		{"--accumulate 0", exitUsage, "accumulate 0"},
		{"--out-dim 0", exitUsage, "--out-dim 0"},
		{"--out-dim 1", exitUsage, "--out-dim 1"},
		{"--out-dim=-65536", exitUsage, "--out-dim -65536"},
		{"--out-dim 99999999999999999999", exitUsage, "99999999999999999999"},
		{"--dim=-16", exitUsage, "--dim -16"},
		{"--dim 10 --heads 3", exitUsage, "--heads 3"},
		{"--depth=-1", exitUsage, "--depth -1"},
		{"--heads=-1", exitUsage, "--heads -1"},
		{"--head-layers 0", exitUsage, "--head-layers 0"},
		{"--head-hidden 0", exitUsage, "--head-hidden 0"},
		{"--head-bottleneck 0", exitUsage, "--head-bottleneck 0"},
		{"--global-crops-size 0", exitUsage, "--global-crops-size 0"},
		{"--global-crops-size=-28", exitUsage, "--global-crops-size -28"},
		{"--local-crops-size 0", exitUsage, "--local-crops-size 0"},
		{"--local-crops-number=-1", exitUsage, "--local-crops-number -1"},
		// Crops.
		{"--global-crops-size 6", exitUsage, "--global-crops-size 6"},
		{"--local-crops-size 6", exitUsage, "--local-crops-size 6"},
		{"--global-crops-scale 1,0.4", exitUsage, "--global-crops-scale 1,0.4"},
		{"--local-crops-scale 0.4,0.1", exitUsage, "--local-crops-scale 0.4,0.1"},
		{"--local-crops-scale 0,0.1", exitUsage, "--local-crops-scale 0,0.1"},
		{"--global-crops-scale 0.4,2", exitUsage, "--global-crops-scale 0.4,2"},
		{"--global-crops-scale NaN,1", exitUsage, "--global-crops-scale NaN,1"},
		{"--std 0", exitUsage, "--std 0"},
		{"--mean NaN", exitUsage, "--mean NaN"},
		// Rates and temperatures.
		{"--lr NaN", exitUsage, "--lr NaN"},
		{"--lr Inf", exitUsage, "lr +Inf"},
		{"--lr=-0.1", exitUsage, "--lr -0.1"},
		{"--min-lr NaN", exitUsage, "--min-lr NaN"},
		{"--weight-decay=-1", exitUsage, "--weight-decay -1"},
		{"--weight-decay-end NaN", exitUsage, "--weight-decay-end NaN"},
		{"--lr 1e308", exitUsage, "--lr 1e+308"},
		{"--lr 3e38 --batch-size 512", exitUsage, "--lr 3e+38"},
		{"--weight-decay 1e40", exitUsage, "--weight-decay 1e+40"},
		{"--clip-grad 1e39", exitUsage, "--clip-grad 1e+39"},
		{"--clip-grad=-3", exitUsage, "--clip-grad -3"},
		{"--momentum-teacher 1.5", exitUsage, "--momentum-teacher 1.5"},
		{"--momentum-teacher NaN", exitUsage, "--momentum-teacher NaN"},
		{"--center-momentum=-1", exitUsage, "--center-momentum -1"},
		{"--teacher-temp 0", exitUsage, "--teacher-temp 0"},
		{"--warmup-teacher-temp 0", exitUsage, "--warmup-teacher-temp 0"},
		{"--student-temp 0", exitUsage, "--student-temp 0"},
		{"--student-temp NaN", exitUsage, "--student-temp NaN"},
		{"--drop-path-rate 1", exitUsage, "--drop-path-rate 1"},
		{"--drop-path-rate NaN", exitUsage, "--drop-path-rate NaN"},
		{"--warmup-epochs 9", exitUsage, "--warmup-epochs 9"},
		// The run's folder; root cannot write below a file either.
		{"--run-dir file", exitFailed, "run folder file"},
		{"--run-dir file/run", exitFailed, "run folder file/run"},
		{"--run-dir taken", exitFailed, "taken already holds files"},
		// Going on from what is no run.
		{"--resume nothing", exitUsage, "no run at nothing"},
		{"--resume file", exitUsage, "file is not a run's folder"},
		{"--resume noise", exitUsage, "noise is not a run's folder"},
		{"--resume stray", exitUsage, "stray is not a run's folder"},
		{"--resume empty", exitUsage, "empty is not a run's folder"},
		{"--resume noise-run", exitUsage, "noise-run"},
		{"--resume half-run", exitUsage, "half-run"},
		{"--resume emptied-run", exitUsage, filepath.Join("emptied-run", "config.yaml") + " is empty"},
		{"--resume bare-run", exitFailed, "bare-run has no checkpoint"},
		{"--resume rotten-run", exitFailed, "rotten-run has no checkpoint that is whole"},
		{"--resume bare-run --run-dir new", exitUsage, "--run-dir starts a new run"},
		{"--resume bare-run --config half.yaml", exitUsage, "--config is for a new run"},
		{"--resume bare-run --preset vits16", exitUsage, "--preset vits16"},
		{"--resume bare-run --lr 1", exitUsage, "--lr 1"},
	} {
		t.Run(c.args, func(t *testing.T) {
			before := tree(t)
			args := strings.Fields(c.args)
			if !slices.Contains(args, "--resume") && !slices.Contains(args, "--preset") {
				args = append([]string{"--preset", "demo"}, args...)
			}
			if slices.Contains(args, "--data") {
				args = append(args, "--knn-every", "0")
			}
			o := dinogpu(t, nil, append([]string{"train"}, args...)...)
			if o.code != c.code || !strings.Contains(o.stderr, c.want) {
				t.Errorf("exit %d, want %d and %q: %s", o.code, c.code, c.want, o.stderr)
			}
			if n := sentences(o.stderr); n < 1 || n > 4 || strings.Contains(o.stderr, "goroutine") || strings.Contains(o.stderr, "bug in dinogpu") {
				t.Errorf("%d sentences: %s", n, o.stderr)
			}
			if o.stdout != "" {
				t.Errorf("stdout holds %q", o.stdout)
			}
			after := tree(t)
			for path, text := range after {
				if was, there := before[path]; !there && filepath.Base(path) != "lock" || there && was != text {
					t.Errorf("%s was written", path)
				}
			}
			for path := range before {
				if _, there := after[path]; !there {
					t.Errorf("%s is gone", path)
				}
			}
		})
	}
}

// Images that cannot be decoded are found out only while training: the run
// ends with their names.
func TestImagesThatAreNone(t *testing.T) {
	badInputPlace(t)
	args := killableRun("run", "--epochs", "1", "--batch-size", "2", "--accumulate", "1")
	args[slices.Index(args, "--data")+1] = "broken"
	o := dinogpu(t, nil, args...)
	wantExit(t, o, exitFailed, "cannot be read", "0.png")
	if n := sentences(o.stderr); n > 4 {
		t.Errorf("%d sentences: %s", n, o.stderr)
	}
}
