package settings

import "time"

// FileName is the file of a run's folder that holds its settings.
const FileName = "config.yaml"

// Settings is everything config.yaml holds: the recipe's name, its numbers
// and how the run is carried out.
type Settings struct {
	Preset string `yaml:"preset" group:"run" often:"" placeholder:"NAME" help:"Start from a recipe that train --help lists."`
	Config Config `yaml:",inline" embed:""`
	Run    Run    `yaml:",inline" embed:""`
}

// Run say how long a run goes, what it keeps and what it runs on.
// None of them changes what a step computes.
type Run struct {
	MaxSteps        int           `yaml:"max_steps" group:"run" default:"0" help:"Stop, saved, after N steps; 0: at the end."`
	MaxTime         time.Duration `yaml:"max_time" group:"run" often:"" default:"0s" help:"Stop, saved, after a time like 2h; 0s: never."`
	CheckpointEvery int           `yaml:"checkpoint_every" group:"run" default:"0" help:"Save every N steps; 0: once an epoch."`
	Keep            int           `yaml:"keep" group:"run" default:"2" help:"Newest checkpoints to keep."`
	SaveckpFreq     int           `yaml:"saveckp_freq" group:"run" default:"20" help:"Keep one for ever every N epochs; 0: none."`
	KNNEvery        int           `yaml:"knn_every" group:"run" default:"0" help:"Measure k-NN every N epochs; 0: never."`
	KNNTrain        string        `yaml:"knn_train" group:"run" placeholder:"PATH" help:"Its labelled pictures (the demo brings its own)."`
	KNNTest         string        `yaml:"knn_test" group:"run" placeholder:"PATH" help:"Labelled pictures it is asked about."`

	Adapter string `yaml:"adapter" group:"device" often:"" placeholder:"NAME" help:"Name or index; by default the best real GPU."`
	Matmul  string `yaml:"matmul" group:"device" default:"auto" help:"auto (measures), tile, register or texel."`
	Tune    bool   `yaml:"tune" group:"device" default:"true" negatable:"" help:"Measure matmul kernels on an adapter's first use."`
	Crops   string `yaml:"crops" group:"device" default:"auto" help:"Of one size: together (fast), apart (lean), auto."`
}

// Default returns the default of every setting, as the tags give them.
func Default() Settings {
	var s Settings
	for _, f := range s.fields() {
		if f.fallback == "" {
			continue
		}
		if err := f.set(f.fallback); err != nil {
			panic("settings: default of " + f.key + ": " + err.Error())
		}
	}
	return s
}
