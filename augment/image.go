package augment

import "github.com/dinogpu/dinogpu/augment/decode"

// Image is what sources give and crops are made from: see [decode.Image].
type Image = decode.Image

// NewImage makes a black image of w x h pixels.
func NewImage(w, h int) *Image { return decode.NewImage(w, h) }
