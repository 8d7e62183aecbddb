package eval

import (
	"context"
	"errors"

	"github.com/dinogpu/dinogpu/augment"
)

// FindUnreadable decodes every image of a source once, several at a time. bad is called for each that cannot be read, and
// done, which may be nil, with how many have been gone through, both in the images' order. Trouble that lasts is the error.
func FindUnreadable(ctx context.Context, src augment.Source, bad func(i int, err error), done func(n int)) error {
	const most = 64 // errors that wait for their turn
	next, stop := ahead(ctx, src.Len(), 0, most, func(i int) (struct{}, error) {
		im, err := src.Decode(i)
		if err == nil {
			im.Release()
		}
		return struct{}{}, err
	})
	defer stop()
	for i := range src.Len() {
		_, err := next()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var trouble *augment.Trouble
		if errors.As(err, &trouble) {
			return err
		}
		if err != nil {
			bad(i, err)
		}
		if done != nil {
			done(i + 1)
		}
	}
	return nil
}
