package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// maxFile is far above what any file of settings holds.
const maxFile = 1 << 20

// ReadFile reads a file of settings: a regular one, or one that ends, such as a pipe.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config file: %w", disk.PlainError(err))
	}
	defer f.Close() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("config file: %w", disk.PlainError(err))
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("config file %s is longer than 1 MiB, so it holds no settings: name a file like a run's config.yaml", path)
	}
	return data, nil
}

// ofFile adds to an unknown name that a file may know more than this program does.
func ofFile(err error) error {
	var unknown *unknownError
	if errors.As(err, &unknown) {
		return fmt.Errorf("%w (or a newer dinogpu wrote the file: the first line of a run's config.yaml names its version)", err)
	}
	return err
}

// Load reads a file as config.yaml is written: its values over the
// defaults, or over the preset it names.
func Load(path string) (Settings, error) {
	return Sources{ConfigFile: path}.Merge()
}

// LoadText is [Load] of a file that was read before; path is for errors.
func LoadText(path string, text []byte) (Settings, error) {
	return Sources{ConfigFile: path, text: text}.Merge()
}

// Parse reads the text of a file that holds every value, as YAML writes it.
func Parse(data []byte) (Settings, error) {
	list, err := parseSettings(data)
	if err != nil {
		return Settings{}, err
	}
	s := Default()
	err = ofFile(s.assign(list))
	return s, err
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
	case Range, RGB, Bounds:
		return "[" + strings.ReplaceAll(text, ",", ", ") + "]"
	}
	if f.value.Kind() == reflect.String {
		return f.quoted(text)
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
