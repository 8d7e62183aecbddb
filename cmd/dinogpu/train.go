package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"

	"github.com/dinogpu/dinogpu/dino/run"
)

type trainCmd struct {
	Settings settings.Settings `embed:""`

	Config string `group:"run" placeholder:"FILE" help:"YAML settings, like a run's config.yaml."`
	RunDir string `group:"run" aliases:"output-dir" placeholder:"DIR" help:"The run's new folder. Default: runs/<preset>-<UTC time>."`
	Resume string `group:"run" placeholder:"DIR" help:"Go on with the run in this folder."`

	DryRun bool `group:"plan" help:"Say what the run would take, and stop. Needs no GPU and no data."`
	JSON   bool `name:"json" group:"plan" help:"With --dry-run: as JSON."`

	images augment.Source      // opened when preset auto counted them
	auto   *settings.AutoInput // what preset auto chose by; nil where it chose nothing
}

// Flags of train that are no setting of the run.
func (trainCmd) ownEnv() []string { return []string{"config", "run_dir", "resume"} }

// Titles of the groups, in the order --help shows them.
func flagGroups() []kong.Group {
	return []kong.Group{
		{Key: "data", Title: "Images"},
		{Key: "model", Title: "Model"},
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

// BeforeResolve lays environment, file and preset under the flags: kong asks
// the resolver for each flag that the command line does not hold.
func (t *trainCmd) BeforeResolve(ctx *kong.Context, a *app) error {
	given := map[string]any{}
	for _, path := range ctx.Path {
		if path.Flag != nil {
			given[path.Flag.Name] = ctx.FlagValue(path.Flag)
		}
	}
	own := map[string]string{} // train's own flags, by flag name
	for _, key := range t.ownEnv() {
		if text, ok := a.env(settings.EnvName(key)); ok && text != "" {
			own[strings.ReplaceAll(key, "_", "-")] = text
		}
	}
	sources := settings.Sources{Env: a.env, ConfigFile: own["config"], Flags: map[string]string{}}
	for _, key := range t.Settings.Keys() {
		if v, ok := given[strings.ReplaceAll(key, "_", "-")]; ok {
			sources.Flags[key] = settings.Text(v)
		}
	}
	plan, _ := given["dry-run"].(bool)
	sources.AutoInput = func(s settings.Settings) settings.AutoInput {
		at := t.situationOf(s, plan)
		t.auto = &at
		return at
	}
	if v, ok := given["preset"].(string); ok {
		sources.Preset = v
	}
	if v, ok := given["config"].(string); ok {
		sources.ConfigFile = v
	}
	resume := own["resume"]
	if v, ok := given["resume"].(string); ok {
		resume = v
	}
	if resume != "" {
		if _, ok := given["config"]; ok {
			return errors.New("--config is for a new run: one that goes on has its settings in its folder")
		}
		var err error
		if resume, err = run.Find(resume); err != nil {
			return err
		}
		// what the run began with, under the flags: another value is refused by its name later
		sources.Preset, sources.ConfigFile = "", filepath.Join(resume, "config.yaml")
	}
	merged, err := sources.Merge()
	if err != nil {
		return err
	}
	if resume != "" {
		// Where the run was to stop the last time is no word about this time.
		for key, none := range map[string]string{"max_steps": "0", "max_time": "0s"} {
			if text, ok := a.env(settings.EnvName(key)); ok && text != "" {
				continue
			}
			if err := merged.Set(key, none); err != nil {
				return err
			}
		}
	}
	ctx.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if text, ok := own[flag.Name]; ok {
			return text, nil
		}
		if text, ok := merged.Get(flag.Name); ok {
			return text, nil
		}
		return nil, nil
	}))
	return nil
}

// Run checks what was asked for and starts it.
func (t *trainCmd) Run(a *app) error {
	for _, notice := range t.unknownEnv(os.Environ()) {
		a.console.Print("%s", notice)
	}
	if t.JSON && !t.DryRun {
		return usageError{errors.New("--json belongs to --dry-run: a run's numbers are in its metrics.jsonl")}
	}
	if t.auto != nil && (t.DryRun || !t.auto.Assumed) {
		a.console.Print("%s", settings.AutoNotice(t.Settings, *t.auto))
	}
	if t.DryRun {
		return t.dryRun(a)
	}
	// kong has validated the settings, but a plan looks at no image.
	if !t.DryRun {
		if t.Settings.Config.Data == "" {
			return usageError{errors.New("there is nothing to train on: name a folder, a list or an idx file with --data PATH, with --preset auto for settings by their number, or try --preset demo")}
		}
	}
	if t.Resume != "" {
		if t.RunDir != "" {
			return usageError{errors.New("--run-dir starts a new run and --resume goes on with one: give one of them")}
		}
		var err error
		if t.Resume, err = run.Find(t.Resume); err != nil {
			return err
		}
	}
	return t.train(a)
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
