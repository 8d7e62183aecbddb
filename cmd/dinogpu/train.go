package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
)

type trainCmd struct {
	settingsFlags

	RunDir string `group:"run" aliases:"output-dir" placeholder:"DIR" help:"The run's new folder. Default: runs/<preset>-<UTC time>."`
	Resume string `group:"run" placeholder:"DIR" help:"Go on with the run in this folder."`

	Restarts  int  `group:"run" rare:"" default:"3" help:"Go on after a crash, N times at most without progress."`
	Supervise bool `group:"run" rare:"" default:"true" negatable:"" help:"Train in a process of its own, which this one watches."`

	DryRun bool       `group:"plan" help:"Say what the run would take. Needs no GPU and no data."`
	Limits planLimits `group:"plan" rare:"" enum:"default,desktop,adapter" default:"default" help:"Plan for a device: default (any), desktop or adapter."`
	JSON   bool       `name:"json" group:"plan" help:"With --dry-run: as JSON."`

	watches bool        // another process trains
	stored  *run.Stored // what Resume names; nil for a new run
	initial initialWeights
}

// Flags of train that are no setting of the run.
func (trainCmd) ownEnv() []string {
	return []string{"config", "run_dir", "resume", "restarts", "supervise"}
}

// Titles of the groups, in the order --help shows them.
func flagGroups() []kong.Group {
	return []kong.Group{
		{Key: "data", Title: "Images"},
		{Key: "model", Title: "Model"},
		{Key: "method", Title: "Method"},
		{Key: "crops", Title: "Crops"},
		{Key: "teacher", Title: "Teacher and loss"},
		{Key: "optimizer", Title: "Optimizer"},
		{Key: "run", Title: "Run"},
		{Key: "device", Title: "Device"},
		{Key: "plan", Title: "Plan"},
	}
}

// Help is what --help says before the flags.
func (trainCmd) Help() string {
	width := 0
	for _, p := range settings.Presets() {
		width = max(width, len(p.Name))
	}
	var b strings.Builder
	b.WriteString("A flag beats its environment variable (DINOGPU_OUT_DIM for --out-dim), that beats --config, that --preset, and that the defaults shown here. Pairs take a comma; --no-NAME or --NAME=false turns a switch off.\n\nPresets:\n\n")
	for _, p := range settings.Presets() {
		fmt.Fprintf(&b, "    %-*s  %s\n", width, p.Name, p.Help)
	}
	return b.String()
}

// isWatched tells whether the process that trains is to be another one, which this one watches. That one looks at all
// else that was asked for.
func (t *trainCmd) isWatched(ctx *kong.Context, a *app) (bool, error) {
	for key, set := range map[string]func(text string) (err error){
		"restarts":  func(text string) (err error) { t.Restarts, err = strconv.Atoi(text); return err },
		"supervise": func(text string) (err error) { t.Supervise, err = strconv.ParseBool(text); return err },
	} {
		given := slices.ContainsFunc(ctx.Path, func(p *kong.Path) bool { return p.Flag != nil && p.Flag.Name == key })
		if text, ok := a.env(settings.EnvName(key)); ok && !given {
			if err := set(text); err != nil {
				return false, fmt.Errorf("environment: %s: %w", settings.EnvName(key), err)
			}
		}
	}
	if t.Restarts < 0 {
		return false, fmt.Errorf("--restarts %d must be at least 0", t.Restarts)
	}
	return a.supervises && t.Supervise && !t.DryRun && !t.JSON, nil
}

// AfterApply merges the settings. Those of a run that goes on lie below: another value is refused by its name later.
func (t *trainCmd) AfterApply(ctx *kong.Context, a *app) error {
	if watches, err := t.isWatched(ctx, a); watches || err != nil {
		t.watches = watches
		return err
	}
	for key, value := range map[string]*string{"run_dir": &t.RunDir, "resume": &t.Resume} {
		if *value == "" {
			*value, _ = a.env(settings.EnvName(key))
		}
	}
	from := settings.Sources{Env: a.env}
	if t.Resume != "" {
		if t.Config != "" {
			return errors.New("--config is for a new run: one that goes on has its settings in its folder")
		}
		var err error
		if t.stored, err = run.Open(t.Resume); err != nil {
			return err
		}
		from.Base = &t.stored.Settings
	}
	from.Backbone = t.initial.backbone(a)
	return t.merge(ctx, from, t.DryRun)
}

// Run checks what was asked for and starts it.
func (t *trainCmd) Run(a *app) error {
	if t.watches {
		return supervise(a, t.Restarts)
	}
	return a.link.forParent(t.run(a))
}

func (t *trainCmd) run(a *app) error {
	for _, notice := range t.unknownEnv(os.Environ()) {
		a.console.Print("%s", notice)
	}
	if t.JSON && !t.DryRun {
		return usageError{errors.New("--json belongs to --dry-run: a run's numbers are in its metrics.jsonl")}
	}
	if t.Limits != limitsDefault && !t.DryRun {
		return usageError{errors.New("--limits belongs to --dry-run: a run goes by its adapter's own limits")}
	}
	if t.auto != nil && (t.DryRun || !t.auto.Assumed) {
		a.console.Print("%s", settings.AutoNotice(t.Settings, *t.auto))
	}
	initial, err := t.openInitial(a)
	if err != nil {
		return err
	}
	if t.DryRun {
		return t.dryRun(a)
	}
	// The settings are valid, but a plan looks at no image.
	if t.Settings.Config.Data == "" {
		return usageError{errors.New("there is nothing to train on: name a folder, a list or an idx file with --data PATH, with --preset auto for settings by their number, or try --preset demo")}
	}
	if t.Resume != "" && t.RunDir != "" {
		return usageError{errors.New("--run-dir starts a new run and --resume goes on with one: give one of them")}
	}
	return t.train(a, initial)
}

// A variable with our prefix that nothing reads is most likely a slip.
func (t *trainCmd) unknownEnv(environ []string) []string {
	known := map[string]bool{}
	var names, notices []string
	for _, key := range append(t.ownEnv(), t.Settings.Keys()...) {
		known[settings.EnvName(key)] = true
		names = append(names, settings.EnvName(key))
	}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "DINOGPU_") || known[name] {
			continue
		}
		notice := "environment variable " + name + " is none of train's settings"
		if near := settings.Nearest(name, names); near != "" {
			notice += "; did you mean " + near + "?"
		}
		notices = append(notices, notice)
	}
	return notices
}
