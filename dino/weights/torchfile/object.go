package torchfile

import (
	"errors"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// object runs an opcode about classes and what they make.
func (m *machine) object(op byte) error {
	switch op {
	case 'c': // GLOBAL
		module, err := m.in.line()
		if err != nil {
			return err
		}
		name, err := m.in.line()
		if err != nil {
			return err
		}
		return m.class(module, name)
	case 0x93: // STACK_GLOBAL
		module, name, err := m.pop2()
		if err != nil {
			return err
		}
		moduleText, ok1 := module.(string)
		nameText, ok2 := name.(string)
		if !ok1 || !ok2 {
			return errors.New("its pickle names a class by what is no text")
		}
		return m.class(moduleText, nameText)
	case 'Q': // BINPERSID
		id, err := m.pop()
		if err != nil {
			return err
		}
		s, err := m.storage(id)
		return m.pushed(s, err)
	}
	what, with, err := m.pop2()
	if err != nil {
		return err
	}
	if op == 'b' { // BUILD
		m.push(what)
		return m.build(what, with)
	}
	// REDUCE, NEWOBJ
	class, ok := what.(*class)
	args, ok2 := with.(tuple)
	if !ok || !ok2 || class.call == nil {
		return errors.New("its pickle calls what is no class")
	}
	v, err := class.call(m, args)
	return m.pushed(v, err)
}

func (m *machine) pop2() (first, second any, err error) {
	if second, err = m.pop(); err == nil {
		first, err = m.pop()
	}
	return first, second, err
}

// class pushes a class of the table, and refuses every other.
func (m *machine) class(module, name string) error {
	table := classes
	if m.plain {
		table = plainClasses
	}
	c, known := table[module+"."+name]
	if !known && m.plain {
		return refusef("holds an object of the Python class %s, which is not built here: give one of dictionaries, lists, text, "+
			"numbers and NumPy arrays alone, or JSON", disk.Quote(module+"."+name))
	}
	if !known {
		return refusef("holds an object of the Python class %s, which is not built here: save the weights alone in PyTorch, with "+
			`torch.save(model.state_dict(), "weights.pth"), and give that file`, disk.Quote(module+"."+name))
	}
	m.push(c)
	return nil
}

// build gives an object its state. A Namespace's is what it holds; of the others, an OrderedDict's _metadata say, nothing
// is of use.
func (m *machine) build(object, state any) error {
	switch object := object.(type) {
	case *dict:
		if s, ok := state.(*dict); ok && object.namespace {
			if err := m.in.budget.take(entryCost * int64(len(s.keys))); err != nil {
				return err // a state may be given a million times
			}
			object.keys, object.items = append(object.keys, s.keys...), append(object.items, s.items...)
		}
		return nil
	case *array:
		return object.set(m, state)
	case *elementType:
		return object.set(state)
	case opaque, *tensor:
		return nil
	}
	return errors.New("its pickle gives a state to what has none")
}
