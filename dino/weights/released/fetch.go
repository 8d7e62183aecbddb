package released

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// A fetch brings a part to its whole length.
type fetch struct {
	entry    Entry
	source   source
	part     *part
	client   *http.Client
	progress func(have, size int64)
	say      func(string)
	stall    time.Duration // without a byte, after which a try is over
	backoff  time.Duration // before the second try; doubled for each further one
}

// errStalled is why a try that got no byte is over.
var errStalled = errors.New("stalled")

// once asks for what is missing and takes what comes. A *finalError is one that another try would meet again.
func (f *fetch) once(ctx context.Context) error {
	if f.part.whole() {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(f.stall, func() { cancel(errStalled) })
	defer stalled.Stop()
	err := f.ask(ctx, func() { stalled.Reset(f.stall) })
	if err != nil && context.Cause(ctx) == errStalled {
		return fmt.Errorf("no byte came for %s", f.stall)
	}
	return err
}

func (f *fetch) ask(ctx context.Context, alive func()) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.source.url.String(), nil)
	if err != nil {
		return &finalError{err: err}
	}
	req.Header.Set("Accept-Encoding", "identity") // else ranges would be of compressed bytes
	if f.part.resumable() {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", f.part.have))
		req.Header.Set("If-Range", f.part.note.Validator)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return requestError(err)
	}
	defer resp.Body.Close() // nothing was written
	alive()
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		err = f.begin(resp)
	case code == http.StatusPartialContent && f.part.resumable():
		err = f.goesOn(resp)
	case code == http.StatusRequestedRangeNotSatisfiable && f.part.resumable():
		err = errors.Join(errors.New("the server has no more of the file that this is a part of"), f.part.remove())
	case code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500:
		return fmt.Errorf("the server answers %s", disk.Printable(resp.Status))
	default:
		return &finalError{err: fmt.Errorf("the server answers %s", disk.Printable(resp.Status))}
	}
	if err != nil {
		return err
	}
	return f.take(resp.Body, alive)
}

// begin looks at an answer with the whole file, and empties the part for it.
func (f *fetch) begin(resp *http.Response) error {
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "text/html" {
		return &finalError{err: errors.New("the server answers with a web page and no file: a wrong address, or a network that wants a login first")}
	}
	if code := resp.Header.Get("Content-Encoding"); code != "" && code != "identity" {
		return &finalError{err: fmt.Errorf("the server sends the file compressed (%s), which was not asked for", disk.Quote(code))}
	}
	n := note{URL: f.part.note.URL, Validator: validator(resp.Header), Size: resp.ContentLength}
	if n.Size >= 0 {
		if err := f.checkSize(n.Size); err != nil {
			return err
		}
	}
	if f.part.have > 0 {
		f.say("the server cannot go on where the part ends, or has another file by now: it begins anew")
	}
	return f.part.begin(n)
}

func (f *fetch) checkSize(size int64) error {
	if size < f.entry.leastBytes() || size > f.entry.mostBytes() {
		return &finalError{useless: true, err: fmt.Errorf("the server's file has %s, and that of %s about %s", disk.Size(uint64(size)), f.entry.Name, disk.Size(uint64(f.entry.Bytes())))}
	}
	if free, known := disk.Free(f.part.path); known && int64(free) < size {
		return &finalError{err: fmt.Errorf("%s are to be fetched, and %s are free where %s is", disk.Size(uint64(size)), disk.Size(free), f.part.path)}
	}
	return nil
}

// goesOn looks whether an answer is the rest of the part, and of the same content.
func (f *fetch) goesOn(resp *http.Response) error {
	first, size, ok := contentRange(resp.Header.Get("Content-Range"))
	n := &f.part.note
	changed := n.Size >= 0 && size >= 0 && size != n.Size || !sameContent(resp.Header, n.Validator)
	if !ok || first != f.part.have || changed {
		return errors.Join(errors.New("the server has another file by now, or sends another part than was asked for"), f.part.remove())
	}
	if n.Size < 0 && size >= 0 {
		if err := f.checkSize(size); err != nil {
			return err
		}
		n.Size = size
	}
	return nil
}

// take adds what comes to the part.
func (f *fetch) take(body io.Reader, alive func()) error {
	out, err := os.OpenFile(f.part.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return &finalError{err: f.part.cannotWrite(err)}
	}
	err = f.copy(out, body, alive)
	if syncErr := errors.Join(out.Sync(), out.Close()); syncErr != nil && err == nil {
		err = &finalError{err: f.part.cannotWrite(syncErr)}
	}
	return err
}

func (f *fetch) copy(out io.Writer, body io.Reader, alive func()) error {
	buffer := make([]byte, 1<<16)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			alive()
			if f.part.have+int64(n) > f.entry.mostBytes() {
				return &finalError{err: fmt.Errorf("the server sends more than %s, and the file of %s has about %s", disk.Size(uint64(f.entry.mostBytes())), f.entry.Name, disk.Size(uint64(f.entry.Bytes()))), useless: true}
			}
			written, writeErr := out.Write(buffer[:n])
			f.part.have += int64(written)
			if writeErr != nil {
				return &finalError{err: f.part.cannotWrite(writeErr)}
			}
			f.progress(f.part.have, f.part.note.Size)
		}
		switch {
		case err == io.EOF && f.part.note.Size >= 0 && !f.part.whole(), errors.Is(err, io.ErrUnexpectedEOF):
			return errors.New("the connection was cut")
		case err == io.EOF:
			return nil
		case err != nil:
			return requestError(err)
		}
	}
}
