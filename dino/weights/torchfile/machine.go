package torchfile

import (
	"errors"
	"fmt"
)

// The reader of pickles is this package's own: nlpodyssey/gopickle, the library for Go, allocates by the lengths that a
// file claims, builds whatever class it is handed, and recurses. The opcodes that torch.save makes use of are few.

// What a pickle's values are here: nil, bool, int64, float64, string, and these. An integer beyond int64, bytes, a set
// and what nobody looks into are opaque.
type (
	opaque struct{}
	tuple  []any
	list   struct{ items []any }
	// A dict keeps the order of its entries; an argparse.Namespace is one too, whose state becomes entries.
	dict struct {
		keys, items []any
		namespace   bool
	}
)

// opCost is about the most that an opcode makes the machine allocate, with the growth of what it goes into; an entry of
// the memo costs memoCost more, and one of a dictionary that is copied costs entryCost.
const (
	opCost    = 160
	memoCost  = 96
	entryCost = 160
)

// A machine runs one pickle. Its stack and memo grow by opcodes read, never by numbers in the file.
type machine struct {
	in       *input
	stack    []any
	marks    []int // where the stack stood
	memo     map[uint64]any
	storages map[string]*storage
	plain    bool // of no PyTorch file: bytes are kept, and its classes are plainClasses
}

// run reads a pickle to its end and gives what it builds.
func (m *machine) run() (any, error) {
	m.stack, m.marks, m.memo = m.stack[:0], m.marks[:0], map[uint64]any{}
	for {
		op, err := m.in.byte()
		if err != nil {
			return nil, err
		}
		if op == '.' {
			return m.pop()
		}
		if err := m.in.budget.take(opCost); err != nil {
			return nil, err
		}
		if err := m.step(op); err != nil {
			return nil, err
		}
	}
}

// step runs one opcode of protocols 2 to 5; their names are pickletools'.
func (m *machine) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		v, err := m.in.byte()
		if err == nil && (v < 2 || v > 5) {
			err = fmt.Errorf("its pickle has protocol %d", v)
		}
		return err
	case 0x95: // FRAME: how much follows at least, which is of no use here
		n, err := m.in.number(8)
		if err == nil && n > uint64(m.in.left) {
			err = fmt.Errorf("its pickle has a frame of %d bytes, and %d are left", n, m.in.left)
		}
		return err
	case '(': // MARK
		m.marks = append(m.marks, len(m.stack))
		return nil
	case '0': // POP
		_, err := m.pop()
		return err
	case '1': // POP_MARK
		_, err := m.popMark()
		return err
	case '2': // DUP
		v, err := m.top()
		return m.pushed(v, err)
	case 'q', 'r', 0x94, 'h', 'j': // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
		return m.remember(op)
	case ']', 'a', 'e', '}', 's', 'u', ')', 't', 0x85, 0x86, 0x87, 0x8f, 0x90, 0x91:
		return m.container(op)
	case 'c', 0x93, 'R', 0x81, 'b', 'Q': // GLOBAL, STACK_GLOBAL, REDUCE, NEWOBJ, BUILD, BINPERSID
		return m.object(op)
	}
	v, err := m.atom(op)
	return m.pushed(v, err)
}

// remember puts the top into the memo, or fetches from there.
func (m *machine) remember(op byte) error {
	key, err := uint64(len(m.memo)), error(nil)
	switch op {
	case 'q', 'h':
		key, err = m.in.number(1)
	case 'r', 'j':
		key, err = m.in.number(4)
	}
	if err != nil {
		return err
	}
	if op == 'h' || op == 'j' {
		v, known := m.memo[key]
		if !known {
			err = fmt.Errorf("its pickle looks for value %d, which it has not made", key)
		}
		return m.pushed(v, err)
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	if err := m.in.budget.take(memoCost); err != nil {
		return err
	}
	m.memo[key] = v
	return nil
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

// pushed pushes what was made, if it was.
func (m *machine) pushed(v any, err error) error {
	if err == nil {
		m.push(v)
	}
	return err
}

var errStack = errors.New("its pickle takes from an empty stack")

func (m *machine) top() (any, error) {
	if n := len(m.stack); n > m.floor() {
		return m.stack[n-1], nil
	}
	return nil, errStack
}

func (m *machine) pop() (any, error) {
	v, err := m.top()
	if err == nil {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v, err
}

// floor is how far the stack may be taken down: what lies under a mark is for after it.
func (m *machine) floor() int {
	if n := len(m.marks); n > 0 {
		return m.marks[n-1]
	}
	return 0
}

// popMark takes what lies above the last mark. The slice is the stack's: it holds until the next push.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errors.New("its pickle has no mark where it needs one")
	}
	at := m.floor()
	m.marks = m.marks[:len(m.marks)-1]
	items := m.stack[at:]
	m.stack = m.stack[:at]
	return items, nil
}
