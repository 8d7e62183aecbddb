package report

// A level is a line across a plot that curves are read against.
type level int

const (
	noLevel     level = iota
	atLnK             // each run's ln K
	atZeroToLnK       // 0 and each run's ln K
	atChance          // the last value of the curves' chance key
)

// Which extreme or mean of a curve stands in the table of numbers, beside its last value.
type also string

const (
	alsoNothing also = ""
	alsoLowest  also = "lowest"
	alsoHighest also = "highest"
	alsoMean    also = "mean"
)

// A curve is a plot of one number, or of the teacher's and the student's, over a run's steps.
type curve struct {
	ID, Title, Unit string
	Read            string // a sentence or two on how to read it
	key             string // the teacher's, where there are two
	student         string // drawn in dashes; empty: one line a run
	chance          string // key of what guessing gives
	level           level
	also            also
	scale           float64 // shown as value times this; 0: 1
	log             bool    // a logarithmic axis where values spread widely
	points          bool    // few: measured once in a while
}

// curves are the plots of a page, in their order.
var curves = []curve{
	{
		ID: "loss", Title: "Loss", key: "loss", level: atLnK, also: alsoLowest,
		Read: "The cross-entropy of the student's outputs to the teacher's. The dashed line is ln K, what a network scores that spreads its guess over all K prototypes. A loss that falls, rises after the last layer thaws and ends near where it began is usual: the teacher moves as well. Judge by k-NN or the retrieval of views.",
	},
	{
		ID: "entropy", Title: "Entropy of the teacher's targets", key: "entropy", level: atZeroToLnK,
		Read: "How widely the teacher spreads its targets. A healthy run stays between the two dashed lines. At ln K every prototype gets the same share, at 0 one prototype gets every image: either way the run has collapsed.",
	},
	{
		ID: "kl", Title: "KL divergence, teacher to student", key: "kl",
		Read: "Loss less entropy: what the student still has to learn from the teacher. It stays above 0 in a healthy run. Near 0 for long, with the entropy near 0 or ln K, it is a collapse.",
	},
	{
		ID: "spread", Title: "Spread of the teacher's outputs", key: "output_std",
		Read: "The standard deviation of unit outputs, the mean over their dimensions, of methods whose targets are no shares of prototypes. At 0 every image gets the same output: the run has collapsed. Outputs that are spread over all directions have 1 divided by the root of their width.",
	},
	{
		ID: "positive", Title: "Queries that find their key", Unit: "%", key: "positive_top1",
		Read: "How often a query is nearer to the key of its own image than to everything in MoCo's queue. It rises as the network learns to tell images apart.",
	},
	{
		ID: "train-top1", Title: "Right classes in training", Unit: "%", key: "train_top1",
		Read: "How often the classifier names the class of a crop that it is learning from. It says nothing of other images.",
	},
	{
		ID: "knn", Title: "k-NN accuracy", Unit: "%", key: "knn_teacher", student: "knn_student", also: alsoHighest, points: true,
		Read: "How often the nearest labeled images name an image's class. Higher is better. The teacher (solid) should be above the student (dashed) for most of the training: it is an average over many students.",
	},
	{
		ID: "views", Title: "Top-1 retrieval of two views", Unit: "%", key: "views_top1_teacher", student: "views_top1_student", chance: "views_top1_chance", level: atChance, also: alsoHighest, points: true,
		Read: "How often a moved copy's nearest neighbor is its original; no labels are needed. Higher is better. The dashed gray line is what guessing gives. Teacher solid, student dashed.",
	},
	{
		ID: "rankme", Title: "Effective rank of the features (RankMe)", key: "rankme_teacher", student: "rankme_student", also: alsoHighest, points: true,
		Read: "How many directions the features use. Of two runs alike in all else the one with more usually does better. A fall toward 1 is a collapse. Teacher solid, student dashed.",
	},
	{
		ID: "prototypes", Title: "Prototypes in use", key: "prototypes_used", points: true,
		Read: "How many of the K prototypes are some image's most likely one. A handful out of thousands says that the head tells little apart.",
	},
	{
		ID: "lr", Title: "Learning rate", key: "lr",
		Read: "It warms up from 0, then follows half a cosine down.",
	},
	{
		ID: "decay", Title: "Weight decay", key: "weight_decay",
		Read: "It rises along half a cosine.",
	},
	{
		ID: "momentum", Title: "Momentum of the teacher", key: "momentum",
		Read: "The share of itself that the teacher keeps each step. It rises to 1, where the teacher stands still.",
	},
	{
		ID: "temperature", Title: "Temperature of the teacher", key: "teacher_temp",
		Read: "The lower, the sharper the teacher's targets. Too high a one leads to uniform targets.",
	},
	{
		ID: "grad", Title: "Norm of the gradient", key: "grad_norm", log: true,
		Read: "Of all weights together, before clipping, which is done tensor by tensor. Spikes are usual; a climb that does not end comes before a run that breaks.",
	},
	{
		ID: "speed", Title: "Images per second", key: "images_per_second", also: alsoMean,
		Read: "How fast the device trains. Dips are checkpoints, evaluations or another program.",
	},
	{
		ID: "wait", Title: "Time spent waiting for images", Unit: "%", key: "data_wait", also: alsoMean, scale: 100,
		Read: "Above some 10 % the disk or the processor holds the device up: more workers (`num_workers`) or smaller files help.",
	},
}

func (c curve) times() float64 {
	if c.scale == 0 {
		return 1
	}
	return c.scale
}
