package sample

import (
	"bytes"
	"context"
	"image"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// A file is one that is to be written: an image or text.
type file struct {
	name    string // slashes between folders
	image   image.Image
	quality int // of a JPEG
	text    []byte
}

// files are all that a seed gives, in order.
func files(seed uint64, yield func(file) error) error {
	for _, draw := range []func(uint64, func(file) error) error{classes, retrieval, copies, videos, objects, readme} {
		if err := draw(seed, yield); err != nil {
			return err
		}
	}
	return nil
}

// Written counts what Write wrote.
type Written struct {
	Images int   `json:"images"`
	Files  int   `json:"files"`
	Bytes  int64 `json:"bytes"`
}

// Write draws all sets into a folder, which is whole or absent afterwards. One that is there must be empty.
func Write(ctx context.Context, folder string, seed uint64) (w Written, err error) {
	err = disk.WriteFolder(folder, func(folder string) error {
		var size atomic.Int64
		writers, ctx := errgroup.WithContext(ctx)
		writers.SetLimit(8) // most of their time is waiting for the disk
		err := files(seed, func(f file) error {
			path := filepath.Join(folder, filepath.FromSlash(f.name))
			if err := disk.MakeFolder(filepath.Dir(path)); err != nil {
				return err
			}
			w.Files++
			if f.image != nil {
				w.Images++
			}
			writers.Go(func() error {
				var b bytes.Buffer
				if err := f.encode(&b); err != nil {
					return err
				}
				size.Add(int64(b.Len()))
				return disk.WriteBytes(path, b.Bytes())
			})
			return ctx.Err()
		})
		if failed := writers.Wait(); failed != nil {
			err = failed // which ended the drawing
		}
		w.Bytes = size.Load()
		return err
	})
	return w, err
}
