package torchfile

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"
)

// plainClasses are all that a plain pickle may build: dictionaries, and NumPy's numbers and arrays of numbers, of which
// only the values are kept.
var plainClasses = func() map[string]*class {
	all := map[string]*class{
		"_codecs.encode": {call: encodeLatin1},
		"numpy.dtype":    {call: newElementType},
		"numpy.ndarray":  {},
	}
	for _, name := range []string{"collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict"} {
		all[name] = &class{call: newDict}
	}
	for _, numpy := range []string{"numpy.core.", "numpy._core."} { // before and since 2.0
		all[numpy+"multiarray._reconstruct"] = &class{call: func(*machine, []any) (any, error) { return &array{}, nil }}
		all[numpy+"multiarray.scalar"] = &class{call: newScalar}
		all[numpy+"numeric._frombuffer"] = &class{call: arrayOfBuffer}
	}
	for _, name := range []string{"builtins.bytes", "__builtin__.bytes"} { // protocol 2, of none
		all[name] = &class{call: func(_ *machine, args []any) (any, error) {
			if len(args) > 0 {
				return nil, errArguments
			}
			return "", nil
		}}
	}
	for _, name := range []string{"list", "int", "float"} { // what a defaultdict makes where nothing is
		all["builtins."+name], all["__builtin__."+name] = &class{}, &class{}
	}
	return all
}()

// encodeLatin1 is how protocol 2 writes bytes: as text of their code points.
func encodeLatin1(m *machine, args []any) (any, error) {
	if len(args) != 2 || (args[1] != "latin1" && args[1] != "latin-1") {
		return nil, errArguments
	}
	text, ok := args[0].(string)
	if !ok || !utf8.ValidString(text) {
		return nil, errArguments
	}
	if err := m.in.budget.take(2 * int64(len(text))); err != nil {
		return nil, err
	}
	raw := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return nil, errArguments
		}
		raw = append(raw, byte(r))
	}
	return string(raw), nil
}

// An elementType is NumPy's dtype, of numbers: its kind (b, i, u or f) and size in bytes.
type elementType struct {
	kind byte
	size int
	big  bool // the most significant byte comes first
}

func newElementType(_ *machine, args []any) (any, error) {
	if len(args) == 0 {
		return nil, errArguments
	}
	name, _ := args[0].(string)
	switch name {
	case "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8":
		return &elementType{kind: name[0], size: int(name[1] - '0')}, nil
	}
	return nil, refusal("holds a NumPy array of other values than numbers, which is not read: give lists of numbers")
}

// set takes the state that a dtype is given: its second part is the order of bytes.
func (e *elementType) set(state any) error {
	parts, ok := state.(tuple)
	if !ok || len(parts) < 2 {
		return errArguments
	}
	order, ok := parts[1].(string)
	if !ok || !strings.Contains("<>=|", order) {
		return errArguments
	}
	e.big = order == ">"
	return nil
}

// decode gives elements as int64s or float64s. An unsigned one beyond int64 is an error.
func (e *elementType) decode(m *machine, raw string) (any, error) {
	n := len(raw) / e.size
	if err := m.in.budget.take(8 * int64(n)); err != nil {
		return nil, err
	}
	if e.kind == 'f' {
		values := make([]float64, n)
		for i := range values {
			if bits := e.bits(raw, i); e.size == 4 {
				values[i] = float64(math.Float32frombits(uint32(bits)))
			} else {
				values[i] = math.Float64frombits(bits)
			}
		}
		return values, nil
	}
	values := make([]int64, n)
	for i := range values {
		bits := e.bits(raw, i)
		if e.kind == 'u' && bits > math.MaxInt64 {
			return nil, refusal("holds a NumPy array with a number beyond 63 bits: give smaller ones")
		}
		values[i] = int64(bits)
		if shift := 64 - 8*e.size; e.kind == 'i' {
			values[i] = int64(bits<<shift) >> shift
		}
	}
	return values, nil
}

// bits are those of element i.
func (e *elementType) bits(raw string, i int) uint64 {
	var word [8]byte
	copy(word[:], raw[i*e.size:(i+1)*e.size])
	if e.big {
		return binary.BigEndian.Uint64(word[:]) >> (64 - 8*e.size)
	}
	return binary.LittleEndian.Uint64(word[:])
}

func newScalar(m *machine, args []any) (any, error) {
	if len(args) != 2 {
		return nil, errArguments
	}
	e, ok := args[0].(*elementType)
	raw, ok2 := args[1].(string)
	if !ok || !ok2 || len(raw) != e.size {
		return nil, errArguments
	}
	values, err := e.decode(m, raw)
	if err != nil {
		return nil, err
	}
	if f, ok := values.([]float64); ok {
		return f[0], nil
	}
	return values.([]int64)[0], nil
}

// An array is NumPy's; its values are nil until it is given its state.
type array struct{ values any }

// set takes an array's state: version, shape, dtype, whether it lies by columns, bytes.
func (a *array) set(m *machine, state any) error {
	parts, ok := state.(tuple)
	if !ok || len(parts) != 5 {
		return errArguments
	}
	return a.fill(m, parts[4], parts[2], parts[1])
}

// arrayOfBuffer is how protocol 5 writes an array: bytes, dtype, shape, order.
func arrayOfBuffer(m *machine, args []any) (any, error) {
	if len(args) != 4 {
		return nil, errArguments
	}
	a := &array{}
	return a, a.fill(m, args[0], args[1], args[2])
}

func (a *array) fill(m *machine, bytes, dtype, shape any) error {
	raw, ok1 := bytes.(string)
	e, ok2 := dtype.(*elementType)
	sides, ok3 := shape.(tuple)
	if !ok1 || !ok2 || !ok3 {
		return errArguments
	}
	left := int64(len(raw)) // what the sides have to divide down to an element
	for _, side := range sides {
		n, ok := side.(int64)
		switch {
		case !ok || n < 0:
			return errArguments
		case n == 0 && left == 0:
			left = int64(e.size)
		case n == 0 || left%n != 0:
			return errArguments
		default:
			left /= n
		}
	}
	if left != int64(e.size) {
		return errArguments
	}
	var err error
	a.values, err = e.decode(m, raw)
	return err
}
