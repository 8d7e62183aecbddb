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
	// Binding is how many bytes of a tensor a kernel may see at once; 0: WebGPU's default of 128 MiB, which every device has.
	Binding int
	// DispatchFlops is the most arithmetic, 2 per multiply-add, that one dispatch should be given; 0: any.
	DispatchFlops int
	// DX12 says that Microsoft's FXC compiles the kernels, and that copies into textures begin at multiples of 512 bytes.
	DX12 bool
}

// DesktopBinding is the binding of nearly every desktop GPU, through any of the three systems.
const DesktopBinding = 1<<31 - 1

// A driver ends a program of which a dispatch takes about 2 seconds, and a screen that is drawn by the same GPU stands still
// meanwhile. So a dispatch takes about 0.3 seconds at most, by these floors of what a GPU does in one: 30 GFLOP/s of the
// smallest integrated ones of about 2017, with 24 units at 1 GHz that reach a tenth of their peak, and 330 of a
// small card.
const (
	integratedFlops = 9_000_000_000
	discreteFlops   = 100_000_000_000
)

// DesktopTarget is what a plan goes by that is for a desktop GPU which it does not look at.
func DesktopTarget() Target {
	t := GPUTarget
	t.Binding, t.DispatchFlops = DesktopBinding, discreteFlops
	return t
}

// binding is Binding with its default.
func (t Target) binding() int {
	if t.Binding == 0 {
		return defaultBinding
	}
	return t.Binding
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

// SoftwareTarget and GPUTarget are the defaults of the two kinds of adapter, DX12Target that of a GPU by DX12: FXC takes 7 to
// 30 s for each kernel with tiles, nearly all of it for the workgroup memory that it is made to clear, and less than 2 s for
// most others.
var (
	SoftwareTarget = Target{Software: true, Matmul: Texel, Attention: TexelAttention}
	GPUTarget      = Target{Matmul: Tile, Attention: TileAttention}
	DX12Target     = Target{Matmul: Register, Attention: TexelAttention, DX12: true}
)
