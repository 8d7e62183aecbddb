package settings

// A MethodInfo is a method of learning, and what it changes of the settings below it: defaults and preset.
type MethodInfo struct {
	Name string
	Help string

	defaults []assignment // what a file, the environment and flags beat
}

// Names of methods.
const (
	MethodDINO = "dino"
)

// Methods lists the methods. What each does is package dino's to say, under the same names.
func Methods() []MethodInfo {
	return []MethodInfo{
		{Name: MethodDINO, Help: "self-distillation with no labels"},
	}
}

func methodNames() []string {
	var names []string
	for _, m := range Methods() {
		names = append(names, m.Name)
	}
	return names
}

// methodDefaults are those of the method of that name; none where there is no such method.
func methodDefaults(name string) []assignment {
	for _, m := range Methods() {
		if m.Name == name {
			return m.defaults
		}
	}
	return nil
}
