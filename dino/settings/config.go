package settings

// Config holds every number of a training run that changes what is learned,
// once. The command line, the environment, config.yaml, --help and the
// checkpoint's header are all views of it: the yaml tag is a value's one name
// (the flag is the same with dashes), default and help are read by both this
// package and the command line.
//
// Names and defaults are those of DINO's released code wherever it has them.
// Sizes that follow from --arch are left at 0 here; [Config.Size] gives them.
type Config struct {
	// Images.
	Data         Paths  `yaml:"data" group:"data" often:"" aliases:"data-path" resume:"free" placeholder:"PATH" help:"Images to train on: a folder (flat or not), a text file of paths, an idx file, or demo for the set inside this program. Repeat it for several that are one set."`
	Limit        int    `yaml:"limit" group:"data" default:"0" help:"Use only the first N images. 0: all."`
	Mean         RGB    `yaml:"mean" group:"data" default:"0.485,0.456,0.406" help:"Mean of each color channel, 0 to 1 (ImageNet's)."`
	Std          RGB    `yaml:"std" group:"data" default:"0.229,0.224,0.225" help:"Standard deviation of each color channel, 0 to 1 (ImageNet's)."`
	Range        Bounds `yaml:"range" group:"data" default:"" placeholder:"LO,HI" help:"Sample values that become black and white in images of more than 8 bits: LO,HI or auto. Default: the upper 8 bits."`
	Augmentation string `yaml:"augmentation" group:"data" default:"reference" help:"How crops are changed: reference, or light (flip, brightness, contrast)."`
	NumWorkers   int    `yaml:"num_workers" group:"data" resume:"free" default:"0" help:"Goroutines that decode images. 0: one per core."`

	// Student and teacher.
	InitFrom       string  `yaml:"init_from" group:"model" often:"" placeholder:"W" help:"Begin with weights W: a run or a file. Without a preset or with auto, the backbone's size is theirs."`
	Partial        bool    `yaml:"partial" group:"model" default:"false" help:"With init_from: take what fits of the file; the rest of the backbone starts as in a new network."`
	Arch           string  `yaml:"arch" group:"model" often:"" default:"vit_small" help:"Backbone: vit_tiny, vit_small or vit_base."`
	PatchSize      int     `yaml:"patch_size" group:"model" default:"16" help:"Pixels per side of a patch. 8 learns better, at 4.5 times the work."`
	Dim            int     `yaml:"dim" group:"model" default:"0" help:"Width of the backbone. 0: as arch says."`
	Depth          int     `yaml:"depth" group:"model" default:"0" help:"Number of blocks. 0: as arch says."`
	Heads          int     `yaml:"heads" group:"model" default:"0" help:"Attention heads; they divide the width. 0: as arch says."`
	DropPathRate   float64 `yaml:"drop_path_rate" group:"model" default:"0.1" help:"How often the student skips its last block; earlier blocks less often."`
	OutDim         int     `yaml:"out_dim" group:"model" often:"" default:"65536" help:"Number of prototypes. With fewer than 20,000 images take 1024."`
	NormLastLayer  bool    `yaml:"norm_last_layer" group:"model" default:"true" negatable:"" help:"Keep prototypes at length 1: steadier. vit_small learns better without."`
	HeadLayers     int     `yaml:"head_layers" group:"model" default:"3" help:"Linear layers in the head before the prototypes."`
	HeadHidden     int     `yaml:"head_hidden" group:"model" default:"2048" help:"Width between the head's layers."`
	UseBNInHead    bool    `yaml:"use_bn_in_head" group:"model" default:"false" help:"Batch norm ahead of the head's activations."`
	HeadActivation string  `yaml:"head_activation" group:"model" default:"gelu" help:"Between the head's layers: gelu or relu."`
	L2Bottleneck   bool    `yaml:"l2_bottleneck" name:"l2-bottleneck" group:"model" default:"true" negatable:"" help:"Compare unit vectors with prototypes. Without, the head's last layer makes the outputs."`
	Predictor      bool    `yaml:"predictor" group:"model" default:"false" help:"Give the student two more layers, which the teacher has not."`
	HeadBottleneck int     `yaml:"head_bottleneck" group:"model" default:"256" help:"Width in which the prototypes compare."`

	// What is learned from.
	Method  string  `yaml:"method" group:"method" default:"dino" help:"What the network learns from: dino, byol, moco, swav or supervised. Each brings defaults of its own."`
	Teacher Teacher `yaml:"teacher" group:"method" default:"momentum" help:"Where the teacher comes from: momentum, or the student of previous-epoch, previous-iteration or now (copy)."`

	Centering          Centering `yaml:"centering" group:"method" default:"mean" help:"What keeps targets apart: mean, sinkhorn, batch-softmax or none."`
	SinkhornIterations int       `yaml:"sinkhorn_iterations" group:"method" default:"3" help:"Iterations of sinkhorn."`
	SinkhornPerView    bool      `yaml:"sinkhorn_per_view" group:"method" default:"false" help:"Sinkhorn or batch-softmax for each global crop alone."`
	Loss               Loss      `yaml:"loss" group:"method" default:"ce" help:"ce (cross entropy) or mse (squared distance of unit outputs)."`

	QueueLength int `yaml:"queue_length" group:"method" default:"65536" help:"Outputs of earlier steps that moco and swav remember; whole steps of them."`

	EpochQueueStarts int `yaml:"epoch_queue_starts" group:"method" default:"15" help:"Epochs before swav's queue fills."`

	Classes        int     `yaml:"classes" group:"method" default:"0" help:"Classes of supervised. 0: as the data has."`
	LabelSmoothing float64 `yaml:"label_smoothing" group:"method" default:"0.1" help:"Share of a label that supervised spreads over all classes."`

	// Multi-crop.
	GlobalCropsSize  int   `yaml:"global_crops_size" group:"crops" default:"224" help:"Pixels per side of the two global crops."`
	GlobalCropsScale Range `yaml:"global_crops_scale" group:"crops" default:"0.4,1" help:"Share of an image's area that a global crop takes. Without local crops use 0.14,1."`
	LocalCropsNumber int   `yaml:"local_crops_number" group:"crops" default:"8" help:"Local crops per image. 0: no multi-crop."`
	LocalCropsSize   int   `yaml:"local_crops_size" group:"crops" default:"96" help:"Pixels per side of a local crop."`
	LocalCropsScale  Range `yaml:"local_crops_scale" group:"crops" default:"0.05,0.4" help:"Share of an image's area a local crop takes."`

	// Teacher and loss.
	MomentumTeacher         float64 `yaml:"momentum_teacher" group:"teacher" default:"0.996" help:"The teacher's momentum at the start; it rises to 1. Raise it for small batches (0.9995 at 256)."`
	TeacherTemp             float64 `yaml:"teacher_temp" group:"teacher" default:"0.04" help:"Temperature of the teacher's targets. Above 0.07 training is usually unstable."`
	WarmupTeacherTemp       float64 `yaml:"warmup_teacher_temp" group:"teacher" default:"0.04" help:"The temperature to begin with. Lower it if the loss does not fall."`
	WarmupTeacherTempEpochs int     `yaml:"warmup_teacher_temp_epochs" group:"teacher" default:"0" help:"Epochs from that temperature to teacher_temp. Long runs use 30."`
	StudentTemp             float64 `yaml:"student_temp" group:"teacher" default:"0.1" help:"Temperature of the student's softmax."`
	CenterMomentum          float64 `yaml:"center_momentum" group:"teacher" default:"0.9" help:"Momentum of the center's moving average."`

	// Optimizer and length.
	Optimizer Optimizer `yaml:"optimizer" group:"optimizer" default:"adamw" help:"adamw (best for transformers), sgd or lars."`

	LR               float64 `yaml:"lr" group:"optimizer" often:"" default:"0.0005" help:"Highest learning rate, for 256 images per step. The rate used is lr x batch x accumulate / 256; the log says it."`
	MinLR            float64 `yaml:"min_lr" group:"optimizer" default:"1e-6" help:"Learning rate at the end; it is not scaled."`
	WarmupEpochs     int     `yaml:"warmup_epochs" group:"optimizer" default:"10" help:"Epochs in which the learning rate rises from 0."`
	WeightDecay      float64 `yaml:"weight_decay" group:"optimizer" default:"0.04" help:"Weight decay at the start."`
	WeightDecayEnd   float64 `yaml:"weight_decay_end" group:"optimizer" default:"0.4" help:"Weight decay at the end. More decay late helps transformers."`
	ClipGrad         float64 `yaml:"clip_grad" group:"optimizer" default:"3" help:"Largest norm of each tensor's gradient. 0: no clipping. Larger backbones want 0.3 to 1."`
	FreezeLastLayer  int     `yaml:"freeze_last_layer" group:"optimizer" default:"1" help:"Epochs in which the prototypes stay fixed. Raise it if the loss does not fall."`
	HeadWarmupEpochs int     `yaml:"head_warmup_epochs" group:"optimizer" default:"0" help:"Epochs from the start in which only the head trains; freeze_last_layer runs beside it."`
	BatchSize        int     `yaml:"batch_size" group:"optimizer" often:"" aliases:"batch-size-per-gpu" default:"64" help:"Images that run at once."`
	Accumulate       int     `yaml:"accumulate" group:"optimizer" default:"1" help:"Batches per step: 16 x 4 learns as 64 does, in less memory."`
	Epochs           int     `yaml:"epochs" group:"optimizer" often:"" default:"100" help:"Passes over the images."`
	Seed             uint64  `yaml:"seed" group:"optimizer" often:"" default:"0" help:"Seed of all that is random. Same seed and device: same bytes."`
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

// ScaledLR is the peak learning rate that is used: LR stands for 256 images
// a step.
func (c Config) ScaledLR() float64 {
	return c.LR * float64(c.StepImages()) / 256
}

// StepImages is the number of images one optimizer step learns from.
func (c Config) StepImages() int { return c.BatchSize * c.Accumulate }

// Crops is the number of crops the student sees of one image.
func (c Config) Crops() int { return 2 + c.LocalCropsNumber }

// DefaultConfig returns the reference's defaults.
func DefaultConfig() Config { return Default().Config }
