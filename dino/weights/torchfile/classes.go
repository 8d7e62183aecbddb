package torchfile

import (
	"errors"
	"fmt"
)

// A class is a Python class or function that files name. What call makes is one of the machine's values; a class
// without is only named.
type class struct {
	call    func(m *machine, args []any) (any, error)
	element *element // of a storage class or dtype
}

// classes are all that is ever built, by module and name. What torch.load(weights_only=True) allows for tensors is here,
// and what training scripts leave beside them: settings, paths, numbers and random states of NumPy, which nobody looks into.
var classes = func() map[string]*class {
	all := map[string]*class{}
	add := func(call func(m *machine, args []any) (any, error), names ...string) {
		for _, name := range names {
			all[name] = &class{call: call}
		}
	}
	add(newDict, "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "builtins.dict", "__builtin__.dict")
	add(newNamespace, "argparse.Namespace")
	add(newSize, "torch.Size")
	add(newOpaque,
		"builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset", "builtins.slice", "builtins.range",
		"builtins.complex", "__builtin__.complex", "builtins.bytearray", "builtins.bytes", "_codecs.encode",
		"pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
		"numpy.dtype", "numpy.ndarray",
		"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
		"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
		"torch.device")
	add(nil, "builtins.int", "__builtin__.int", "builtins.float", "__builtin__.float", "builtins.list", "__builtin__.list",
		"torch.Tensor", "torch.nn.parameter.Parameter")
	add(rebuildTensor, "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2")
	add(rebuildTyped, "torch._utils._rebuild_tensor_v3")
	add(rebuildParameter, "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
	all["torch._tensor._rebuild_from_type_v2"] = &class{call: func(m *machine, args []any) (any, error) {
		if len(args) == 4 { // the function, the type, the function's arguments, attributes
			for _, name := range []string{"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3"} {
				if inner, ok := args[2].(tuple); ok && args[0] == all[name] {
					return all[name].call(m, inner)
				}
			}
		}
		return nil, errArguments
	}}
	for i := range elements {
		e := &elements[i]
		for _, name := range e.torch {
			all[name] = &class{element: e}
		}
	}
	return all
}()

var errArguments = errors.New("its pickle calls a class with arguments that do not fit")

func newOpaque(*machine, []any) (any, error) { return opaque{}, nil }

func newNamespace(_ *machine, args []any) (any, error) {
	if len(args) != 0 {
		return nil, errArguments
	}
	return &dict{namespace: true}, nil
}

// newSize gives the tuple that it is handed.
func newSize(_ *machine, args []any) (any, error) {
	if len(args) == 1 {
		if size, ok := args[0].(tuple); ok {
			return size, nil
		}
	}
	return nil, errArguments
}

// newDict makes a dictionary: empty, or of pairs, or of another. A defaultdict's only argument is a class.
func newDict(m *machine, args []any) (any, error) {
	made := &dict{}
	for _, arg := range args {
		switch arg := arg.(type) {
		case *class, nil:
		case *dict:
			if err := m.in.budget.take(entryCost * int64(len(arg.keys))); err != nil {
				return nil, err
			}
			made.keys, made.items = append(made.keys, arg.keys...), append(made.items, arg.items...)
		case *list:
			if err := m.in.budget.take(entryCost * int64(len(arg.items))); err != nil {
				return nil, err
			}
			for _, pair := range arg.items {
				switch p := pair.(type) {
				case tuple:
					pair = &list{p}
				}
				p, ok := pair.(*list)
				if !ok || len(p.items) != 2 {
					return nil, errArguments
				}
				made.keys, made.items = append(made.keys, p.items[0]), append(made.items, p.items[1])
			}
		default:
			return nil, fmt.Errorf("its pickle makes a dictionary of what is none")
		}
	}
	return made, nil
}
