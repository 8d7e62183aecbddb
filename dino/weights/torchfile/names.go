package torchfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// Bounds of the walk through what a pickle built. Containers may hold themselves, and a few that hold each other twice
// make a walk of any length.
const (
	mostDepth = 100
	mostSteps = 1 << 22
)

// A namer walks through what a pickle built and lists the tensors in it.
type namer struct {
	f     *File
	path  []string
	steps int
	seen  map[string]bool
}

// name lists the tensors of what the pickle built, and says which of them fit the file's size.
func (f *File) name(root any) error {
	n := &namer{f: f, seen: map[string]bool{}}
	if err := n.walk(root); err != nil {
		return err
	}
	for i := range f.Tensors {
		t := &f.Tensors[i]
		bytes, ok := multiply(t.view.count, 4)
		t.beyond = !ok || !f.budget.fits(bytes)
		if !t.beyond {
			f.budget.left -= bytes
		}
	}
	return nil
}

func (n *namer) walk(v any) error {
	if n.steps++; n.steps > mostSteps || len(n.path) > mostDepth {
		return errors.New("its dictionaries and lists hold each other too deep or too often")
	}
	switch v := v.(type) {
	case *tensor:
		return n.tensor(v)
	case *dict:
		return n.items(v.items, v.keys)
	case *list:
		return n.items(v.items, nil)
	case tuple:
		return n.items(v, nil)
	}
	return nil
}

// items walks on into those items of a container that may hold tensors. Those of lists have no keys.
func (n *namer) items(items, keys []any) error {
	for i, item := range items {
		switch item.(type) {
		case *tensor, *dict, *list, tuple:
		default:
			n.steps++
			continue
		}
		key := any(int64(i))
		if keys != nil {
			key = keys[i]
		}
		if err := n.f.budget.take(keyCost); err != nil {
			return err
		}
		n.path = append(n.path, keyName(key))
		if err := n.walk(item); err != nil {
			return err
		}
		n.path = n.path[:len(n.path)-1]
	}
	return nil
}

// keyCost is about what the text of a number takes.
const keyCost = 48

func keyName(key any) string {
	switch key := key.(type) {
	case string:
		return key
	case int64:
		return strconv.FormatInt(key, 10)
	}
	return "?"
}

// tensor lists a tensor by the path that leads to it.
func (n *namer) tensor(t *tensor) error {
	length := len(n.path)
	for _, key := range n.path {
		length += len(key)
	}
	if err := n.f.budget.take(4*tensorCost + int64(length)); err != nil {
		return err
	}
	name := "tensor"
	if len(n.path) > 0 {
		name = strings.Join(n.path, ".")
	}
	if name == "" || !utf8.ValidString(name) {
		return fmt.Errorf("its tensor %s has a name that is empty or not UTF-8 text", disk.Quote(name))
	}
	if n.seen[name] {
		return refusef("holds two tensors that would both be called %s: save the weights alone in PyTorch", disk.Quote(name))
	}
	n.seen[name] = true
	n.f.Tensors = append(n.f.Tensors, Tensor{Name: name, Shape: slices.Clone(t.shape), DType: t.element.name, view: t})
	return nil
}
