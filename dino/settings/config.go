package settings

// Config holds every number of a training run that changes what is learned,
// once. The command line, the environment, config.yaml, --help and the
// checkpoint's header are all views of it: the yaml tag is a value's one name
// (the flag is the same with dashes), default and help are read by both this
// package and the command line, whose --help shows the values tagged often.
//
// Names and defaults are those of DINO's released code wherever it has them.
// Sizes that follow from --arch are left at 0 here; [Config.Size] gives them.
type Config struct {
	// Pictures.
	Data         string `yaml:"data" group:"data" often:"" aliases:"data-path" resume:"free" placeholder:"PATH" help:"A folder (flat or not), a text file of paths, an idx file, or demo: the set inside this program."`
	Limit        int    `yaml:"limit" group:"data" default:"0" help:"Use only the first N pictures; 0: all."`
	Mean         RGB    `yaml:"mean" group:"data" default:"0.485,0.456,0.406" help:"Of each channel, 0 to 1; ImageNet's."`
	Std          RGB    `yaml:"std" group:"data" default:"0.229,0.224,0.225" help:"Standard deviation of each channel."`
	Augmentation string `yaml:"augmentation" group:"data" default:"reference" help:"Or light: flip, brightness, contrast."`
	NumWorkers   int    `yaml:"num_workers" group:"data" resume:"free" default:"0" help:"Goroutines that decode; 0: one a core."`

	// Student and teacher.
	Arch           string  `yaml:"arch" group:"model" often:"" default:"vit_small" help:"vit_tiny, vit_small or vit_base."`
	PatchSize      int     `yaml:"patch_size" group:"model" default:"16" help:"Pixels. 8 learns better, at 4.5 times the work."`
	Dim            int     `yaml:"dim" group:"model" default:"0" help:"Width; 0: from --arch, as the next two."`
	Depth          int     `yaml:"depth" group:"model" default:"0" help:"Blocks."`
	Heads          int     `yaml:"heads" group:"model" default:"0" help:"Attention heads; must divide the width."`
	DropPathRate   float64 `yaml:"drop_path_rate" group:"model" default:"0.1" help:"Rate of skipping the last block (student only)."`
	OutDim         int     `yaml:"out_dim" group:"model" often:"" default:"65536" help:"Prototypes; 1024 below 20,000 pictures."`
	NormLastLayer  bool    `yaml:"norm_last_layer" group:"model" default:"true" negatable:"" help:"Prototypes of length 1 (on): steadier. vit_small does better without."`
	HeadLayers     int     `yaml:"head_layers" group:"model" default:"3" help:"Linear layers before the prototypes."`
	HeadHidden     int     `yaml:"head_hidden" group:"model" default:"2048" help:"Width between them."`
	HeadBottleneck int     `yaml:"head_bottleneck" group:"model" default:"256" help:"Width the prototypes compare in."`

	// Multi-crop.
	GlobalCropsSize  int   `yaml:"global_crops_size" group:"crops" default:"224" help:"Pixels a side of the two global crops."`
	GlobalCropsScale Range `yaml:"global_crops_scale" group:"crops" default:"0.4,1" help:"Share of the area. Without locals: 0.14,1."`
	LocalCropsNumber int   `yaml:"local_crops_number" group:"crops" default:"8" help:"Local crops a picture; 0: no multi-crop."`
	LocalCropsSize   int   `yaml:"local_crops_size" group:"crops" default:"96" help:"Pixels a side."`
	LocalCropsScale  Range `yaml:"local_crops_scale" group:"crops" default:"0.05,0.4" help:"Share of the area."`

	// Teacher and loss.
	MomentumTeacher         float64 `yaml:"momentum_teacher" group:"teacher" default:"0.996" help:"Rises to 1. Higher for small batches."`
	TeacherTemp             float64 `yaml:"teacher_temp" group:"teacher" default:"0.04" help:"Above 0.07 is usually unstable."`
	WarmupTeacherTemp       float64 `yaml:"warmup_teacher_temp" group:"teacher" default:"0.04" help:"Lower it if the loss does not fall."`
	WarmupTeacherTempEpochs int     `yaml:"warmup_teacher_temp_epochs" group:"teacher" default:"0" help:"From that to --teacher-temp; 30 in long runs."`
	StudentTemp             float64 `yaml:"student_temp" group:"teacher" default:"0.1" help:"Of the student's softmax."`
	CenterMomentum          float64 `yaml:"center_momentum" group:"teacher" default:"0.9" help:"Moving average of the centre."`

	// Optimiser and length.
	Optimizer       string  `yaml:"optimizer" group:"optimiser" default:"adamw" help:"adamw (suits transformers), sgd or lars."`
	LR              float64 `yaml:"lr" group:"optimiser" often:"" default:"0.0005" help:"Peak, for 256 pictures a step. What is used is lr x batch x accumulate / 256; the log says it."`
	MinLR           float64 `yaml:"min_lr" group:"optimiser" default:"1e-6" help:"At the end; not scaled."`
	WarmupEpochs    int     `yaml:"warmup_epochs" group:"optimiser" default:"10" help:"Epochs in which the rate rises from 0."`
	WeightDecay     float64 `yaml:"weight_decay" group:"optimiser" default:"0.04" help:"At the start."`
	WeightDecayEnd  float64 `yaml:"weight_decay_end" group:"optimiser" default:"0.4" help:"At the end: more decay late helps transformers."`
	ClipGrad        float64 `yaml:"clip_grad" group:"optimiser" default:"3" help:"A tensor's gradient norm; 0: off. ViT-B: 0.3 to 1."`
	FreezeLastLayer int     `yaml:"freeze_last_layer" group:"optimiser" default:"1" help:"Epochs; raise it if the loss does not fall."`
	BatchSize       int     `yaml:"batch_size" group:"optimiser" often:"" aliases:"batch-size-per-gpu" default:"64" help:"Pictures at once."`
	Accumulate      int     `yaml:"accumulate" group:"optimiser" default:"1" help:"Batches a step: 16 x 4 learns as 64, in less memory."`
	Epochs          int     `yaml:"epochs" group:"optimiser" often:"" default:"100" help:"Passes over the pictures."`
	Seed            uint64  `yaml:"seed" group:"optimiser" often:"" default:"0" help:"Same seed and device: same bytes."`
}

// ModelSize is a backbone's width, number of blocks and attention heads.
type ModelSize struct {
	Dim, Depth, Heads int
}

// Archs lists the named backbones.
func Archs() []string { return []string{"vit_tiny", "vit_small", "vit_base"} }

// ArchSize gives the size of a named backbone; ok is false for other names.
func ArchSize(arch string) (size ModelSize, ok bool) {
	switch arch {
	case "vit_tiny":
		return ModelSize{Dim: 192, Depth: 12, Heads: 3}, true
	case "vit_small":
		return ModelSize{Dim: 384, Depth: 12, Heads: 6}, true
	case "vit_base":
		return ModelSize{Dim: 768, Depth: 12, Heads: 12}, true
	}
	return ModelSize{}, false
}

// Size is the backbone's size: Arch's, with Dim, Depth and Heads in its place
// where they are set.
func (c Config) Size() ModelSize {
	size, _ := ArchSize(c.Arch)
	if c.Dim != 0 {
		size.Dim = c.Dim
	}
	if c.Depth != 0 {
		size.Depth = c.Depth
	}
	if c.Heads != 0 {
		size.Heads = c.Heads
	}
	return size
}

// ScaledLR is the peak learning rate that is used: LR stands for 256 pictures
// a step.
func (c Config) ScaledLR() float64 {
	return c.LR * float64(c.StepPictures()) / 256
}

// StepPictures is the number of pictures one optimiser step learns from.
func (c Config) StepPictures() int { return c.BatchSize * c.Accumulate }

// Crops is the number of crops the student sees of one picture.
func (c Config) Crops() int { return 2 + c.LocalCropsNumber }

// DefaultConfig returns the reference's defaults.
func DefaultConfig() Config { return Default().Config }
