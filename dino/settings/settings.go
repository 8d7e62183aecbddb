package settings

import "time"

// FileName is the file of a run's folder that holds its settings.
const FileName = "config.yaml"

// Settings is everything config.yaml holds: the recipe's name, its numbers
// and how the run is carried out.
type Settings struct {
	Preset string `yaml:"preset" group:"run" often:"" placeholder:"NAME" help:"Start from one of the recipes above."`
	Config Config `yaml:",inline" embed:""`
	Run    Run    `yaml:",inline" embed:""`
}

// Run says how long a run goes, what it keeps and what it runs on. None of it changes what a step computes, and all of it
// may change when a run is resumed.
type Run struct {
	MaxSteps        int           `yaml:"max_steps" group:"run" default:"0" help:"Save and stop after N steps. 0: train to the end."`
	MaxTime         time.Duration `yaml:"max_time" group:"run" often:"" default:"0s" help:"Save and stop after a time like 2h. 0s: train to the end."`
	CheckpointEvery int           `yaml:"checkpoint_every" group:"run" default:"0" help:"Save a checkpoint every N steps. 0: once per epoch."`
	Keep            int           `yaml:"keep" group:"run" default:"2" help:"Keep the N newest checkpoints."`
	SaveckpFreq     int           `yaml:"saveckp_freq" group:"run" default:"20" help:"Keep one checkpoint for ever every N epochs. 0: none."`
	KNNEvery        int           `yaml:"knn_every" group:"run" default:"0" help:"Measure k-NN accuracy every N epochs. 0: at the end, if labeled images are named."`
	KNNTrain        string        `yaml:"knn_train" group:"run" placeholder:"PATH" help:"Labeled images that vote in k-NN. The demo brings its own."`
	KNNTest         string        `yaml:"knn_test" group:"run" placeholder:"PATH" help:"Labeled images that k-NN classifies."`
	MeasureEvery    int           `yaml:"measure_every" group:"run" default:"1" help:"Measure without labels every N epochs, or less often if it cost over 5 %. 0: never."`
	Images          bool          `yaml:"images" group:"run" default:"true" negatable:"" help:"Draw what was learned: at the end, and with each checkpoint kept for ever."`
	MaxBad          MaxBad        `yaml:"max_bad" group:"run" default:"10,1%" help:"Stop when more than N images, or P%, cannot be read."`

	Adapter string `yaml:"adapter" group:"device" often:"" placeholder:"NAME" help:"Adapter by its number or a part of its name. Default: the best GPU."`
	Matmul  string `yaml:"matmul" group:"device" default:"auto" help:"Matmul kernels: tile, register or texel, or one variant for every size, as \"tile 128x128x8 8x8\"; auto takes what was measured best."`
	Tune    bool   `yaml:"tune" group:"device" default:"true" negatable:"" help:"Measure the matmul kernels when an adapter is new."`
	Crops   Crops  `yaml:"crops" group:"device" default:"auto" help:"Run a step's crops together (faster), apart (less memory), or auto: as memory allows."`
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
