package settings

// An Optimizer is one of those that a run can learn with.
type Optimizer string

// The optimizers.
const (
	AdamW Optimizer = "adamw"
	SGD   Optimizer = "sgd"
	LARS  Optimizer = "lars"
)

// Optimizers lists them.
func Optimizers() []Optimizer { return []Optimizer{AdamW, SGD, LARS} }

// A Teacher says where the teacher's weights come from (paper, section 5.2 and figure 6).
type Teacher string

// The teachers.
const (
	TeacherMomentum          Teacher = "momentum"           // the moving average of the student's
	TeacherPreviousEpoch     Teacher = "previous-epoch"     // the student's at the end of the last epoch
	TeacherPreviousIteration Teacher = "previous-iteration" // the student's one step ago
	TeacherCopy              Teacher = "copy"               // the student's
)

// Teachers lists them.
func Teachers() []Teacher {
	return []Teacher{TeacherMomentum, TeacherPreviousEpoch, TeacherPreviousIteration, TeacherCopy}
}

// A Centering says what keeps the teacher's targets from falling to one prototype (paper, section 3.1 and table 15).
type Centering string

// The centerings.
const (
	CenteringMean         Centering = "mean"          // the moving mean of outputs is taken off
	CenteringSinkhorn     Centering = "sinkhorn"      // prototypes get equal shares of a batch, SwAV's way
	CenteringBatchSoftmax Centering = "batch-softmax" // one iteration of that
	CenteringNone         Centering = "none"
)

// Centerings lists them.
func Centerings() []Centering {
	return []Centering{CenteringMean, CenteringSinkhorn, CenteringBatchSoftmax, CenteringNone}
}

// A Loss compares the student's outputs with the teacher's (paper, table 7).
type Loss string

// The losses.
const (
	CrossEntropy Loss = "ce"
	MSE          Loss = "mse"
)

// Losses lists them.
func Losses() []Loss { return []Loss{CrossEntropy, MSE} }

// Crops says which crops of a step run side by side: more of them make fewer and larger dispatches, and need memory for
// the activations of all.
type Crops string

// The ways to share the crops out over passes, the fastest first behind auto.
const (
	CropsAuto     Crops = "auto"     // the fastest that fits
	CropsTogether Crops = "together" // all crops at once
	CropsBySize   Crops = "by size"  // those of one size; auto alone chooses it
	CropsApart    Crops = "apart"    // each by itself
)
