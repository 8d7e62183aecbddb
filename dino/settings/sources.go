package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// Sources say where settings come from, weakest last to be named: a flag beats
// a value in the environment, that one in the file, the file beats the preset
// and the preset the defaults.
type Sources struct {
	Preset     string                           // from the flag; empty: the environment's, then the file's
	ConfigFile string                           // from the flag; empty: the environment's
	Env        func(name string) (string, bool) // os.LookupEnv; nil: no environment
	Flags      map[string]string                // texts by the settings' names

	Otherwise string    // the preset where none is named and no file is read
	Base      *Settings // of a run that goes on: stands for preset, file and defaults

	// AutoInput is asked what preset auto is to choose by, of a run with those
	// settings; not where nothing is left to choose. Nil: what is assumed.
	AutoInput func(Settings) AutoInput
}

// EnvName is the environment variable of a setting: DINOGPU_OUT_DIM.
func EnvName(key string) string { return "DINOGPU_" + strings.ToUpper(underscores(key)) }

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
		data, err := os.ReadFile(src.ConfigFile)
		if err != nil {
			return Settings{}, fmt.Errorf("config file: %w", disk.PlainError(err))
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
			return fmt.Errorf("config file %s: %w", src.ConfigFile, err)
		}
		return overlay(s, env, flags)
	}
	if err := lay(&s); err != nil {
		return Settings{}, err
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

// Load reads a file as config.yaml is written: its values over the
// defaults, or over the preset it names.
func Load(path string) (Settings, error) {
	return Sources{ConfigFile: path}.Merge()
}

// Parse reads the text of a file that holds every value, as YAML writes it.
func Parse(data []byte) (Settings, error) {
	list, err := parseSettings(data)
	if err != nil {
		return Settings{}, err
	}
	s := Default()
	err = s.assign(list)
	return s, err
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

// A flat YAML mapping as assignments. Lists stand for pairs and triples.
func parseSettings(data []byte) ([]assignment, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("not YAML (%s)", strings.TrimPrefix(firstLine(err.Error()), "yaml: "))
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, errors.New("expected lines of the form out_dim: 65536")
	}
	var list []assignment
	seen := map[string]bool{}
	for i := 0; i < len(root.Content); i += 2 {
		key, value := underscores(root.Content[i].Value), root.Content[i+1]
		where := fmt.Sprintf("line %d", root.Content[i].Line)
		if seen[key] {
			return nil, fmt.Errorf("%s: %s is set a second time", where, key)
		}
		seen[key] = true
		text, err := nodeText(value, separatorOf(key))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", where, key, err)
		}
		list = append(list, assignment{key: key, text: text, where: where})
	}
	return list, nil
}

// separatorOf is what stands between a list's values in the text of a setting.
func separatorOf(key string) string {
	for _, f := range new(Settings).fields() {
		if _, isPaths := f.value.Interface().(Paths); isPaths && (f.key == key || f.alias == key) {
			return "\n"
		}
	}
	return ","
}

func nodeText(n *yaml.Node, separator string) (string, error) {
	switch {
	case n.Kind == yaml.AliasNode:
		return nodeText(n.Alias, separator)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return "", nil
	case n.Kind == yaml.ScalarNode:
		return n.Value, nil
	case n.Kind == yaml.SequenceNode:
		parts := make([]string, len(n.Content))
		for i, item := range n.Content {
			if item.Kind != yaml.ScalarNode {
				return "", errors.New("a list may only hold plain values")
			}
			parts[i] = item.Value
		}
		return strings.Join(parts, separator), nil
	}
	return "", errors.New("expected a plain value, not nested settings")
}

// YAML writes every setting, grouped, so that Load gives them back.
func (s Settings) YAML() []byte {
	var out bytes.Buffer
	group := ""
	for _, f := range s.fields() {
		if f.group != group {
			group = f.group
			fmt.Fprintf(&out, "\n# %s\n", group)
		}
		fmt.Fprintf(&out, "%s: %s\n", f.key, f.yamlText())
	}
	return bytes.TrimLeft(out.Bytes(), "\n")
}

// Text is quoted as YAML wants it; pairs, triples and several paths become lists.
func (f field) yamlText() string {
	text := f.text()
	switch v := f.value.Interface().(type) {
	case Paths:
		list := v.List()
		if len(list) < 2 {
			return f.quoted(text)
		}
		for i, path := range list {
			list[i] = fmt.Sprintf("%q", path) // a bare path could hold the list's own signs
		}
		return "[" + strings.Join(list, ", ") + "]"
	case string:
		return f.quoted(text)
	case Range, RGB, Bounds:
		return "[" + strings.ReplaceAll(text, ",", ", ") + "]"
	}
	return text
}

func (f field) quoted(text string) string {
	quoted, err := yaml.Marshal(text)
	if err != nil {
		panic("settings: setting " + f.key + ": " + err.Error())
	}
	// One line, whatever the text holds.
	if line := strings.TrimSuffix(string(quoted), "\n"); !strings.Contains(line, "\n") {
		return line
	}
	return fmt.Sprintf("%q", text)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
