package study

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// All are the studies. The paper's numbers are of ViT-S/16 on ImageNet.
func All() []Study {
	return []Study{
		{
			Name: "teacher", Title: "Where the teacher comes from", Source: "Figure 6",
			Question: "Does the teacher have to be an average over students?",
			Reading: "A copy of the student, now or one step ago, gives targets that the student can meet by saying the same of every image: " +
				"the KL divergence goes to 0 and k-NN stays where an untrained network is. The student of the last epoch and the moving average teach; " +
				"with the average the teacher is above the student. A short run shows which collapse, and not by how much the others differ in the end.",
			Rows: []Row{
				{Name: "momentum", Title: "momentum", Changes: fixed("teacher", "momentum"), Paper: knn(72.8)},
				{Name: "previous-epoch", Title: "previous epoch", Changes: fixed("teacher", "previous-epoch"), Paper: knn(66.6)},
				{Name: "previous-iteration", Title: "previous iteration", Changes: fixed("teacher", "previous-iteration"), Paper: knn(0.1)},
				{Name: "copy", Title: "student copy", Changes: fixed("teacher", "copy"), Paper: knn(0.1)},
			},
		},
		{
			Name: "collapse", Title: "What keeps the targets apart", Source: "Figure 7",
			Question: "What does centering do, and what does sharpening?",
			Reading: "Look at the targets' entropy h and the KL divergence. With both, h stays between 0 and ln K, and KL above 0. " +
				"Without centering one prototype takes over: h goes to 0. Without sharpening every prototype gets the same share: h goes to ln K. " +
				"Either way KL goes to 0, and nothing is learned any more. Which way a run falls shows within an epoch or a few.",
			Rows: []Row{
				{Name: "both", Title: "centering and sharpening", Changes: fixed()},
				{Name: "no-centering", Title: "sharpening only", Changes: fixed("centering", "none")},
				{Name: "no-sharpening", Title: "centering only", Changes: fixed("teacher_temp", "0.1", "warmup_teacher_temp", "0.1", "warmup_teacher_temp_epochs", "0")},
			},
		},
		{
			Name: "components", Title: "What DINO is made of", Source: "Table 7",
			Question: "Which parts matter, and what do other methods learn in the same setting?",
			Reading: "In the paper the average teacher matters most, then cross entropy and multi-crop; Sinkhorn-Knopp does as well as centering. " +
				"All rows see as many images; BYOL and MoCo see no local crops, so their steps are cheaper. On few images or in few epochs the order of what learns can be another.",
			Rows: []Row{
				{Name: "dino", Title: "DINO", Changes: fixed(), Paper: both(72.8, 76.1)},
				{Name: "no-momentum", Title: "teacher is a copy", Changes: fixed("teacher", "copy"), Paper: both(0.1, 0.1)},
				{Name: "sinkhorn", Title: "Sinkhorn-Knopp for centering", Changes: fixed("centering", "sinkhorn"), Paper: both(72.2, 76.0)},
				{Name: "no-multi-crop", Title: "no multi-crop", Changes: twoCrops, Paper: both(67.9, 72.5)},
				{Name: "mse", Title: "MSE for cross entropy", Changes: fixed("loss", "mse"), Paper: both(52.6, 62.4)},
				{Name: "predictor", Title: "with a predictor", Changes: fixed("predictor", "true"), Paper: both(71.8, 75.6)},
				{Name: "byol", Title: "BYOL", Changes: method(settings.MethodBYOL), Paper: both(66.6, 71.4)},
				{Name: "moco", Title: "MoCo-v2", Changes: method(settings.MethodMoCo), Paper: both(62.0, 71.6)},
				{Name: "swav", Title: "SwAV (copied teacher, Sinkhorn-Knopp)", Changes: fixed("teacher", "copy", "centering", "sinkhorn"), Paper: both(64.7, 71.8)},
			},
		},
		{
			Name: "centering", Title: "What stands in the center's place", Source: "Table 15",
			Question: "Is it centering that keeps from collapse, or the average teacher?",
			Reading: "With an average teacher all three do. With a copied one, centering alone collapses, and a balance over the batch, by a softmax or by Sinkhorn-Knopp, does not. " +
				"The balance is over one batch: in small batches it forces apart what belongs together.",
			Rows: []Row{
				{Name: "momentum-mean", Title: "momentum, centering", Changes: fixed("centering", "mean"), Paper: linear(76.1)},
				{Name: "momentum-softmax", Title: "momentum, softmax over the batch", Changes: fixed("centering", "batch-softmax"), Paper: linear(75.8)},
				{Name: "momentum-sinkhorn", Title: "momentum, Sinkhorn-Knopp", Changes: fixed("centering", "sinkhorn"), Paper: linear(76.0)},
				{Name: "copy-mean", Title: "copy, centering", Changes: fixed("teacher", "copy", "centering", "mean"), Paper: linear(0.1)},
				{Name: "copy-softmax", Title: "copy, softmax over the batch", Changes: fixed("teacher", "copy", "centering", "batch-softmax"), Paper: linear(72.2)},
				{Name: "copy-sinkhorn", Title: "copy, Sinkhorn-Knopp", Changes: fixed("teacher", "copy", "centering", "sinkhorn"), Paper: linear(71.8)},
			},
		},
		{
			Name: "batch-size", Title: "How many images a step learns from", Source: "Table 9",
			Question: "Do small batches learn as well?",
			Reading: "The learning rate grows with the batch, by accumulation, and every row sees each image as often: larger batches take fewer steps. " +
				"In the paper little is lost down to 128; with few images it is steps that teach, and small batches can win.",
			Rows: []Row{
				{Name: "x1", Title: "the batch", Changes: steps(1), Paper: knn(57.9)},
				{Name: "x2", Title: "2 batches", Changes: steps(2), Paper: knn(59.1)},
				{Name: "x4", Title: "4 batches", Changes: steps(4), Paper: knn(59.6)},
				{Name: "x8", Title: "8 batches", Changes: steps(8), Paper: knn(59.9)},
			},
		},
		{
			Name: "patch-size", Title: "Accuracy against speed", Source: "Figure 5",
			Question: "What do smaller patches bring, and what do they cost?",
			Reading:  "Half the patch is four times the tokens. Set k-NN beside images per second. The paper's curves are of 300 epochs; of them only the gain is told, about 4 points from 16 to 8.",
			Rows: []Row{
				{Name: "double", Title: "twice the patch", Changes: patch(2, 1)},
				{Name: "same", Title: "the patch", Changes: patch(1, 1)},
				{Name: "half", Title: "half the patch", Changes: patch(1, 2)},
			},
		},
		{
			Name: "crops", Title: "How many local crops", Source: "Table 8",
			Question: "What do local crops bring, and what do they cost?",
			Reading:  "More local crops learn more of the same images, at more time a step: set k-NN beside images per second. Without any, global crops take 0.14 to 1 of an image, as in the paper.",
			Rows: []Row{
				{Name: "0", Title: "no local crops", Changes: twoCrops, Paper: linear(67.8)},
				{Name: "2", Title: "2 local crops", Changes: fixed("local_crops_number", "2"), Paper: linear(71.5)},
				{Name: "6", Title: "6 local crops", Changes: fixed("local_crops_number", "6"), Paper: linear(73.8)},
				{Name: "10", Title: "10 local crops", Changes: fixed("local_crops_number", "10"), Paper: linear(74.6)},
			},
		},
		{
			Name: "heads", Title: "What the head is made of", Source: "Appendix C",
			Question: "Do batch norm, the activation and the bottleneck of unit vectors matter?",
			Reading:  "In the paper heads without batch norm are a little better, and GELU than ReLU; without the bottleneck, heads of three layers and more do not train.",
			Rows: []Row{
				{Name: "as-it-is", Title: "GELU, no batch norm", Changes: fixed(), Paper: knn(69.7)},
				{Name: "batch-norm", Title: "batch norm", Changes: fixed("use_bn_in_head", "true"), Paper: knn(68.6)},
				{Name: "relu", Title: "ReLU", Changes: fixed("head_activation", "relu"), Paper: knn(68.9)},
				{Name: "no-bottleneck", Title: "no l2 bottleneck", Changes: fixed("l2_bottleneck", "false"), Paper: knn(0.1)},
			},
		},
	}
}

// twoCrops is training without multi-crop: the global crops then take more of an image.
func twoCrops(settings.Config) ([]Change, error) {
	return fixed("local_crops_number", "0", "global_crops_scale", "0.14,1")(settings.Config{})
}

// steps takes so many times the images a step.
func steps(times int) func(settings.Config) ([]Change, error) {
	return func(c settings.Config) ([]Change, error) {
		return []Change{{"accumulate", fmt.Sprint(c.Accumulate * times)}}, nil
	}
}

// patch takes patches of num/den the size.
func patch(num, den int) func(settings.Config) ([]Change, error) {
	return func(c settings.Config) ([]Change, error) {
		size := c.PatchSize * num / den
		if size < 1 || c.GlobalCropsSize < size || c.LocalCropsNumber > 0 && c.LocalCropsSize < size {
			return nil, fmt.Errorf("patches of %d pixels do not fit crops of %d and %d", size, c.GlobalCropsSize, c.LocalCropsSize)
		}
		return []Change{{"patch_size", fmt.Sprint(size)}}, nil
	}
}

// method is another method, its head of the run's own widths where the run has smaller ones than the paper's.
func method(name string) func(settings.Config) ([]Change, error) {
	return func(c settings.Config) ([]Change, error) {
		list := []Change{{"method", name}}
		if d := settings.DefaultConfig(); c.HeadHidden != d.HeadHidden || c.HeadBottleneck != d.HeadBottleneck {
			list = append(list, Change{"head_hidden", fmt.Sprint(c.HeadHidden)}, Change{"head_bottleneck", fmt.Sprint(c.HeadBottleneck)})
		}
		if name == settings.MethodMoCo {
			list = append(list, Change{"queue_length", fmt.Sprint(queueOf(c))})
		}
		return list, nil
	}
}

// queueOf is how long MoCo's queue is: 65,536 in the paper, of 1.28 million images; in the same measure of the prototypes it
// stands for, as many as there are, in whole steps.
func queueOf(c settings.Config) int {
	step := 2 * c.StepImages()
	return max(step, c.OutDim/step*step)
}
