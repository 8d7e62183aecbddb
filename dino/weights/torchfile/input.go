package torchfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// An input is a stretch of a file that pickles are read from. No length is believed that the stretch does not have.
type input struct {
	r      *bufio.Reader
	left   int64
	budget *budget
}

func newInput(r io.ReaderAt, begin, size int64, b *budget) *input {
	return &input{r: bufio.NewReaderSize(io.NewSectionReader(r, begin, size), 1<<16), left: size, budget: b}
}

// need counts n bytes that are read next.
func (in *input) need(n uint64) error {
	if n > uint64(in.left) {
		return fmt.Errorf("its pickle asks for %d bytes, and %d are left", n, in.left)
	}
	in.left -= int64(n)
	return nil
}

// number reads an unsigned number of n bytes, at most 8, little endian.
func (in *input) number(n int) (uint64, error) {
	var raw [8]byte
	for i := range raw[:n] { // io.ReadFull would move raw to the heap
		b, err := in.byte()
		if err != nil {
			return 0, err
		}
		raw[i] = b
	}
	return binary.LittleEndian.Uint64(raw[:]), nil
}

func (in *input) byte() (byte, error) {
	if err := in.need(1); err != nil {
		return 0, err
	}
	return in.r.ReadByte()
}

// text reads a string whose length is a number of width bytes.
func (in *input) text(width int) (string, error) {
	n, err := in.number(width)
	if err != nil {
		return "", err
	}
	if err := in.need(n); err != nil {
		return "", err
	}
	if err := in.budget.take(2 * int64(n)); err != nil {
		return "", err
	}
	raw := make([]byte, n)
	_, err = io.ReadFull(in.r, raw)
	return string(raw), err
}

// skip passes over bytes whose length is a number of width bytes.
func (in *input) skip(width int) error {
	n, err := in.number(width)
	if err != nil {
		return err
	}
	if err := in.need(n); err != nil {
		return err
	}
	_, err = io.CopyN(io.Discard, in.r, int64(n))
	return err
}

// line reads to the end of a line, which it leaves off: half of a class's name.
func (in *input) line() (string, error) {
	var raw [256]byte
	for i := range raw {
		b, err := in.byte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return string(raw[:i]), nil
		}
		raw[i] = b
	}
	return "", errors.New("its pickle has a class's name that does not end")
}
