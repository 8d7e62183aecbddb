package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/dino/weights/released"
	"github.com/dinogpu/dinogpu/layers"
)

// tinyReleased is an entry for tests, and a file of it.
func tinyReleased(t *testing.T) (released.Entry, string) {
	t.Helper()
	c := settings.DefaultConfig()
	c.Dim, c.Depth, c.Heads, c.PatchSize, c.GlobalCropsSize = 24, 1, 3, 7, 14
	l := &layers.Params{}
	c.ViT().AddParams(l, "")
	var tensors []layers.HostTensor
	for i, p := range l.List {
		x := layers.HostTensor{Name: p.Name, Shape: p.Shape, Values: make([]float32, p.Len())}
		for k := range x.Values {
			x.Values[k] = float32((k*7+i)%11)/50 - 0.1
		}
		tensors = append(tensors, x)
	}
	file := filepath.Join(t.TempDir(), "tiny.safetensors")
	if err := weights.WriteSafetensors(file, tensors, weights.BackboneMetadata(c)); err != nil {
		t.Fatal(err)
	}
	return released.Entry{Name: "tiny", Path: "tiny/tiny.safetensors", ViT: c.ViT(), Text: "ViT"}, file
}

// run is what the command does with that catalog, on a terminal or elsewhere.
func (c pullCmd) run(ctx context.Context, tty bool) outcome {
	var stdout, stderr bytes.Buffer
	at := time.Time{}
	clock := func() time.Time { at = at.Add(time.Minute); return at } // whatever is shown from time to time is due
	err := c.Run(&app{ctx: ctx, stdout: &stdout, now: clock, console: &console{w: &stderr, tty: tty, width: func() int { return 120 }, now: clock}})
	return outcome{exitCode(err), stdout.String(), stderr.String() + fmt.Sprint(err)}
}

func TestWeightsPull(t *testing.T) {
	ownCache(t, t.TempDir())
	e, file := tinyReleased(t)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	half, asked := make(chan struct{}), 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"a"`)
		if asked++; asked > 1 {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		_, _ = w.Write(data[:len(data)/2])
		w.(http.Flusher).Flush()
		close(half)
		<-r.Context().Done()
	}))
	defer server.Close()
	c := pullCmd{Name: "tiny", From: server.URL, catalog: []released.Entry{e}}

	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer stop()
		<-half
		part := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "dinogpu", "weights", "tiny.part.safetensors")
		for range 1000 { // until what was sent is on the disk
			if info, err := os.Stat(part); err == nil && info.Size() == int64(len(data)/2) {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	stopped := c.run(ctx, false)
	if stopped.code != exitStopped || stopped.stdout != "" || !strings.Contains(stopped.stderr, "are kept in "+os.Getenv("XDG_CACHE_HOME")) || !strings.Contains(stopped.stderr, "Apache License 2.0") {
		t.Fatalf("stopped: %+v", stopped)
	}
	done := c.run(context.Background(), true)
	path := strings.TrimSpace(done.stdout)
	got, err := os.ReadFile(path)
	if done.code != exitDone || err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%+v, %v", done, err)
	}
	for _, want := range []string{"going on after", "tiny [####################] 100 % of", "--weights tiny"} {
		if !strings.Contains(done.stderr, want) {
			t.Errorf("%q is not said: %q", want, done.stderr)
		}
	}
	if strings.Contains(done.stderr, "Apache") {
		t.Errorf("the license is shown twice: %s", done.stderr)
	}
	c.List = true
	c.From = ""
	if list := c.run(context.Background(), false); list.code != exitDone || !strings.Contains(list.stdout, path) {
		t.Errorf("the list: %+v", list)
	}
}

func TestWeightsPullRefuses(t *testing.T) {
	ownCache(t, t.TempDir())
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>Sign in</html>") }))
	defer page.Close()
	for args, c := range map[string]struct {
		code int
		want string
	}{
		"dino_vits16 --from " + page.URL:    {exitFailed, "a web page and no file"},
		"dino_vits16 --from " + t.TempDir(): {exitFailed, "holds no dino_deitsmall16_pretrain.pth"},
		"dino_vits17":                       {exitUsage, "there are dino_vits16, dino_vits8"},
		"dino_resnet50":                     {exitUsage, "a ResNet-50, which dinogpu cannot run"},
		"dino_vits16 --json":                {exitUsage, "--json is for the list"},
		"--from https://mirror.example":     {exitUsage, "name a network"},
	} {
		o := dinogpu(t, nil, append([]string{"weights", "pull"}, strings.Fields(args)...)...)
		if o.code != c.code || !strings.Contains(o.stderr, c.want) || o.stdout != "" {
			t.Errorf("%s: %+v", args, o)
		}
	}
	o := dinogpu(t, nil, "weights", "pull", "--json")
	var rows []pullRow
	if err := json.Unmarshal([]byte(o.stdout), &rows); err != nil || len(rows) != 5 || rows[0].Name != "dino_vits16" || rows[0].Path != "" || rows[0].Bytes != 4*21_665_664 {
		t.Errorf("%v: %+v", err, rows)
	}
}

// Released weights go by their names once they are here; a file of that name comes first.
func TestWeightsByName(t *testing.T) {
	cache := t.TempDir()
	ownCache(t, cache)
	t.Chdir(t.TempDir())
	_, file := tinyReleased(t)
	images := writeClasses(t, t.TempDir(), 3, 1, "ant", "bee")
	args := []string{"eval", "knn", "--json", "--nb-knn", "1", "--data", images, "--weights"}
	for name, want := range map[string]string{"dino_vits16": "dinogpu weights pull dino_vits16", "dinov2_vits14": "a network of DINOv2", "dino_vits17": "dino_vits17 cannot be read"} {
		if o := dinogpu(t, nil, append(args, name)...); o.code != exitFailed || !strings.Contains(o.stderr, want) {
			t.Errorf("%s: %+v", name, o)
		}
	}
	dir, err := released.Dir()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	pulled := filepath.Join(dir, "dino_deitsmall16_pretrain.safetensors")
	for _, path := range []string{pulled, "dino_vits16"} {
		if err := os.Rename(file, path); err != nil {
			t.Fatal(err)
		}
		r, _ := knnJSON(t, append(args[3:], "dino_vits16")...)
		if r.Weights != path {
			t.Errorf("read %s, want %s", r.Weights, path)
		}
		file = path
	}
}
