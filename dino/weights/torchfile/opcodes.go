package torchfile

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// atom reads a value that holds no other.
func (m *machine) atom(op byte) (any, error) {
	switch op {
	case 'N': // NONE
		return nil, nil
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		return op == 0x88, nil
	case 'J': // BININT
		n, err := m.in.number(4)
		return int64(int32(n)), err
	case 'K': // BININT1
		n, err := m.in.number(1)
		return int64(n), err
	case 'M': // BININT2
		n, err := m.in.number(2)
		return int64(n), err
	case 0x8a: // LONG1
		return m.long()
	case 'G': // BINFLOAT, which is big endian
		n, err := m.in.number(8)
		return math.Float64frombits(bits.ReverseBytes64(n)), err
	case 'X', 'T': // BINUNICODE, BINSTRING
		return m.in.text(4)
	case 0x8c, 'U': // SHORT_BINUNICODE, SHORT_BINSTRING
		return m.in.text(1)
	case 0x8d: // BINUNICODE8
		return m.in.text(8)
	case 'B': // BINBYTES
		return m.bytes(4)
	case 'C': // SHORT_BINBYTES
		return m.bytes(1)
	case 0x8e, 0x96: // BINBYTES8, BYTEARRAY8
		return m.bytes(8)
	case 0x8b: // LONG4
		return opaque{}, m.in.skip(4)
	}
	return nil, fmt.Errorf("its pickle has the opcode %#02x, which is not read", op)
}

// bytes reads bytes whose length is a number of width bytes, as text of any bytes; nobody looks into PyTorch's.
func (m *machine) bytes(width int) (any, error) {
	if m.plain {
		return m.in.text(width)
	}
	return opaque{}, m.in.skip(width)
}

// long reads an integer in two's complement behind the byte of its length.
func (m *machine) long() (any, error) {
	n, err := m.in.number(1)
	if err != nil {
		return nil, err
	}
	if n > 8 {
		for range n {
			if _, err := m.in.byte(); err != nil {
				return nil, err
			}
		}
		return opaque{}, nil
	}
	v, err := m.in.number(int(n))
	shift := 64 - 8*uint(n)
	return int64(v<<shift) >> shift, err
}

// container makes or fills what holds other values.
func (m *machine) container(op byte) error {
	switch op {
	case ')': // EMPTY_TUPLE
		m.push(tuple(nil))
		return nil
	case ']': // EMPTY_LIST
		m.push(&list{})
		return nil
	case '}': // EMPTY_DICT
		m.push(&dict{})
		return nil
	case 0x8f: // EMPTY_SET
		m.push(opaque{})
		return nil
	}
	items, err := m.take(op)
	if err != nil {
		return err
	}
	switch op {
	case 't', 0x85, 0x86, 0x87:
		m.push(tuple(slices.Clone(items)))
		return nil
	case 0x91:
		m.push(opaque{})
		return nil
	}
	into, err := m.top()
	if err != nil {
		return err
	}
	return fill(into, items)
}

// take takes the values that a container's opcode is about off the stack. The slice holds until the next push.
func (m *machine) take(op byte) ([]any, error) {
	n := 1
	switch op {
	case 't', 'e', 'u', 0x90, 0x91: // TUPLE, APPENDS, SETITEMS, ADDITEMS, FROZENSET
		return m.popMark()
	case 0x86, 's': // TUPLE2, SETITEM; TUPLE1 and APPEND take one
		n = 2
	case 0x87: // TUPLE3
		n = 3
	}
	at := len(m.stack) - n
	if at < m.floor() {
		return nil, errStack
	}
	items := m.stack[at:]
	m.stack = m.stack[:at]
	return items, nil
}

// fill appends items to a list, or sets a dict's entries.
func fill(into any, items []any) error {
	switch into := into.(type) {
	case *list:
		into.items = append(into.items, items...)
		return nil
	case *dict:
		for i := 0; i+1 < len(items); i += 2 {
			into.keys, into.items = append(into.keys, items[i]), append(into.items, items[i+1])
		}
		if len(items)%2 == 0 {
			return nil
		}
	case opaque:
		return nil // a set
	}
	return fmt.Errorf("its pickle fills what is no list and no dictionary with %d values", len(items))
}
