package torchfile

import "github.com/dinogpu/dinogpu/dino/disk"

// A budget is the memory that a file may still take, all of it together. Whatever allocates by a number from the file
// asks it first. Float32 of one-byte elements are four times the file; the rest is for the objects around them.
type budget struct {
	left, size int64
	plain      bool // of no PyTorch file
}

const (
	budgetPerByte = 4
	budgetBase    = 40 << 20
)

func newBudget(size int64) budget { return budget{left: budgetPerByte*size + budgetBase, size: size} }

func (b *budget) fits(n int64) bool { return n <= b.left }

func (b *budget) take(n int64) error {
	if !b.fits(n) && b.plain {
		return refusef("would take far more memory than a file of %s should: give it as JSON", disk.Size(uint64(b.size)))
	}
	if !b.fits(n) {
		return refusef("would take far more memory than a file of %s should: save the weights alone in PyTorch, with "+
			`torch.save(model.state_dict(), "weights.pth"), and give that file`, disk.Size(uint64(b.size)))
	}
	b.left -= n
	return nil
}
