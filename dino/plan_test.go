package dino

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/gpu"
)

// The reference's sizes: parameters to the one, work per image to the last digit that is published. Memory is worked
// out a second time.
func TestPlanOfThePresets(t *testing.T) {
	for _, c := range []struct {
		preset     string
		parameters int
		gflops     float64
	}{{"vits16", 44_017_792, 114}, {"vitti16", 0, 31}, {"vitb16", 0, 436}, {"vits8", 0, 518}} {
		s, err := settings.FromPreset(c.preset)
		if err != nil {
			t.Fatal(err)
		}
		s.Config.LocalCropsNumber, s.Config.BatchSize = 8, 2
		if got := flopsPerImage(s.Config, newDINO(s.Config, Shared{})) / 1e9; math.Abs(got-c.gflops) > 0.006*c.gflops+0.5 {
			t.Errorf("%s takes %.1f GFLOP per image, want %g", c.preset, got, c.gflops)
		}
		tr, err := Record(s.Config, gpu.GPUTarget, 1, Options{Crops: settings.CropsTogether})
		if err != nil {
			t.Fatal(err)
		}
		p, err := tr.Plan()
		if err != nil {
			t.Fatal(err)
		}
		if c.parameters != 0 && p.Parameters != c.parameters {
			t.Errorf("%s has %d parameters, want %d", c.preset, p.Parameters, c.parameters)
		}
		want, least, most := bytesTogether(s.Config)
		if a := p.Bytes.Activations; a < least || a > most {
			t.Errorf("%s: %d bytes of activations, want %d to %d", c.preset, a, least, most)
		}
		want.Activations = p.Bytes.Activations
		want.Total += p.Bytes.Activations
		if d := cmp.Diff(want, p.Bytes); d != "" {
			t.Errorf("%s: bytes (-want +got):\n%s", c.preset, d)
		}
		if want := 2 * flopsPerImage(s.Config, newDINO(s.Config, Shared{})); p.FlopsPerStep != want {
			t.Errorf("%s: %g FLOP per step of two images, want %g", c.preset, p.FlopsPerStep, want)
		}
		if p.LargestBinding > 128<<20 || p.DispatchesPerStep < 100 {
			t.Errorf("%s: %+v", c.preset, p)
		}
	}
}

// bytesTogether works out from the settings alone what AdamW on a GPU takes with all crops side by side: everything to
// the byte but the activations, which Total leaves out, and between what they lie.
func bytesTogether(c settings.Config) (b PlanBytes, least, most int) {
	size := c.Size()
	D, K, B, neck := size.Dim, c.OutDim, c.BatchSize, c.HeadBottleneck
	side, local := c.GlobalCropsSize/c.PatchSize, c.LocalCropsSize/c.PatchSize
	tensors := []int{D, (side*side + 1) * D, 3 * c.PatchSize * c.PatchSize * D, D} // class token, positions, embedding
	for range size.Depth {
		tensors = append(tensors, D, D, 3*D*D, 3*D, D*D, D, D, D, 4*D*D, 4*D, 4*D*D, D) // norm, qkv, projection, norm, MLP
	}
	tensors = append(tensors, D, D)
	hidden := c.HeadHidden
	tensors = append(tensors, D*hidden, hidden, hidden*hidden, hidden, hidden*neck, neck, K, K*neck) // a head of three layers
	// Tensors begin at multiples of 256 elements, in arenas of at most 128 MiB; each arena has a table of those blocks,
	// whose rows begin at multiples of 64.
	arenas := []int{0}
	for _, n := range tensors {
		blocks := (n + 255) / 256
		if 1024*(arenas[len(arenas)-1]+blocks) > 128<<20 {
			arenas = append(arenas, 0)
		}
		arenas[len(arenas)-1] += blocks
	}
	table := 0
	for _, blocks := range arenas {
		b.Weights += 1024 * blocks
		table += (blocks + 63) / 64 * 64
	}
	b.Gradients, b.Teacher, b.Moments = b.Weights, b.Weights, 2*b.Weights
	crops := 2 + c.LocalCropsNumber
	b.Logits = 4 * K * (2*B + crops*B)

	whole := func(bytes int) int { return (bytes + 255) / 256 * 256 } // what a buffer takes
	b.Staging = whole(3*2*B*c.GlobalCropsSize*c.GlobalCropsSize) + whole(3*c.LocalCropsNumber*B*c.LocalCropsSize*c.LocalCropsSize)
	b.Staging += whole(4 * (local*local + 1) * (side*side + 1))               // resizes the positions for local crops
	b.Staging += whole(4 * table)                                             // each block's tensor
	b.Staging += 2 * whole(8*len(tensors))                                    // each tensor's blocks, and its norm
	b.Staging += 2 * whole(4*K)                                               // center, and its sum
	b.Staging += whole(4*2*B) + whole(4*crops*B) + 3*256                      // entropies, losses; sums, scalars, a flag
	b.Staging += whole(4 * 2 * (size.Depth - 1) * ((crops*B + 63) / 64 * 64)) // drop path, but in the first block
	b.Total = b.Weights + b.Gradients + b.Moments + b.Teacher + b.Logits + b.Staging

	// Of each block but the last, which is done for the class token alone, backward needs its input, its queries, keys
	// and values, attention's output, the sum, and the MLP's inner layer. Nothing needs twice that and the prototypes.
	rows := B * (2*(side*side+1) + c.LocalCropsNumber*(local*local+1))
	least = 4 * rows * D * (1 + 3 + 1 + 1 + 4) * (size.Depth - 1)
	return b, least, 2*least + 2*4*K*neck
}
