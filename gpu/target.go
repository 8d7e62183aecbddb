package gpu

// Target is what recording needs to know of the device that will run the program.
type Target struct {
	// Software says that the device is a driver that computes on the CPU: it has few lanes, pays for every dispatch and
	// barrier, and has more memory than arithmetic. A GPU has it the other way.
	Software bool
	// Matmul is the member of the matmul family to record where Choices does not say.
	Matmul Matmul
	// Choices are the variants that were measured to be best here, by class of shape; package layers gives both
	// their names.
	Choices Choices
	// Attention is the member of the attention family to record.
	Attention Attention
}

// Lanes is how many invocations share a row in reductions along rows: 1 on software adapters, where barriers are dear
// and every lane may read where it likes, 32 on GPUs, where neighbours read together.
func (t Target) Lanes() int {
	if t.Software {
		return 1
	}
	return 32
}

// Matmul names a member of the matmul family.
type Matmul string

// The members: shared-memory tiles for GPUs, registers alone for those with slow workgroup memory, texture reads
// for software Vulkan.
const (
	Tile     Matmul = "tile"
	Register Matmul = "register"
	Texel    Matmul = "texel"
)

// Attention names a member of the attention family.
type Attention string

// The members, as the matmuls' of these names.
const (
	TileAttention  Attention = "tile"
	TexelAttention Attention = "texel"
)

// Choices map a class of matmul shapes to the name of a variant.
type Choices map[string]string

// SoftwareTarget and GPUTarget are what the two kinds of adapter take by default.
var (
	SoftwareTarget = Target{Software: true, Matmul: Texel, Attention: TexelAttention}
	GPUTarget      = Target{Matmul: Tile, Attention: TileAttention}
)
