package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ranBefore copies what an earlier program's run left into runs/NAME of the folder that the test runs in.
func ranBefore(t *testing.T, name string) (folder string) {
	t.Helper()
	folder = filepath.Join("runs", name)
	if err := os.CopyFS(folder, os.DirFS(beganFolder)); err != nil {
		t.Fatal(err)
	}
	return folder
}

var beganFolder, _ = filepath.Abs(filepath.Join("..", "..", "testdata", "run", "begun"))

func TestReportIsAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if o := dinogpu(t, nil, "report"); o.code != exitFailed || !strings.Contains(o.stderr, "there is no run at runs/latest") {
		t.Errorf("no run: exit %d, %s", o.code, o.stderr)
	}
	a, b := ranBefore(t, "a"), ranBefore(t, "b")
	if err := os.WriteFile(filepath.Join("runs", "latest"), []byte("b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		out  string
		has  int // runs
	}{
		{nil, filepath.Join(b, "report.html"), 1},
		{[]string{a}, filepath.Join(a, "report.html"), 1},
		{[]string{a, b}, filepath.Join("runs", "report.html"), 2},
		{[]string{a, b, "--out", "x.html"}, "x.html", 2},
	} {
		o := dinogpu(t, nil, append([]string{"report"}, c.args...)...)
		page, err := os.ReadFile(c.out)
		if o.code != exitDone || err != nil || o.stdout != c.out+"\n" {
			t.Fatalf("%q: exit %d, %q, %s%v", c.args, o.code, o.stdout, o.stderr, err)
		}
		if got := strings.Count(string(page), "Stopped at step 5 of 12"); got != c.has {
			t.Errorf("%q: the page has %d runs", c.args, got)
		}
	}
	if o := dinogpu(t, nil, "report", a, "--out", filepath.Join("nowhere", "x.html")); o.code != exitFailed || !strings.Contains(o.stderr, "cannot be written") {
		t.Errorf("a file that cannot be: exit %d, %s", o.code, o.stderr)
	}
	if o := dinogpu(t, nil, "report", a, "--out", "x.html", "--serve"); o.code != exitUsage {
		t.Errorf("both ways: exit %d, %s", o.code, o.stderr)
	}
}

func TestServeFlag(t *testing.T) {
	for _, c := range []struct {
		args    string
		address serveAddress
		runs    int
	}{
		{"report", "", 0},
		{"report --serve", "127.0.0.1:7600", 0},
		{"report --serve runs/a", "127.0.0.1:7600", 1},
		{"report --serve :80 runs/a", ":80", 1},
		{"report --serve localhost:80 runs/a runs/b", "localhost:80", 2},
		{"report runs/a --serve [::1]:80", "[::1]:80", 1},
		{"report runs/a --serve=anything", "anything", 1},
		{"report runs/a --serve=", "127.0.0.1:7600", 1},
		{"report --serve --out x runs/a", "127.0.0.1:7600", 1},
	} {
		got := parse(t, nil, strings.Fields(c.args)...).Report
		if got.Serve != c.address || len(got.Runs) != c.runs {
			t.Errorf("%s: at %q, runs %q", c.args, got.Serve, got.Runs)
		}
	}
}

// The live page is there until Ctrl-C, on this machine only.
func TestReportIsServed(t *testing.T) {
	t.Chdir(t.TempDir())
	ranBefore(t, "a")
	used, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	if o := dinogpu(t, nil, "report", "--serve", used.Addr().String()); o.code != exitFailed || !strings.Contains(o.stderr, "is in use by another program") {
		t.Errorf("a port in use: exit %d, %s", o.code, o.stderr)
	}

	ctx, ctrlC := context.WithCancel(context.Background())
	defer ctrlC()
	reads, writes := io.Pipe()
	var stderr strings.Builder
	a := &app{ctx: ctx, stdout: writes, console: &console{w: &stderr, now: time.Now}, env: func(string) (string, bool) { return "", false }, now: time.Now}
	code := make(chan int, 1)
	go func() { code <- execute(a, []string{"report", "--serve", ":0"}) }()
	line := make([]byte, 100)
	n, err := reads.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(string(line[:n]))
	if !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Errorf("served at %q", address)
	}
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || !strings.Contains(string(page), "Stopped at step 5 of 12") {
		t.Errorf("the page does not show the run: %v", err)
	}
	ctrlC()
	if got := <-code; got != exitStopped || strings.Contains(stderr.String(), "others on the network") {
		t.Errorf("exit %d, %s", got, stderr.String())
	}
}
