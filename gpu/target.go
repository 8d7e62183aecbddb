package gpu

// A Target says what recording needs to know about the device that will run the program.
type Target struct {
	// Software says that the device is a driver that computes on the CPU: it has few lanes, pays for every dispatch and
	// barrier, and has more memory than arithmetic. For a GPU it is the other way round.
	Software bool
	// Matmul is the member of the matmul family to record where Choices does not say.
	Matmul Matmul
	// Variant is the variant to record where Choices does not say, but for shapes too small for it; "" is the member's
	// default. With Only it is recorded for every shape.
	Variant string
	Only    bool
	// Choices are the variants that were measured to be best here, by class of shape; package layers names both.
	Choices Choices
	// Attention is the member of the attention family to record.
	Attention Attention
}

// MatmulName is the member of the matmul family, or the variant that is recorded for every shape.
func (t Target) MatmulName() string {
	if t.Only {
		return t.Variant
	}
	return string(t.Matmul)
}

// Lanes is the number of invocations that share a row in reductions along rows: 1 on software adapters, where barriers
// cost much and lanes read independently, 32 on GPUs, where neighboring lanes read together.
func (t Target) Lanes() int {
	if t.Software {
		return 1
	}
	return 32
}

// Matmul names a member of the matmul family.
type Matmul string

// The members: shared-memory tiles for GPUs, registers alone for GPUs with slow workgroup memory, texture reads for
// software Vulkan.
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

// SoftwareTarget and GPUTarget are the defaults of the two kinds of adapter.
var (
	SoftwareTarget = Target{Software: true, Matmul: Texel, Attention: TexelAttention}
	GPUTarget      = Target{Matmul: Tile, Attention: TileAttention}
)
