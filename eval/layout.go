package eval

import (
	"errors"
	"fmt"
)

// ErrOtherLayout says that a folder is not laid out for an evaluation.
var ErrOtherLayout = errors.New("another layout")

// otherLayout is ErrOtherLayout in the words of what is missing.
type otherLayout string

func otherLayoutf(format string, args ...any) error {
	return otherLayout(fmt.Sprintf(format, args...))
}

func (e otherLayout) Error() string        { return string(e) }
func (e otherLayout) Is(target error) bool { return target == ErrOtherLayout }
