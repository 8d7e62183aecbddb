package settings

// A MethodInfo is a method of learning, and what it changes of the settings below it: defaults and preset.
type MethodInfo struct {
	Name string
	Help string
	// Labels says that it learns from images' classes.
	Labels bool

	defaults []assignment // what a file, the environment and flags beat
}

// Names of methods.
const (
	MethodDINO       = "dino"
	MethodBYOL       = "byol"
	MethodMoCo       = "moco"
	MethodSwAV       = "swav"
	MethodSupervised = "supervised"
)

// Methods lists the methods. What each does is package dino's to say, under the same names.
func Methods() []MethodInfo {
	return []MethodInfo{
		{Name: MethodDINO, Help: "self-distillation with no labels"},
		{Name: MethodBYOL, Help: "bootstrap your own latent", defaults: compared(
			"head_layers", "2", "head_hidden", "4096", "predictor", "true", "local_crops_number", "0",
		)},
		{Name: MethodMoCo, Help: "momentum contrast, version 2", defaults: compared("local_crops_number", "0")},
		{Name: MethodSwAV, Help: "clusters swapped between views", defaults: compared(
			"head_layers", "2", "head_bottleneck", "128", "out_dim", "3000", "teacher_temp", "0.05", "warmup_teacher_temp", "0.05",
			"local_crops_number", "6", "queue_length", "0", "freeze_last_layer", "1",
		)},
		{Name: MethodSupervised, Help: "classes, from labels", Labels: true, defaults: assignments(
			"local_crops_number", "0", "global_crops_scale", "0.08,1", "weight_decay", "0.05", "weight_decay_end", "0.05", "clip_grad", "0",
			"freeze_last_layer", "0", "warmup_epochs", "5", "min_lr", "1e-5",
		)},
	}
}

// compared are the defaults of a method that DINO was compared with, and what it has of its own. In the paper's comparison
// (section 4, and the author's answer in facebookresearch/dino issue 34) they learn as DINO does but for weight decay, fixed,
// and clipping, which is off; heads have batch norm and ReLU.
func compared(own ...string) []assignment {
	return assignments(append([]string{
		"weight_decay", "0.05", "weight_decay_end", "0.05", "clip_grad", "0", "freeze_last_layer", "0",
		"centering", string(CenteringNone), "use_bn_in_head", "true", "head_activation", "relu",
	}, own...)...)
}

// assignments are keys, each with its text behind it.
func assignments(all ...string) []assignment {
	var list []assignment
	for i := 0; i < len(all); i += 2 {
		list = append(list, assignment{key: all[i], text: all[i+1], where: "`method`"})
	}
	return list
}

// NeedsLabels tells whether the method learns from images' classes.
func (c Config) NeedsLabels() bool {
	for _, m := range Methods() {
		if m.Name == c.Method {
			return m.Labels
		}
	}
	return false
}

// TakeMethod makes s a run of that method, with the defaults that the method brings.
func (s *Settings) TakeMethod(name string) error {
	if err := s.Set("method", name); err != nil {
		return err
	}
	return s.assign(methodDefaults(name))
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
