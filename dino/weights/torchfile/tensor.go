package torchfile

import (
	"errors"
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// A storage is a stretch of the file that tensors look at.
type storage struct {
	element *element
	count   int64 // elements

	// The container says where it lies, once the pickle is read.
	offset  int64  // of its first byte in the file
	bytes   int64  // that the container keeps for it
	crc     uint32 // of those, where the container keeps one
	checked bool   // against crc
}

// A tensor is a view of a storage: element (i, j, ...) is the storage's element offset + i*strides[0] + j*strides[1] ...
type tensor struct {
	storage *storage
	element *element
	offset  int64
	shape   []int
	strides []int
	count   int64
}

// Costs of the two, with what remembers them.
const (
	storageCost = 320
	tensorCost  = 256
	dimCost     = 32
	mostDims    = 64 // torch's own limit
)

// storage gives the storage of a persistent id: ("storage", class, key, device, count of elements), and in the legacy
// format what part of another storage it is, which torch has left None since 0.4.
func (m *machine) storage(id any) (*storage, error) {
	t, ok := id.(tuple)
	if !ok || len(t) < 5 || len(t) > 6 || t[0] != "storage" {
		return nil, errors.New("its pickle refers to what is no storage")
	}
	c, ok := t[1].(*class)
	key, ok2 := t[2].(string)
	count, ok3 := t[4].(int64)
	if !ok || !ok2 || !ok3 || c.element == nil || count < 0 || count > math.MaxInt64/16 {
		return nil, errors.New("its pickle describes a storage in another way than torch.save")
	}
	if len(t) == 6 && t[5] != nil {
		return nil, refusal("holds storages that are parts of others, as PyTorch before 0.4 wrote them: load it in PyTorch and save it again")
	}
	if s, known := m.storages[key]; known {
		if s.element != c.element || s.count != count {
			return nil, fmt.Errorf("its pickle describes storage %s in two ways", disk.Quote(key))
		}
		return s, nil
	}
	if err := m.in.budget.take(storageCost); err != nil {
		return nil, err
	}
	s := &storage{element: c.element, count: count}
	m.storages[key] = s
	return s, nil
}

// rebuildTensor takes (storage, offset, shape, strides, and in v2 requires_grad, hooks, metadata).
func rebuildTensor(m *machine, args []any) (any, error) {
	if len(args) < 4 || len(args) > 7 {
		return nil, errArguments
	}
	if s, ok := args[0].(*storage); !ok || s.element.name == untyped {
		return nil, errArguments
	}
	return rebuild(m, args, args[0].(*storage).element, args[min(6, len(args)):])
}

// rebuildTyped takes (storage of bytes, offset, shape, strides, requires_grad, hooks, dtype, metadata).
func rebuildTyped(m *machine, args []any) (any, error) {
	if len(args) < 7 || len(args) > 8 {
		return nil, errArguments
	}
	c, ok := args[6].(*class)
	if s, ok2 := args[0].(*storage); !ok || !ok2 || s.element.name != untyped || c.element == nil || c.element.name == untyped {
		return nil, errArguments
	}
	return rebuild(m, args, c.element, args[7:])
}

// rebuildParameter takes (tensor, requires_grad, hooks, and perhaps attributes).
func rebuildParameter(_ *machine, args []any) (any, error) {
	if len(args) >= 3 {
		if t, ok := args[0].(*tensor); ok {
			return t, nil
		}
	}
	return nil, errArguments
}

func rebuild(m *machine, args []any, e *element, metadata []any) (any, error) {
	s := args[0].(*storage)
	offset, ok := args[1].(int64)
	shape, ok2 := args[2].(tuple)
	strides, ok3 := args[3].(tuple)
	if !ok || !ok2 || !ok3 || offset < 0 || len(shape) != len(strides) || len(shape) > mostDims {
		return nil, errArguments
	}
	if len(metadata) == 1 && metadata[0] != nil {
		if d, ok := metadata[0].(*dict); !ok || len(d.keys) > 0 {
			return nil, refusal("holds a tensor that is to be negated or conjugated when it is read: save t.resolve_neg() or t.resolve_conj() of it")
		}
	}
	if err := m.in.budget.take(tensorCost + dimCost*int64(len(shape))); err != nil {
		return nil, err
	}
	t := &tensor{storage: s, element: e, offset: offset, shape: make([]int, len(shape)), strides: make([]int, len(shape)), count: 1}
	last, empty := offset, false // last element of the storage that is looked at
	for i := range shape {
		d, ok := shape[i].(int64)
		stride, ok2 := strides[i].(int64)
		if !ok || !ok2 || d < 0 || stride < 0 {
			return nil, errArguments
		}
		empty = empty || d == 0
		t.shape[i], t.strides[i] = int(d), int(stride)
		if t.count, ok = multiply(t.count, d); !ok {
			return nil, fmt.Errorf("its pickle has a tensor of shape %v, which no memory holds", shape[:i+1])
		}
		reach, ok := multiply(max(d-1, 0), stride)
		if last += reach; !ok || last < 0 {
			last = math.MaxInt64
		}
	}
	if !empty && last >= s.count*s.element.size/e.size {
		return nil, fmt.Errorf("its pickle has a tensor of shape %v that reaches to element %d of a storage of %d", t.shape, last, s.count)
	}
	return t, nil
}

// multiply multiplies numbers that are not negative; ok is false where one or the product is beyond any memory.
func multiply(a, b int64) (product int64, ok bool) {
	const most = math.MaxInt64 / 16 // so that sizes in bytes, and sums of a few, stay in range
	if b > most || b != 0 && a > most/b {
		return 0, false
	}
	return a * b, true
}
