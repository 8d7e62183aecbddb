package live

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestTwoClientsFollowARun(t *testing.T) {
	folder := t.TempDir()
	run := newRun(t, folder, "a", 30)
	metrics := filepath.Join(run, "metrics.jsonl")
	s := serve(t, folder)
	_, page := s.get("/", "")
	if !strings.Contains(page, "Step 30 of 200") || !strings.Contains(page, "new EventSource") {
		t.Fatal("the page does not show the run, or does not follow it")
	}
	one, two := s.client(""), s.client("run="+run)
	one.wait("runs", "Step 30 of 200")
	two.wait("runs", "Step 30 of 200")
	one.wait("choices", "checked")
	two.wait("choices", "checked")

	add(t, metrics, lines(31, 40)+`{"step":41,"epoch":1,"lo`) // a line half written
	for _, c := range []*client{one, two} {
		c.wait("runs", "Step 40 of 200")
		c.wait("numbers", `<data value="40.5">`)
	}
	one.quiet(300 * time.Millisecond)
	add(t, metrics, `ss":77.25,"entropy":3,"kl":1}`+"\n")
	one.wait("plot-loss", "77.25")
	one.close()
	two.wait("numbers", `<data value="77.25">`)

	add(t, metrics, lines(42, 200)) // and the run ends
	two.wait("runs", "Trained to its end: 200 steps, 8 epochs")
	three := s.client("run=" + run)
	three.wait("runs", "Trained to its end")
	s.end()
	for range three.events { // ends with the server
	}
}

// What a client has already is not sent again.
func TestClientsSayWhatTheyHave(t *testing.T) {
	folder := t.TempDir()
	newRun(t, folder, "a", 30)
	s := serve(t, folder)
	_, page := s.get("/", "")
	query := ""
	for part := range strings.SplitSeq(page, `<section id="`) {
		if id, rest, ok := strings.Cut(part, `" data-version="`); ok {
			version, _, _ := strings.Cut(rest, `"`)
			query += "seen=" + id + ":" + version + "&"
		}
	}
	if strings.Count(query, "seen=") < 15 {
		t.Fatalf("the page has sections %s", query)
	}
	c := s.client(query)
	c.quiet(300 * time.Millisecond)
	add(t, filepath.Join(folder, "a", "metrics.jsonl"), lines(31, 31))
	c.wait("runs", "Step 31")
}

func TestRunsComeAndGo(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "runs") // not there yet
	s := serve(t, folder)
	if _, page := s.get("/", ""); !strings.Contains(page, "There is no run here yet") || !strings.Contains(page, "No run is chosen") {
		t.Error("an empty page does not say so")
	}
	c := s.client("")
	first := newRun(t, folder, "first", 10)
	c.wait("runs", "first")
	c.wait("choices", `value="`+first+`" checked`)
	newRun(t, folder, "second <b>", 12)
	c.wait("runs", "second &lt;b&gt;") // the newest, as nothing is chosen
	both := s.client("run=" + first + "&run=" + strings.ReplaceAll(filepath.Join(folder, "second <b>"), " ", "%20"))
	both.wait("plot-loss", "var(--run-1)")
	if err := os.RemoveAll(first); err != nil {
		t.Fatal(err)
	}
	both.wait("colors", "--run-0:hsl(215 75% var(--light)); }")
}

// Only runs that were found are served, and only under this machine's names.
func TestWhoMayAskForWhat(t *testing.T) {
	folder := t.TempDir()
	newRun(t, folder, "a", 5)
	secret := newRun(t, t.TempDir(), "secret", 5)
	s := serve(t, folder)
	for _, path := range []string{"/?run=" + secret, "/?run=" + folder + "/a/../../" + filepath.Base(filepath.Dir(secret)) + "/secret", "/?run=..", "/?run=%00"} {
		if status, page := s.get(path, ""); status != http.StatusOK || strings.Contains(page, "secret") || !strings.Contains(page, "No run is chosen") {
			t.Errorf("%s: status %d, or a run is shown", path, status)
		}
	}
	for _, path := range []string{"/a/config.yaml", "/a", "/..%2f..%2fetc/passwd", "/static"} {
		if status, _ := s.get(path, ""); status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, status)
		}
	}
	for host, want := range map[string]int{
		"": 200, "localhost:7600": 200, "127.0.0.1": 200, "[::1]:7600": 200,
		"evil.example": 403, "evil.example:7600": 403, "127.0.0.1.evil.example": 403, "192.168.1.2:7600": 403, "localhost.": 403,
	} {
		if status, _ := s.get("/", host); status != want {
			t.Errorf("host %q: status %d, not %d", host, status, want)
		}
		if host != "" && want == 403 {
			if status, _ := s.get("/events", host); status != want {
				t.Errorf("events for host %q: status %d", host, status)
			}
		}
	}
	answer, err := http.Post(s.url+"/", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", answer.StatusCode)
	}
}

func TestAllowedHosts(t *testing.T) {
	for _, c := range []struct {
		address, host string
		want          bool
	}{
		{"box.lan:80", "box.lan", true},
		{"box.lan:80", "BOX.lan:80", true},
		{"box.lan:80", "other.lan", false},
		{"192.168.1.2:80", "192.168.1.2:80", true},
		{"192.168.1.2:80", "192.168.1.3:80", false},
		{"0.0.0.0:80", "192.168.1.3:80", true},
		{"[::]:80", "[fe80::1]:80", true},
		{"0.0.0.0:80", "evil.example:80", false},
		{":80", "192.168.1.3:80", false},
		{":80", "", false},
	} {
		if got := AllowedHosts(c.address)(c.host); got != c.want {
			t.Errorf("%q served at %s: %v", c.host, c.address, got)
		}
	}
}

// A client that takes nothing holds up nobody, and the end of the server cuts it off.
func TestSlowClientHoldsUpNobody(t *testing.T) {
	folder := t.TempDir()
	run := newRun(t, folder, "a", 30)
	s := serve(t, folder)
	for range 3 {
		slow, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		if _, err := slow.Write([]byte("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	c := s.client("")
	at := 30
	for range 4 {
		add(t, filepath.Join(run, "metrics.jsonl"), lines(at+1, at+40))
		at += 40
		c.wait("runs", fmt.Sprint(at))
	}
}

func TestNothingGoesOnAfterServing(t *testing.T) {
	before := runtime.NumGoroutine()
	folder := t.TempDir()
	newRun(t, folder, "a", 5)
	s := serve(t, folder)
	c := s.client("")
	c.wait("runs", "Step 5")
	s.end()
	for range c.events { // ends with the server
	}
	http.DefaultClient.CloseIdleConnections()
	for wait := 0; runtime.NumGoroutine() > before && wait < 100; wait++ {
		time.Sleep(20 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines, %d before\n%s", n, before, stacks[:runtime.Stack(stacks, true)])
	}
}

func TestListen(t *testing.T) {
	l, local, err := Listen(":0")
	if err != nil || !local || !strings.HasPrefix(l.Addr().String(), "127.0.0.1:") {
		t.Fatalf("%v, %v, %v", l, local, err)
	}
	defer l.Close()
	if _, _, err := Listen(l.Addr().String()); err == nil || !strings.Contains(err.Error(), "is in use by another program") {
		t.Errorf("a port that is in use: %v", err)
	}
	for _, address := range []string{"", "7600", "localhost", "localhost:http", "localhost:-1", "localhost:70000", "::1:80"} {
		if l, _, err := Listen(address); err == nil || !strings.Contains(err.Error(), "127.0.0.1:7600") {
			if l != nil {
				l.Close()
			}
			t.Errorf("%q: %v", address, err)
		}
	}
	everywhere, local, err := Listen("0.0.0.0:0")
	if err != nil || local {
		t.Fatalf("all addresses: local %v, %v", local, err)
	}
	everywhere.Close()
}

func TestNamedRunsMustBeThere(t *testing.T) {
	if _, err := New(t.TempDir(), []string{"nowhere"}); err == nil || !strings.Contains(err.Error(), "there is no run at nowhere") {
		t.Errorf("no run: %v", err)
	}
}
