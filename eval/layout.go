package eval

import "errors"

// ErrOtherLayout says that a folder is not laid out for an evaluation.
var ErrOtherLayout = errors.New("another layout")
