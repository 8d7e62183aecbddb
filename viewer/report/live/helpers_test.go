package live

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// newRun makes a run's folder within another, with its first steps.
func newRun(t *testing.T, folder, name string, steps int) string {
	t.Helper()
	s, err := settings.FromPreset("demo")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	// config.yaml comes last, as it makes a folder a run.
	add(t, filepath.Join(path, "metrics.jsonl"), lines(1, steps))
	add(t, filepath.Join(path, settings.FileName), "# a run\n\n"+string(s.YAML()))
	return path
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// lines are metrics; 25 steps make an epoch, 200 the demo.
func lines(from, to int) (text string) {
	for n := from; n <= to; n++ {
		text += fmt.Sprintf(`{"step":%d,"epoch":%d,"loss":%d.5,"entropy":3,"kl":1}`+"\n", n, (n-1)/25, n)
	}
	return text
}

// served is a site that is served until the test ends.
type served struct {
	t    *testing.T
	url  string
	stop context.CancelFunc
	done chan error
}

func serve(t *testing.T, folder string, paths ...string) *served {
	t.Helper()
	site, err := New(folder, paths)
	if err != nil {
		t.Fatal(err)
	}
	site.every = 50 * time.Millisecond
	l, local, err := Listen(":0")
	if err != nil || !local {
		t.Fatalf("local %v, %v", local, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &served{t, "http://" + l.Addr().String(), cancel, make(chan error, 1)}
	go func() { s.done <- site.Serve(ctx, l, AllowedHosts(":0")) }()
	t.Cleanup(func() { s.end() })
	return s
}

// end stops the server and waits for it.
func (s *served) end() {
	s.stop()
	select {
	case err, ok := <-s.done:
		if ok && err != nil {
			s.t.Errorf("serving ended with %v", err)
		}
		if ok {
			close(s.done)
		}
	case <-time.After(closeWithin + 10*time.Second):
		s.t.Error("the server does not end")
	}
}

func (s *served) get(path, host string) (status int, body string) {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if host != "" {
		request.Host = host
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(data)
}

// A client reads events.
type client struct {
	t      *testing.T
	events chan map[string]string
	close  func()
}

func (s *served) client(query string) *client {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/events?"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		s.t.Errorf("events are %s", got)
	}
	c := &client{s.t, make(chan map[string]string, 1000), cancel}
	go func() {
		defer answer.Body.Close()
		defer close(c.events)
		lines := bufio.NewReader(answer.Body)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				var event map[string]string
				if json.Unmarshal([]byte(data), &event) == nil {
					c.events <- event
				}
			}
		}
	}()
	return c
}

// wait waits for a section that holds some text.
func (c *client) wait(id, text string) {
	c.t.Helper()
	within := time.After(15 * time.Second)
	for {
		select {
		case event, ok := <-c.events:
			if !ok {
				c.t.Fatalf("the events ended before %s had %q", id, text)
			}
			if event["id"] == id && strings.Contains(event["html"], text) {
				return
			}
		case <-within:
			c.t.Fatalf("%s never had %q", id, text)
		}
	}
}

// quiet tells that nothing comes for a while.
func (c *client) quiet(d time.Duration) {
	c.t.Helper()
	select {
	case event := <-c.events:
		c.t.Errorf("an event though nothing changed: %s", event["id"])
	case <-time.After(d):
	}
}
