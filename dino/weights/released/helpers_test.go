package released

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// tiny is an entry whose file is made by content.
func tiny() Entry {
	return Entry{Name: "tiny", Path: "tiny_pretrain/tiny_pretrain.safetensors", ViT: config(1).ViT(), Text: "a tiny network"}
}

func config(depth int) settings.Config {
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize, c.GlobalCropsSize = 24, depth, 3, 8, 16
	return c
}

// content is a file of weights: other seeds have other values, other depths are other networks.
func content(t *testing.T, depth int, seed float32) []byte {
	t.Helper()
	c := config(depth)
	l := &layers.Params{}
	c.ViT().AddParams(l, "")
	var tensors []layers.HostTensor
	for _, p := range l.List {
		x := layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
		for i := range x.Values {
			x.Values[i] = seed + float32(i)
		}
		tensors = append(tensors, x)
	}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := weights.WriteSafetensors(path, tensors, weights.BackboneMetadata(c)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A server of one handler, which is told how many requests came before; it keeps what they were.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func serve(t *testing.T, handler func(w http.ResponseWriter, r *http.Request, n int)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		n := len(s.requests)
		s.requests = append(s.requests, r)
		s.mu.Unlock()
		handler(w, r, n)
	}))
	t.Cleanup(s.Close)
	return s
}

// ranges are the Range headers of the requests so far.
func (s *server) ranges() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range s.requests {
		out = append(out, r.Header.Get("Range"))
	}
	return out
}

// whole serves data as a good server does, parts of it if asked.
func whole(w http.ResponseWriter, r *http.Request, data []byte, tag string) {
	w.Header().Set("ETag", tag)
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// cut serves data's beginning from an offset with the length of all of it, and cuts the connection.
func cut(w http.ResponseWriter, data []byte, from, to int, tag string) {
	if tag != "" {
		w.Header().Set("ETag", tag)
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(data)-from))
	if from > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(data)-1, len(data)))
		w.WriteHeader(http.StatusPartialContent)
	}
	_, _ = w.Write(data[from:to])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// A pull is one Pull into a folder, with what it said.
type pull struct {
	path string
	err  error
	said string
}

func quick(dir, from string) Options {
	return Options{From: from, dir: dir, stall: 5 * time.Second, backoff: time.Millisecond}
}

func (e Entry) pull(o Options) pull {
	var p pull
	o.Notice = func(s string) { p.said += s + "\n" }
	p.path, p.err = Pull(context.Background(), e, o)
	return p
}

// holds fails unless the pull was done, and left data and nothing of its parts.
func (p pull) holds(t *testing.T, data []byte) {
	t.Helper()
	if p.err != nil {
		t.Fatalf("%v\n%s", p.err, p.said)
	}
	got, err := os.ReadFile(p.path)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%s holds %d bytes, not the %d that were served: %v", p.path, len(got), len(data), err)
	}
	noParts(t, filepath.Dir(p.path))
}

// refused fails unless the pull ended with these words, and left nothing.
func (p pull) refused(t *testing.T, dir string, words ...string) {
	t.Helper()
	if p.err == nil {
		t.Fatalf("no error\n%s", p.said)
	}
	for _, w := range words {
		if !strings.Contains(p.err.Error(), w) {
			t.Errorf("%q is not said: %v", w, p.err)
		}
	}
	if path, there := tiny().In(dir); there {
		t.Errorf("%s is there", path)
	}
	noParts(t, dir)
}

func noParts(t *testing.T, dir string) {
	t.Helper()
	if left := parts(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func parts(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if strings.Contains(e.Name(), ".part") || strings.Contains(e.Name(), ".tmp-") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}
