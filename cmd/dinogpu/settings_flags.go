package main

import (
	"strings"

	"github.com/alecthomas/kong"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// settingsFlags is every setting as a flag, for the commands that take all of them. Kong fills them from the command
// line alone; AfterApply then lays them over environment, file, preset and defaults.
//
// It is embedded as the unexported type that it is: kong takes the flags of such a struct, but looks for no Validate in it,
// which would judge values that are not merged yet.
type settingsFlags struct {
	Settings settings.Settings `embed:""`

	Config string `group:"run" placeholder:"FILE" help:"Read settings from a YAML file, such as a run's config.yaml."`

	images augment.Source      // opened when preset auto counted them
	auto   *settings.AutoInput // what preset auto chose by; nil where it chose nothing
}

// AfterApply merges, with the demo where nobody names a recipe.
func (f *settingsFlags) AfterApply(ctx *kong.Context, a *app) error {
	return f.merge(ctx, settings.Sources{Env: a.env, Otherwise: "demo"}, false)
}

// merge lays the flags over the other sources and validates what comes out. A plan looks at no adapter.
func (f *settingsFlags) merge(ctx *kong.Context, from settings.Sources, plan bool) error {
	from.Flags = map[string]string{}
	for _, path := range ctx.Path {
		if path.Flag == nil {
			continue
		}
		key := strings.ReplaceAll(path.Flag.Name, "-", "_")
		from.Flags[key] = settings.Text(ctx.FlagValue(path.Flag)) // a command's own flags are no settings' names
	}
	from.Preset, from.ConfigFile = from.Flags["preset"], f.Config
	from.AutoInput = func(s settings.Settings) settings.AutoInput {
		at := f.situationOf(s, plan)
		f.auto = &at
		return at
	}
	var err error
	if f.Settings, err = from.Merge(); err != nil {
		return err
	}
	return f.Settings.Validate()
}

// recipeFlags name a recipe, for a command that asks for nothing else.
type recipeFlags struct {
	Preset string `group:"run" placeholder:"NAME" help:"A recipe that train --help lists. Default: demo."`
	Config string `group:"run" placeholder:"FILE" help:"Read settings from a YAML file, such as a run's config.yaml."`

	settings settings.Settings
}

// AfterApply merges, with the demo where nobody names a recipe.
func (f *recipeFlags) AfterApply(a *app) error {
	var err error
	f.settings, err = settings.Sources{Preset: f.Preset, ConfigFile: f.Config, Env: a.env, Otherwise: "demo"}.Merge()
	if err != nil {
		return err
	}
	return f.settings.Validate()
}

// adapterFlags name an adapter, for a command that trains nothing.
type adapterFlags struct {
	Adapter string `placeholder:"NAME" help:"Adapter by its number or a part of its name. Default: the best GPU."`
	Config  string `placeholder:"FILE" help:"A YAML file that may name the adapter, such as a run's config.yaml."`
}

// AfterApply finds the adapter's name: a flag beats the environment, and that the file.
func (f *adapterFlags) AfterApply(a *app) error {
	from := settings.Sources{ConfigFile: f.Config, Env: a.env}
	if f.Adapter != "" {
		from.Flags = map[string]string{"adapter": f.Adapter}
	}
	s, err := from.Merge()
	f.Adapter = s.Run.Adapter
	return err
}
