package settings

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/dinogpu/dinogpu/layers"
)

// Ceilings that no run on one device comes near; they catch slips of the hand
// before a product of two of them overflows.
const (
	maxCount   = 1_000_000
	MaxSide    = 8192
	MaxWidth   = 65_536
	maxOutDim  = 1 << 24
	maxHeadDim = 128 // attention holds a head's values in registers, four at a time
	MaxDepth   = 1000
)

// Validate reports the first value that no run can use, in a sentence that
// says which, and what to set. Data may be empty, as a plan needs none.
func (c Config) Validate() error {
	return first(
		c.validateData,
		c.validateModel,
		c.validateMethod,
		c.validateCrops,
		c.validateTeacher,
		c.validateOptimizer,
	)
}

// CheckBackbone reports the first value that no backbone can have, and no image be normalized with.
func CheckBackbone(v layers.ViTConfig, mean, std RGB) error {
	return first(
		func() error { return checkNormalization(mean, std) },
		func() error { return checkViT(v) },
		func() error { return cropSide("image_size", v.ImageSize, v.Patch) },
	)
}

func first(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func checkNormalization(mean, std RGB) error {
	for i := range 3 {
		if !finite(mean[i]) {
			return fmt.Errorf("`mean` %s holds a value that is no number: use the images' channel means between 0 and 1", text(mean))
		}
		if largest := max(mean[i], std[i]); largest > 1 && largest <= 255 {
			return fmt.Errorf("`mean` %s and `std` %s look like numbers from 0 to 255: here they are from 0 to 1, so divide them by 255", text(mean), text(std))
		}
		if mean[i] < 0 || mean[i] > 1 {
			return fmt.Errorf("`mean` %s must be from 0 to 1 in each channel", text(mean))
		}
		if !finite(std[i]) || std[i] <= 0 {
			return fmt.Errorf("`std` %s must be above 0 in each channel: images are divided by it", text(std))
		}
	}
	return nil
}

func (c Config) validateData() error {
	if r := c.Range; r.Set() && !r.Auto && (!finite(r.Lo) || !finite(r.Hi) || r.Lo >= r.Hi) {
		return fmt.Errorf("`range` %s must be two numbers, the smaller first, like 0,4095", text(r))
	}
	return first(
		func() error { return checkNormalization(c.Mean, c.Std) },
		func() error { return between("limit", c.Limit, 0, math.MaxInt32) },
		func() error { return between("num_workers", c.NumWorkers, 0, 4096) },
		func() error { return oneOf("augmentation", c.Augmentation, "reference", "light") },
	)
}

// checkViT leaves ImageSize out, which has another name in a Config.
func checkViT(v layers.ViTConfig) error {
	err := first(
		func() error { return between("patch_size", v.Patch, 1, MaxSide) },
		func() error { return between("dim", v.Dim, 1, MaxWidth) },
		func() error { return between("depth", v.Depth, 1, MaxDepth) },
		func() error { return between("heads", v.Heads, 1, MaxWidth) },
	)
	if err != nil {
		return err
	}
	switch d := v.Dim / v.Heads; {
	case v.Dim%v.Heads != 0:
		return fmt.Errorf("`heads` %d does not divide `dim` %d: each head takes an equal share, so choose a divisor", v.Heads, v.Dim)
	case d%4 != 0:
		return fmt.Errorf("`dim` %d over `heads` %d makes heads of %d values: a multiple of 4 is needed (64 is usual)", v.Dim, v.Heads, d)
	case d > maxHeadDim:
		return fmt.Errorf("`dim` %d over `heads` %d makes heads of %d values, above the %d that attention handles: use more heads (64 values each is usual)", v.Dim, v.Heads, d, maxHeadDim)
	}
	return nil
}

func (c Config) validateModel() error {
	if c.Partial && c.InitFrom == "" {
		return errors.New("`partial` is for the weights that a run begins with: name them with `init_from`")
	}
	if err := oneOf("arch", c.Arch, Archs()...); err != nil {
		return err
	}
	err := first(
		func() error { return checkViT(c.ViT()) },
		func() error { return between("out_dim", c.OutDim, 2, maxOutDim) },
		func() error { return between("head_layers", c.HeadLayers, 1, 64) },
		func() error { return between("head_hidden", c.HeadHidden, 1, MaxWidth) },
		func() error { return between("head_bottleneck", c.HeadBottleneck, 1, MaxWidth) },
	)
	if err != nil {
		return err
	}
	if !(c.DropPathRate >= 0 && c.DropPathRate < 1) {
		return fmt.Errorf("`drop_path_rate` %v must be at least 0 and below 1 (0.1 is usual)", c.DropPathRate)
	}
	return nil
}

func (c Config) validateMethod() error {
	return first(
		func() error { return oneOf("method", c.Method, methodNames()...) },
		func() error { return oneOf("teacher", c.Teacher, Teachers()...) },
		func() error { return oneOf("centering", c.Centering, Centerings()...) },
		func() error { return between("queue_length", c.QueueLength, 0, 1<<22) },
		func() error { return between("epoch_queue_starts", c.EpochQueueStarts, 0, 1<<20) },
		func() error { return between("sinkhorn_iterations", c.SinkhornIterations, 1, 100) },
		func() error { return oneOf("loss", c.Loss, Losses()...) },
		func() error { return oneOf("head_activation", c.HeadActivation, "gelu", "relu") },
		c.checkTogether,
	)
}

// checkTogether reports choices that exclude each other.
func (c Config) checkTogether() error {
	balanced := c.Centering == CenteringSinkhorn || c.Centering == CenteringBatchSoftmax
	switch {
	case c.Loss == MSE && balanced:
		return fmt.Errorf("`centering` %s makes shares of prototypes, which `loss` mse has none of: take `centering` mean or none", c.Centering)
	case c.SinkhornPerView && !balanced:
		return errors.New("`sinkhorn_per_view` is for `centering` sinkhorn or batch-softmax")
	case c.Predictor && !c.L2Bottleneck:
		return errors.New("`predictor` stands ahead of the unit vectors that `l2_bottleneck` makes: it needs them")
	case c.Method == MethodMoCo && (c.QueueLength < 1 || c.QueueLength%(2*c.StepImages()) != 0):
		return fmt.Errorf("`queue_length` %d is no multiple of the %d outputs that a step of `batch_size` %d and `accumulate` %d puts in", c.QueueLength, 2*c.StepImages(), c.BatchSize, c.Accumulate)
	case c.Method == MethodSwAV && c.QueueLength%c.StepImages() != 0:
		return fmt.Errorf("`queue_length` %d is no multiple of the %d images of a step; 0 is none", c.QueueLength, c.StepImages())
	case c.Method == MethodSwAV && c.QueueLength*c.HeadBottleneck%64 != 0:
		return fmt.Errorf("`queue_length` %d times `head_bottleneck` %d has to be a multiple of 64", c.QueueLength, c.HeadBottleneck)
	case c.UseBNInHead && c.BatchSize < 2:
		return errors.New("`use_bn_in_head` needs a `batch_size` of 2 or more: a batch norm over one image knows no spread")
	}
	return nil
}

func (c Config) validateCrops() error {
	err := first(
		func() error { return cropSide("global_crops_size", c.GlobalCropsSize, c.PatchSize) },
		func() error { return scale("global_crops_scale", c.GlobalCropsScale) },
		func() error { return between("local_crops_number", c.LocalCropsNumber, 0, 1000) },
	)
	if err != nil || c.LocalCropsNumber == 0 {
		return err
	}
	return first(
		func() error { return cropSide("local_crops_size", c.LocalCropsSize, c.PatchSize) },
		func() error { return scale("local_crops_scale", c.LocalCropsScale) },
	)
}

func (c Config) validateTeacher() error {
	err := first(
		func() error { return share("momentum_teacher", c.MomentumTeacher) },
		func() error { return share("center_momentum", c.CenterMomentum) },
		func() error { return temperature("teacher_temp", c.TeacherTemp) },
		func() error { return temperature("warmup_teacher_temp", c.WarmupTeacherTemp) },
		func() error { return temperature("student_temp", c.StudentTemp) },
		func() error { return between("epochs", c.Epochs, 1, maxCount) },
		func() error { return between("warmup_teacher_temp_epochs", c.WarmupTeacherTempEpochs, 0, maxCount) },
	)
	if err != nil {
		return err
	}
	if c.WarmupTeacherTempEpochs > c.Epochs {
		return fmt.Errorf("`warmup_teacher_temp_epochs` %d is longer than the run's `epochs` %d: lower it (30 %% of the run is plenty) or train longer", c.WarmupTeacherTempEpochs, c.Epochs)
	}
	return nil
}

func (c Config) validateOptimizer() error {
	err := first(
		func() error { return oneOf("optimizer", c.Optimizer, Optimizers()...) },
		func() error { return rate("lr", c.LR) },
		func() error { return rate("min_lr", c.MinLR) },
		func() error { return rate("weight_decay", c.WeightDecay) },
		func() error { return rate("weight_decay_end", c.WeightDecayEnd) },
		func() error { return rate("clip_grad", c.ClipGrad) },
		func() error { return between("warmup_epochs", c.WarmupEpochs, 0, maxCount) },
		func() error { return between("freeze_last_layer", c.FreezeLastLayer, 0, maxCount) },
		func() error { return between("head_warmup_epochs", c.HeadWarmupEpochs, 0, maxCount) },
		func() error { return between("batch_size", c.BatchSize, 1, maxCount) },
		func() error { return between("accumulate", c.Accumulate, 1, maxCount) },
	)
	if err != nil {
		return err
	}
	if c.ScaledLR() > math.MaxFloat32 {
		return fmt.Errorf("`lr` %v makes a rate of %.2g for `batch_size` %d and `accumulate` %d, beyond the largest number a GPU computes with (0.0005 is usual)", c.LR, c.ScaledLR(), c.BatchSize, c.Accumulate)
	}
	if c.HeadWarmupEpochs > 0 && c.HeadWarmupEpochs >= c.Epochs {
		return fmt.Errorf("`head_warmup_epochs` %d leaves the backbone none of the run's `epochs` %d: lower it (a tenth of the run is plenty) or train longer", c.HeadWarmupEpochs, c.Epochs)
	}
	if c.WarmupEpochs > c.Epochs {
		return fmt.Errorf("`warmup_epochs` %d is longer than the run's `epochs` %d: lower it (a tenth of the run is usual) or train longer", c.WarmupEpochs, c.Epochs)
	}
	return nil
}

// Validate reports the first run option that makes no sense.
func (r Run) Validate() error {
	err := first(
		func() error { return between("max_steps", r.MaxSteps, 0, math.MaxInt32) },
		func() error { return between("checkpoint_every", r.CheckpointEvery, 0, math.MaxInt32) },
		func() error { return between("keep", r.Keep, 1, maxCount) },
		func() error { return between("saveckp_freq", r.SaveckpFreq, 0, maxCount) },
		func() error { return between("knn_every", r.KNNEvery, 0, maxCount) },
		func() error { return between("measure_every", r.MeasureEvery, 0, maxCount) },
		func() error { return checkMatmul(r.Matmul) },
		func() error { return oneOf("crops", r.Crops, CropsAuto, CropsApart, CropsTogether) },
	)
	switch {
	case err != nil:
		return err
	case r.MaxTime < 0:
		return fmt.Errorf("`max_time` %v is below 0: give a time like 2h, or 0s for no limit", r.MaxTime)
	case (r.KNNTrain == "") != (r.KNNTest == ""):
		return errors.New("`knn_train` and `knn_test` belong together: one holds the images that vote, the other those to classify; give both")
	}
	return nil
}

// Validate reports the first setting that no run can use.
func (s Settings) Validate() error {
	if err := s.Config.Validate(); err != nil {
		return err
	}
	if err := s.Run.Validate(); err != nil {
		return err
	}
	if s.Run.KNNEvery > 0 && s.Run.KNNTrain == "" && s.Config.Data != DataDemo {
		return fmt.Errorf("`knn_every` %d needs labeled images: name them with `knn_train` and `knn_test`, or set `knn_every` 0", s.Run.KNNEvery)
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func between(key string, v, lo, hi int) error {
	if v < lo {
		return fmt.Errorf("`%s` %d must be at least %d", key, v, lo)
	}
	if v > hi {
		return fmt.Errorf("`%s` %d must be at most %d", key, v, hi)
	}
	return nil
}

// checkMatmul knows more names than it lists: each variant also with the workgroups that a split of it wants.
func checkMatmul(name string) error {
	if layers.KnowsMatmul(name) {
		return nil
	}
	return oneOf("matmul", name, append([]string{"auto"}, layers.MatmulNames()...)...)
}

func oneOf[T ~string](key string, v T, words ...T) error {
	var list []string
	for _, w := range words {
		if v == w {
			return nil
		}
		list = append(list, string(w))
	}
	return fmt.Errorf("`%s` %q is unknown%s; choose %s", key, v, didYouMean(string(v), list), joinWords(list))
}

func cropSide(key string, side, patch int) error {
	if err := between(key, side, 1, MaxSide); err != nil {
		return err
	}
	if side < patch {
		return fmt.Errorf("`%s` %d is smaller than one patch of %d pixels: enlarge the crop or lower `patch_size`", key, side, patch)
	}
	return nil
}

func scale(key string, r Range) error {
	if !(r.Lo > 0 && r.Lo <= r.Hi && r.Hi <= 1) {
		return fmt.Errorf("`%s` %s must be two shares of the image's area, the smaller first, above 0 and at most 1, like 0.4,1", key, text(r))
	}
	return nil
}

func share(key string, v float64) error {
	if !(v >= 0 && v <= 1) {
		return fmt.Errorf("`%s` %v must lie between 0 and 1", key, v)
	}
	return nil
}

func temperature(key string, v float64) error {
	if !(v > 0) || !finite(v) {
		return fmt.Errorf("`%s` %v must be above 0: the loss divides by it (0.04 for the teacher and 0.1 for the student are usual)", key, v)
	}
	return nil
}

func rate(key string, v float64) error {
	if !(v >= 0) || !finite(v) {
		return fmt.Errorf("`%s` %v must be a number of 0 or more", key, v)
	}
	if v > math.MaxFloat32 {
		return fmt.Errorf("`%s` %v is beyond %.2g, the largest number a GPU computes with", key, v, float32(math.MaxFloat32))
	}
	return nil
}

func text(v interface{ MarshalText() ([]byte, error) }) string {
	b, _ := v.MarshalText()
	return string(b)
}

func joinWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
