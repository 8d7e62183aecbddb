package main

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestScrub(t *testing.T) {
	s := newScrubber(private{
		folders: map[string]string{"/home/Jane Doe": "<home>", "/home/Jane Doe/work/dino": "<folder>", `C:\Users\jdoe`: "<home>", "/": "<folder>", "": "<folder>"},
		users:   []string{"jdoe", "Jane Doe", "j", "", "user"},
		hosts:   []string{"janes-pc.lan", "janes-pc"},
	})
	for text, want := range map[string]string{
		"plain words, 3/4 of it and/or TN.7.8/9":              "plain words, 3/4 of it and/or TN.7.8/9",
		"/home/Jane Doe/work/dino/secret/a.txt: no such file": "<folder>/.../a.txt: no such file",
		"open /home/jane doe/x: denied":                       "open <home>/.../x: denied",
		`C:\\Users\\jdoe\\AppData\\x.log, C:/Users/JDoe/y`:    `<home>/...\\x.log, <home>/.../y`,
		"jdoe@janes-pc.lan, Janes-PC":                         "<user>@<host>, <host>",
		"by Jane Doe, jdoe jdoe jdoe":                         "by <user>, <user> <user> <user>",
		"jdoes and xjdoe stay, as user does":                  "jdoes and xjdoe stay, as user does",
		"(/opt/secret/lib/libvulkan.so.1:12) '/srv/a/b'":      "(.../libvulkan.so.1:12) '.../b'",
		`D:\games\other\nv.dll`:                               `.../nv.dll`,
		"https://github.com/gfx-rs/wgpu":                      "https://github.com/gfx-rs/wgpu",
		"a\x1b[2Jb":                                           `a\x1b[2Jb`,
	} {
		if got := s.words(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What is looked at takes 10 minutes at most, limits of ends included.
func TestLimitsOfDoctor(t *testing.T) {
	total := time.Duration(0)
	for _, p := range doctorParts("") {
		total += p.limit
		if _, ok := partKinds[p.kind]; !ok || p.limit < 10*time.Second {
			t.Errorf("%+v", p)
		}
		for _, preset := range p.spec.Presets {
			if _, err := p.spec.merged(preset); err != nil {
				t.Errorf("%s: %v", p.name, err)
			}
		}
	}
	if total > mostDoctor || mostDoctor+partEndsWithin > 10*time.Minute {
		t.Errorf("all parts take %s, at most %s and %s for an end", total, mostDoctor, partEndsWithin)
	}
}

func TestCompareTuning(t *testing.T) {
	class := func(name, choice string, a, b float64) tunedClass {
		return tunedClass{name, choice, map[string]float64{"a": a, "b": b}}
	}
	c := compareTuning(
		&tuningResult{Classes: []tunedClass{class("same", "a", 1, 2), class("noise", "a", 1, 1.01), class("costs", "a", 1, 1.5), class("first alone", "a", 1, 2)}},
		&tuningResult{Classes: []tunedClass{class("costs", "b", 1.2, 1), class("same", "a", 1, 2), class("noise", "b", 1.02, 1)}},
	)
	if c.Classes != 3 || len(c.Differ) != 2 || c.Differ[0].Class != "noise" || c.Differ[1].Costs != 0.5 || c.costly() != 1 {
		t.Errorf("%+v", c)
	}
	var b strings.Builder
	if err := c.text(&b); err != nil || !strings.Contains(b.String(), "costs: a (1000000 and 1200000 us), then b (1500000 and 1000000 us), which is 50 %") {
		t.Errorf("%v: %s", err, b.String())
	}
}

// What is wrong comes first, and a report without a fault says so.
func TestVerdictOfDoctor(t *testing.T) {
	gpu := &adaptersResult{Adapters: []deviceRow{{}}}
	gpu.Opened = &gpu.Adapters[0].Adapter
	gpu.Opened.Name, gpu.Opened.Backend, gpu.Opened.Driver = "Card", "vulkan", "535"
	part := func(kind string, state partState, r partResult) partReport {
		return partReport{Part: kind, Kind: kind, State: state, Result: r, Words: "why"}
	}
	good, bad := &selftestResult{}, &selftestResult{}
	good.Tested, good.Passed = 9, 9
	bad.Tested, bad.Passed, bad.Kernels = 9, 8, []selftestRow{{Kernel: "adamw", Trouble: "differs"}}
	for name, c := range map[string]struct {
		report doctorReport
		want   []string // in this order
	}{
		"well": {
			doctorReport{Parts: []partReport{part("adapters", partDone, gpu), part("selftest", partDone, good)}, Training: &trainingComparison{Steps: 100, Tensors: 7}},
			[]string{"All is well", "Card (vulkan, driver 535)", "all 9 kernels", "100 steps gave the same bytes"},
		},
		"wrong kernel": {
			doctorReport{Parts: []partReport{part("adapters", partDone, gpu), part("selftest", partDone, bad)}},
			[]string{"Something is wrong", "1 of 9 kernels give WRONG numbers (adamw)", "Card", "report it at"},
		},
		"other bytes": {
			doctorReport{Parts: []partReport{part("adapters", partDone, gpu)}, Training: &trainingComparison{Steps: 4, Metric: "loss", Step: 4}},
			[]string{"Something is wrong", "DIFFERENT bytes from step 4", "report it at"},
		},
		"other tensors": {
			doctorReport{Training: &trainingComparison{Steps: 4, Tensors: 7, Differ: 2, Tensor: "student.x"}},
			[]string{"Something is wrong", "DIFFERENT bytes in 2 of 7 tensors (student.x)", "report it at"},
		},
		"crash": {
			doctorReport{Parts: []partReport{part("bench", partCrashed, nil)}},
			[]string{"Something is wrong", "Bench: CRASHED: why"},
		},
		"cut": {
			doctorReport{Parts: []partReport{part("adapters", partDone, gpu), part("selftest", partCut, good)}},
			[]string{"Not all could be looked at", "no fault in 9 kernels so far"},
		},
		"no adapter": {
			doctorReport{Parts: []partReport{part("adapters", partDone, &adaptersResult{})}, System: systemInfo{Nodes: []string{"renderD128 (this user may not open it)"}}},
			[]string{"Something is wrong", "No GPU adapter found: install", "renderD128"},
		},
	} {
		text, at := strings.Join(c.report.judge(false), "\n"), 0
		for _, want := range c.want {
			i := strings.Index(text[at:], want)
			if i < 0 {
				t.Errorf("%s: %q is not said, or not there:\n%s", name, want, text)
				break
			}
			at += i
		}
	}
}

// What a machine tells is there, where it tells it.
func TestSystemOfDoctor(t *testing.T) {
	s := thisSystem(newScrubber(privateFacts(t.TempDir())))
	if s.CPUs < 1 || s.Arch != runtime.GOOS+"/"+runtime.GOARCH || s.Kernel == "" {
		t.Errorf("%+v", s)
	}
}

// Events come in pieces; what is no event is passed over.
func TestPartEvents(t *testing.T) {
	var e partEvents
	e.begin("memory")
	for _, piece := range []string{"no event\n{\"at\":\"one", "\"}\n{\"result\":{\"preset\":\"demo\"}}\n{\"cut\":\"late\"}\n{\"res"} {
		if n, err := e.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	at, _ := e.work()
	failure, cut := e.ends()
	m, ok := e.found().(*memoryResult)
	if at != "one" || failure != "" || cut != "late" || !ok || m.Preset != "demo" {
		t.Errorf("%q %q %q %+v", at, failure, cut, m)
	}
}

func TestSecondTrainingIsAsTheFirst(t *testing.T) {
	tuned := &tuningResult{Kept: true, Presets: []tunedPreset{{"demo", 3, 3}, {"vits16", 1, 9}}}
	r := doctorReport{Parts: []partReport{{Kind: "tuning", Result: tuned}, {Kind: "training", State: partCut, Result: &trainingResult{Steps: 31}}}}
	spec := partSpec{Kind: "training", Presets: []string{"demo"}, Steps: 100, Settings: map[string]string{"adapter": "x"}}
	first := spec.Settings
	r.adapt(&spec)
	if spec.Steps != 31 || spec.Settings["tune"] != "true" || spec.Settings["adapter"] != "x" || len(first) != 1 {
		t.Errorf("%+v", spec)
	}
	tuned.Presets[0].Measured = 2 // a run would measure the last one, and another maybe otherwise
	if r.adapt(&spec); spec.Settings["tune"] != "false" {
		t.Errorf("%+v", spec)
	}
	if slices.Contains([]string{"true", "false"}, first["tune"]) {
		t.Error("the parts' own settings were changed")
	}
}
