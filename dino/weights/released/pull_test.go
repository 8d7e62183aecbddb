package released

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The terms are shown once, the bytes are counted, and what is there is not fetched again.
func TestPull(t *testing.T) {
	data, dir := content(t, 1, 0), filepath.Join(t.TempDir(), "new", "weights")
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Path != "/mirror/tiny_pretrain/tiny_pretrain.safetensors" {
			http.NotFound(w, r)
			return
		}
		whole(w, r, data, `"a"`)
	})
	o := quick(dir, s.URL+"/mirror/")
	var last int64
	o.Progress = func(have, size int64) {
		if have <= last || size != int64(len(data)) {
			t.Errorf("%d of %d bytes after %d", have, size, last)
		}
		last = have
	}
	p := tiny().pull(o)
	p.holds(t, data)
	if last != int64(len(data)) || !strings.Contains(p.said, "Apache License 2.0") {
		t.Errorf("%d bytes were told of; said: %s", last, p.said)
	}
	again := tiny().pull(o)
	again.holds(t, data)
	if n := len(s.ranges()); n != 1 || again.said != "" || again.path != p.path {
		t.Errorf("%d requests; the second time: %+v", n, again)
	}
	if err := os.WriteFile(p.path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if damaged := tiny().pull(o); damaged.err == nil || !strings.Contains(damaged.err.Error(), "remove it and pull again") {
		t.Errorf("a damaged file that is there: %v", damaged.err)
	}
	if err := os.Remove(p.path); err != nil {
		t.Fatal(err)
	}
	if third := tiny().pull(quick(dir, s.URL+"/mirror/tiny_pretrain/tiny_pretrain.safetensors")); third.said != "" {
		t.Errorf("the terms are said twice: %s", third.said)
	} else {
		third.holds(t, data)
	}
}

// Ctrl-C keeps the part, and the next pull goes on from there.
func TestPullGoesOnAfterAStop(t *testing.T) {
	data, dir := content(t, 1, 0), t.TempDir()
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n > 0 {
			whole(w, r, data, `"a"`)
			return
		}
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ctx, stop := context.WithCancel(context.Background())
	o := quick(dir, s.URL)
	o.Progress = func(int64, int64) { stop() }
	_, err := Pull(ctx, tiny(), o)
	var stopped *Stopped
	if !errors.As(err, &stopped) || !errors.Is(err, context.Canceled) || stopped.Kept != 1000 || !strings.Contains(err.Error(), stopped.Path) {
		t.Fatalf("stopped with %v", err)
	}
	o.Progress = nil
	tiny().pull(o).holds(t, data)
	if got := s.ranges(); !slices.Equal(got, []string{"", "bytes=1000-"}) {
		t.Errorf("asked for %q", got)
	}
}

// A part that nobody can go on with is not kept; one of another address is no part of this file.
func TestPartsThatAreOfNoUse(t *testing.T) {
	data, dir := content(t, 1, 0), t.TempDir()
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n > 0 {
			whole(w, r, data, `"a"`)
			return
		}
		_, _ = w.Write(data[:1000]) // neither tag nor date
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ctx, stop := context.WithCancel(context.Background())
	o := quick(dir, s.URL)
	o.Progress = func(int64, int64) { stop() }
	_, err := Pull(ctx, tiny(), o)
	var stopped *Stopped
	if !errors.As(err, &stopped) || stopped.Kept != 0 || !strings.Contains(err.Error(), "nothing was kept") {
		t.Fatalf("stopped with %v", err)
	}
	noParts(t, dir)
	part := filepath.Join(dir, "tiny_pretrain.part.safetensors")
	for name, note := range map[string]string{
		"another address": `{"url":"http://elsewhere/","validator":"\"a\"","size":-1}`,
		"no note":         "",
		"longer than all": `{"url":"` + s.URL + `/tiny_pretrain/tiny_pretrain.safetensors","validator":"\"a\"","size":5}`,
		"no validator":    `{"url":"` + s.URL + `/tiny_pretrain/tiny_pretrain.safetensors","validator":"","size":-1}`,
	} {
		for path, text := range map[string]string{part: "of something else", part + ".json": note} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before := len(s.ranges())
		p := tiny().pull(quick(dir, s.URL))
		p.holds(t, data)
		if got := s.ranges()[before:]; !slices.Equal(got, []string{""}) {
			t.Errorf("%s: asked for %q", name, got)
		}
		if err := os.Remove(p.path); err != nil {
			t.Fatal(err)
		}
	}
}

// Several at once: one fetches, the others wait and find it.
func TestPullsAtOnce(t *testing.T) {
	data, dir := content(t, 1, 0), t.TempDir()
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { whole(w, r, data, `"a"`) })
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			path, err := Pull(context.Background(), tiny(), quick(dir, s.URL))
			got, readErr := os.ReadFile(path)
			if err != nil || readErr != nil || !bytes.Equal(got, data) {
				t.Errorf("%q: %v, %v", path, err, readErr)
			}
		})
	}
	all.Wait()
	if n := len(s.ranges()); n != 1 {
		t.Errorf("%d requests", n)
	}
	noParts(t, dir)
}

// A folder laid out as the server, one with the file, the file, and its address.
func TestPullFromThisMachine(t *testing.T) {
	data, at := content(t, 1, 0), t.TempDir()
	nested := filepath.Join(at, "nested", "tiny_pretrain", "tiny_pretrain.safetensors")
	flat := filepath.Join(at, "tiny_pretrain.safetensors")
	other := filepath.Join(at, "other.safetensors")
	if err := os.MkdirAll(filepath.Dir(nested), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{nested: data, flat: data, other: content(t, 2, 0)} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, from := range []string{filepath.Join(at, "nested"), at, flat, "file://" + filepath.ToSlash(flat)} {
		tiny().pull(quick(t.TempDir(), from)).holds(t, data)
	}
	dir := t.TempDir()
	tiny().pull(quick(dir, other)).refused(t, dir, "is not tiny", "2 blocks")
	for from, want := range map[string]string{
		filepath.Join(at, "none"): "https://", "ftp://server/": "no address of a mirror", "https://": "no address of a mirror",
		t.TempDir(): "holds no tiny_pretrain.safetensors", "http://[": "no address",
	} {
		tiny().pull(quick(dir, from)).refused(t, dir, want)
	}
}
