package settings

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/dinogpu/dinogpu/layers"
)

// Sources say where settings come from, weakest last to be named: a flag beats
// a value in the environment, that one in the file, the file beats what the
// method changes, that the preset, and the preset the defaults.
type Sources struct {
	Preset     string                           // from the flag; empty: the environment's, then the file's
	ConfigFile string                           // from the flag; empty: the environment's
	Env        func(name string) (string, bool) // os.LookupEnv; nil: no environment
	Flags      map[string]string                // texts by the settings' names

	Otherwise string    // the preset where none is named and no file is read
	Base      *Settings // of a run that goes on: stands for preset, file and defaults

	text []byte // of the file, where it was read before

	// AutoInput is asked what preset auto is to choose by, of a run with those
	// settings; not where nothing is left to choose. Nil: what is assumed.
	AutoInput func(Settings) AutoInput

	// Backbone is asked which backbone the weights have that `init_from` names, where no preset chose one: its size
	// beats the defaults and what preset auto chooses. Not ok: it cannot be told. Nil: nobody knows.
	Backbone func(Settings) (v layers.ViTConfig, ok bool)
}

// EnvName is the environment variable of a setting: DINOGPU_OUT_DIM.
func EnvName(key string) string { return "DINOGPU_" + strings.ToUpper(underscores(key)) }

func (src Sources) read() ([]byte, error) {
	if src.text != nil {
		return src.text, nil
	}
	return ReadFile(src.ConfigFile)
}

// Merge lays the sources over each other. Errors say which of them holds the
// value that cannot be used.
func (src Sources) Merge() (Settings, error) {
	var file, env []assignment
	if src.Env != nil {
		env = environment(src.Env)
	}
	flags := src.flags()
	if src.Base != nil {
		s := *src.Base
		err := overlay(&s, env, flags)
		return s, err
	}
	if src.ConfigFile == "" && src.Env != nil {
		src.ConfigFile, _ = src.Env(EnvName("config"))
	}
	if src.ConfigFile != "" {
		data, err := src.read()
		if err != nil {
			return Settings{}, err
		}
		if file, err = parseSettings(data); err != nil {
			return Settings{}, fmt.Errorf("config file %s: %w", src.ConfigFile, err)
		}
	}

	preset := src.Preset
	for _, list := range [][]assignment{env, file} {
		for _, a := range list {
			if preset == "" && a.key == "preset" {
				preset = a.text
			}
		}
	}
	if preset == "" && src.ConfigFile == "" {
		preset = src.Otherwise
	}
	s, err := FromPreset(preset)
	if err != nil {
		return Settings{}, err
	}
	lay := func(s *Settings) error {
		if err := s.assign(file); err != nil {
			return fmt.Errorf("config file %s: %w", src.ConfigFile, ofFile(err))
		}
		return overlay(s, env, flags)
	}
	if err := lay(&s); err != nil {
		return Settings{}, err
	}
	if own := methodDefaults(s.Config.Method); own != nil {
		over := lay
		lay = func(s *Settings) error { return errors.Join(s.assign(own), over(s)) }
		if s, err = FromPreset(preset); err == nil {
			err = lay(&s)
		}
		if err != nil {
			return Settings{}, err
		}
	}
	if s.Config.InitFrom != "" && src.Backbone != nil && (preset == "" || preset == PresetAuto) {
		if v, ok := src.Backbone(s); ok {
			over := lay
			lay = func(s *Settings) error { return errors.Join(s.assign(backboneOf(v)), over(s)) }
			if s, err = FromPreset(preset); err == nil {
				err = lay(&s)
			}
			if err != nil {
				return Settings{}, err
			}
		}
	}
	if preset == PresetAuto && !chooseAll(file, env, flags) {
		at := assumedSituation()
		if src.AutoInput != nil {
			at = src.AutoInput(s)
		}
		if s, err = auto(at, lay); err != nil {
			return Settings{}, err
		}
	}
	s.Preset = preset
	return s, nil
}

func overlay(s *Settings, env, flags []assignment) error {
	if err := s.assign(env); err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	return s.assign(flags)
}

func (src Sources) flags() []assignment {
	var list []assignment
	for _, key := range (Settings{}).Keys() {
		if text, ok := src.Flags[key]; ok {
			list = append(list, assignment{key: key, text: text, where: "`" + key + "`"})
		}
	}
	return list
}

// chooseAll tells whether the sources leave nothing for auto to choose.
func chooseAll(sources ...[]assignment) bool {
	given := map[string]bool{}
	for _, a := range slices.Concat(sources...) {
		given[a.key] = true
	}
	for _, key := range autoKeys {
		if !given[key] {
			return false
		}
	}
	return true
}

// A value somebody wrote down, and where.
type assignment struct {
	key, text, where string
}

// Arch goes first wherever it stands in the source, as it takes back dim,
// depth and heads of the weaker sources.
func (s *Settings) assign(list []assignment) error {
	sort.SliceStable(list, func(i, j int) bool { return list[i].key == "arch" && list[j].key != "arch" })
	for _, a := range list {
		if err := s.Set(a.key, a.text); err != nil {
			return fmt.Errorf("%s: %w", a.where, err)
		}
	}
	return nil
}

func environment(lookup func(string) (string, bool)) []assignment {
	var list []assignment
	for _, key := range (Settings{}).Keys() {
		if text, ok := lookup(EnvName(key)); ok && text != "" {
			list = append(list, assignment{key: key, text: text, where: EnvName(key)})
		}
	}
	return list
}
