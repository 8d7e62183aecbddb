package augment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// Image is what sources give and crops are made from: see [decode.Image].
type Image = decode.Image

// NewImage makes a black image of w x h pixels.
func NewImage(w, h int) *Image { return decode.NewImage(w, h) }

// decodeFile reads one image file. Its errors name the file.
func decodeFile(path string, o decode.Options) (*Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("image %s cannot be opened: %w", quote(path), bare(err))
	}
	defer f.Close()
	im, err := decode.Decode(f, o)
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return nil, fmt.Errorf("image %s cannot be read: %w", quote(path), p.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", quote(path), err)
	}
	return im, nil
}
