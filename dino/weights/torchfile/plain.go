package torchfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// IsPickle tells whether a file that begins with head looks like a pickle of protocols 2 to 5. Two bytes are enough.
func IsPickle(head []byte) bool {
	return len(head) >= 2 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5
}

// ReadPickle reads a file that Python's pickle.dump wrote, of protocols 2 to 5, with nothing of it run: dictionaries with
// keys of text come as map[string]any, lists and tuples as []any, text and bytes as string, numbers as int64 and float64,
// NumPy's arrays of them, whatever their shape, as []int64 and []float64, True, False and None as bool and nil. An object
// of any other class is an error; so is a file whose values would take far more memory than it has bytes. The errors
// name the file, what is wrong with it and what to do.
func ReadPickle(path string) (any, error) {
	file, size, err := disk.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	budget := newBudget(size)
	budget.plain = true
	in := newInput(file, 0, size, &budget)
	root, err := (&machine{in: in, plain: true}).run()
	if err == nil && in.left > 0 {
		err = fmt.Errorf("it has %d bytes more than its pickle", in.left)
	}
	var value any
	if err == nil {
		value, err = (&plainer{budget: &budget}).value(root, 0)
	}
	var r refusal
	var p *fs.PathError
	switch {
	case err == nil:
		return value, nil
	case errors.As(err, &r):
		return nil, fmt.Errorf("%s %w", disk.Quote(path), r)
	case errors.As(err, &p):
		return nil, disk.CannotRead(path, err)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("it ends too early")
	}
	return nil, fmt.Errorf("%s is %w or no pickle of protocols 2 to 5 (%w): fetch or save it again", disk.Quote(path), ErrDamaged, err)
}

// A plainer makes Go's values of a machine's. Containers may hold themselves, or each other many times, so that all it
// makes is counted.
type plainer struct{ budget *budget }

// valueCost is about what a value takes in what holds it, beside itself.
const valueCost = 48

func (p *plainer) value(v any, depth int) (any, error) {
	if depth > mostDepth {
		return nil, errors.New("its dictionaries and lists hold each other too deep")
	}
	switch v := v.(type) {
	case nil, bool, int64, float64, string:
		return v, nil
	case *array:
		return v.values, nil // nil where it was never filled
	case *list:
		return p.list(v.items, depth)
	case tuple:
		return p.list(v, depth)
	case *dict:
		made := map[string]any{}
		for i, key := range v.keys {
			name, ok := key.(string)
			if !ok {
				return nil, errors.New("one of its dictionaries has a key that is no text")
			}
			if err := p.budget.take(2 * valueCost); err != nil {
				return nil, err
			}
			item, err := p.value(v.items[i], depth+1)
			if err != nil {
				return nil, err
			}
			made[name] = item // of equal keys the last, as Python does
		}
		return made, nil
	}
	return nil, errors.New("it holds a value that is neither a dictionary, a list, text, a number nor a NumPy array of numbers")
}

func (p *plainer) list(items []any, depth int) (any, error) {
	if err := p.budget.take(valueCost * int64(len(items))); err != nil {
		return nil, err
	}
	made := make([]any, 0, len(items))
	for _, item := range items {
		v, err := p.value(item, depth+1)
		if err != nil {
			return nil, err
		}
		made = append(made, v)
	}
	return made, nil
}
