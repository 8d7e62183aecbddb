package gpu

// A Fold says how a tensor lies in a texture of rgba32float texels: 1 << Shift rows of the tensor side by side in
// a row of the texture, so that a kernel finds a texel from its row and column without a division. Flat tensors,
// whose rows are too long for that, run on from one texture row to the next, 1,024 texels each.
type Fold struct {
	Shift int
	Flat  bool

	width, height int // texels that hold the tensor
}

const (
	maxTextureSide = 8192
	flatWidth      = 1024
	// rowTexels divides the texels of a texture's row: a copy from a buffer needs rows of whole 256 bytes.
	rowTexels = 16
)

// Width is the number of the tensor's texels in a row of the texture, be they from one row of the
// tensor or from several.
func (f Fold) Width() int { return f.width }

// FoldOf is the fold by which Dispatch stages t.
func FoldOf(t Tensor) Fold {
	rows, texels := t.Rows(), t.Cols()/4
	flat := Fold{Flat: true, width: flatWidth, height: ceil(t.bytes()/16, flatWidth)}
	if t.Cols()%4 != 0 {
		return flat
	}
	for s := 0; texels<<s < maxTextureSide; s++ {
		if h := ceil(rows, 1<<s); texels<<s%rowTexels == 0 && h < maxTextureSide {
			return Fold{Shift: s, width: texels << s, height: h}
		}
	}
	return flat
}

// size is that of the texture. Powers of two are avoided: Mesa's software driver compiles a kernel once for
// textures of such a side and once for others, the second time in the middle of a submission.
func (f Fold) size() textureSize {
	odd := func(n int) int {
		if n&(n-1) == 0 {
			n++
		}
		return max(n, 3)
	}
	return textureSize{odd(f.width), odd(f.height)}
}

type textureSize struct{ width, height int }

func (s textureSize) bytes() int { return s.width * s.height * 16 }

func ceil(n, by int) int { return (n + by - 1) / by }
