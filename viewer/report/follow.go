package report

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// longestLine is more than a line of a run's files can have; a longer one is passed over.
const longestLine = 64 << 10

// A follower reads a file of lines as it grows. The file is open only while it is read: elsewhere it may be renamed.
type follower struct {
	path string
	info fs.FileInfo // of the file that was read
	done int64       // bytes that were read as whole lines
	long bool        // they end within a line that is too long
}

// next gives take the lines that are new since the last call, without their ends. again is called before, where the file
// is not the one that was read before or has become shorter, as when a run goes on: it is then read from its beginning. A
// last line that is half written waits for the next call, unless complete says that it is whole. No file: no lines.
func (f *follower) next(ctx context.Context, again func(), take func(line []byte), complete func(line []byte) bool) (changed bool, err error) {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		if f.info != nil {
			*f, changed = follower{path: f.path}, true
			again()
		}
		return changed, nil
	}
	if err != nil {
		return false, disk.CannotRead(f.path, err)
	}
	if f.info != nil && (!os.SameFile(f.info, info) || info.Size() < f.done) {
		*f, changed = follower{path: f.path}, true
		again()
	}
	f.info = info
	if info.Size() <= f.done {
		return changed, nil
	}
	in, _, err := disk.OpenRegular(f.path)
	if err != nil {
		return changed, err
	}
	defer in.Close() // nothing was written
	if _, err := in.Seek(f.done, io.SeekStart); err != nil {
		return changed, disk.CannotRead(f.path, err)
	}
	got, err := f.lines(ctx, bufio.NewReaderSize(in, longestLine), take, complete)
	if err != nil && ctx.Err() == nil {
		err = disk.CannotRead(f.path, err)
	}
	return changed || got, err
}

func (f *follower) lines(ctx context.Context, in *bufio.Reader, take func([]byte), complete func([]byte) bool) (got bool, err error) {
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return got, ctx.Err()
		}
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			f.done, f.long = f.done+int64(len(line)), true
			continue
		case errors.Is(err, io.EOF):
			if len(line) > 0 && !f.long && complete(line) {
				f.done, got = f.done+int64(len(line)), true
				take(line)
			}
			return got, nil
		case err != nil:
			return got, err
		}
		f.done += int64(len(line))
		if !f.long {
			take(line[:len(line)-1])
		}
		f.long, got = false, true
	}
}
