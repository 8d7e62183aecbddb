package torchfile

import (
	"encoding/binary"
	"strconv"

	"github.com/dinogpu/dinogpu/layers"
)

// statePickle is the program that builds an OrderedDict of tensors, in pickle's protocol 2. Tensor i is storage i.
func statePickle(tensors []layers.HostTensor, kind string) []byte {
	const emptyOrdered = "ccollections\nOrderedDict\n)R" // GLOBAL, EMPTY_TUPLE, REDUCE
	p := pickle("\x80\x02" + emptyOrdered)
	p.add("(")
	for i, t := range tensors {
		p.text(t.Name)
		p.add("ctorch._utils\n_rebuild_tensor_v2\n((")
		p.text("storage")
		storage := storages[kind]
		if t.Counts() {
			storage = storages["I64"]
		}
		p.add("ctorch\n" + storage + "\n")
		p.text(strconv.Itoa(i))
		p.text("cpu")
		p.number(len(t.Values))
		p.add("tQK\x00(") // TUPLE, BINPERSID; offset 0; the shape's MARK
		for _, d := range t.Shape {
			p.number(d)
		}
		p.add("t(")
		for _, s := range rowMajor(t.Shape) {
			p.number(s)
		}
		p.add("t\x89" + emptyOrdered + "tR") // no gradient, no hooks; REDUCE
	}
	p.add("u.") // SETITEMS, STOP
	return p
}

// storages are torch's names for storage of the types that are written.
var storages = map[string]string{"F32": "FloatStorage", "F16": "HalfStorage", "I64": "LongStorage"}

// rowMajor are the strides of a tensor whose elements follow each other.
func rowMajor(shape []int) []int {
	strides, next := make([]int, len(shape)), 1
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = next
		next *= max(shape[i], 1) // as torch does
	}
	return strides
}

type pickle []byte

func (p *pickle) add(ops string) { *p = append(*p, ops...) }

// text adds a string: BINUNICODE.
func (p *pickle) text(s string) {
	*p = binary.LittleEndian.AppendUint32(append(*p, 'X'), uint32(len(s)))
	p.add(s)
}

// number adds an integer that is not negative: LONG1 of 8 bytes, which takes any.
func (p *pickle) number(n int) {
	*p = binary.LittleEndian.AppendUint64(append(*p, 0x8a, 8), uint64(n))
}
