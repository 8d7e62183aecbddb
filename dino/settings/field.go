package settings

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// One setting seen through its tags. Everything that reads or writes settings
// by name (files, environment, presets' listing, the command line) walks these.
type field struct {
	key      string // out_dim
	alias    string // data_path, or empty
	group    string
	fallback string // text of the default
	help     string
	free     bool // may change when a run goes on: tag resume
	value    reflect.Value
}

// The settings in the order they are declared, as addressable values.
func (s *Settings) fields() []field {
	return appendFields(nil, reflect.ValueOf(s).Elem())
}

func appendFields(list []field, v reflect.Value) []field {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		key := tag.Get("yaml")
		if key == ",inline" {
			list = appendFields(list, v.Field(i))
			continue
		}
		list = append(list, field{
			key:      key,
			alias:    underscores(tag.Get("aliases")),
			group:    tag.Get("group"),
			fallback: tag.Get("default"),
			help:     tag.Get("help"),
			free:     tag.Get("resume") == "free",
			value:    v.Field(i),
		})
	}
	return list
}

func underscores(name string) string { return strings.ReplaceAll(name, "-", "_") }

// Keys lists the names of all settings, with underscores.
func (s Settings) Keys() []string {
	var keys []string
	for _, f := range s.fields() {
		keys = append(keys, f.key)
	}
	return keys
}

// Set gives the setting of that name (underscores or dashes) the value text
// stands for. Setting arch takes back dim, depth and heads, which belonged to
// the model before it.
func (s *Settings) Set(key, text string) error {
	key = underscores(key)
	for _, f := range s.fields() {
		if f.key != key && (f.alias == "" || f.alias != key) {
			continue
		}
		if err := f.set(text); err != nil {
			return fmt.Errorf("%s: %w", f.key, err)
		}
		if key == "arch" {
			s.Config.Dim, s.Config.Depth, s.Config.Heads = 0, 0, 0
		}
		return nil
	}
	return &unknownError{key, Nearest(key, s.Keys())}
}

// An unknownError names a setting that there is not, and the one that is nearest, if one is near.
type unknownError struct{ key, nearest string }

func (e *unknownError) Error() string {
	if e.nearest == "" {
		return fmt.Sprintf("there is no setting %s", e.key)
	}
	return fmt.Sprintf("there is no setting %s; did you mean %s?", e.key, e.nearest)
}

// Get returns the text of a setting, as Set takes it; ok is false where there
// is none of that name.
func (s Settings) Get(key string) (text string, ok bool) {
	key = underscores(key)
	for _, f := range s.fields() {
		if f.key == key {
			return f.text(), true
		}
	}
	return "", false
}

func (f field) set(text string) error {
	if u, ok := f.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch p := f.value.Addr().Interface().(type) {
	case *string:
		*p = text
	case *Paths:
		*p = Paths(text)
	case *int:
		v, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		*p = v
	case *uint64:
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not a whole number of 0 or more", text)
		}
		*p = v
	case *float64:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", text)
		}
		*p = v
	case *bool:
		v, err := parseBool(text)
		if err != nil {
			return err
		}
		*p = v
	case *time.Duration:
		v, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a time like 2h or 90m", text)
		}
		*p = v
	default:
		if f.value.Kind() == reflect.String { // a word among several, such as Optimizer
			f.value.SetString(text)
			return nil
		}
		panic(fmt.Sprintf("settings: setting %s has type %T, which cannot be read", f.key, p))
	}
	return nil
}

// The words the reference's command line takes.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "on", "yes", "1":
		return true, nil
	case "false", "off", "no", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", text)
}

// Text is the text of a setting's value, as Set takes it.
func Text(value any) string { return field{value: reflect.ValueOf(value)}.text() }

func (f field) text() string {
	switch v := f.value.Interface().(type) {
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		if err != nil {
			panic("settings: setting " + f.key + ": " + err.Error())
		}
		return string(text)
	case float64:
		return formatFloats(v)
	default:
		return fmt.Sprint(v)
	}
}
