package augment

import (
	"fmt"
	"io"

	"github.com/dinogpu/dinogpu/augment/decode"
)

// DecodeUpright is src.Decode(i), turned as the file's EXIF says that the camera was held: for people to look at. Training
// and evaluations go without, as the reference does.
func DecodeUpright(src Source, i int) (*Image, error) {
	return decodeAs(src, i, decode.Options{Upright: true})
}

// Upright is src with its images turned as DecodeUpright turns them.
func Upright(src Source) Source { return upright{src} }

type upright struct{ Source }

func (u upright) Decode(i int) (*Image, error) { return DecodeUpright(u.Source, i) }

// ReadUpright reads one image file, upright. Its errors name the file.
func ReadUpright(path string) (*Image, error) {
	return decodeFile(path, decode.Options{Upright: true}, func() string { return "" })
}

// mostAnimation bounds the bytes of an animation's file, which is held whole.
const mostAnimation = 1 << 30

// OpenAnimation opens the frames of a GIF file; ok is false for a file of another kind, and for a GIF of one frame. Its
// errors name the file.
func OpenAnimation(path string) (a *decode.Animation, ok bool, err error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, false, fmt.Errorf("image %s cannot be opened: %w", quote(path), bare(err))
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 4))
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("image %s cannot be read: %w", quote(path), bare(err))
	case string(head) != "GIF8":
		return nil, false, nil
	case size > mostAnimation:
		return nil, true, fmt.Errorf("image %s has %d bytes, more than the %d that are read of an animation: give its frames as a folder of images", quote(path), size, mostAnimation)
	}
	rest, err := io.ReadAll(io.LimitReader(f, mostAnimation))
	if err != nil {
		return nil, true, fmt.Errorf("image %s cannot be read: %w", quote(path), bare(err))
	}
	a, ok, err = decode.OpenAnimation(append(head, rest...))
	if err != nil {
		return nil, ok, fmt.Errorf("image %s: %w", quote(path), err)
	}
	return a, ok && a.Len() > 1, nil
}
