package released

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// Connections that are cut or stand still are gone on with where they ended, each try with a little more.
func TestConnectionsThatBreak(t *testing.T) {
	data, dir := content(t, 1, 0), t.TempDir()
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		var from int
		_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		switch {
		case n > 0 && r.Header.Get("If-Range") != `"a"`:
			t.Errorf("request %d asks for a part with If-Range %q", n, r.Header.Get("If-Range"))
		case n == 8: // stands still
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(data)-1, len(data)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(data[from : from+1000])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		case n == 9:
			whole(w, r, data, `"a"`)
			return
		}
		cut(w, data, from, from+1000, `"a"`)
	})
	o := quick(dir, s.URL)
	o.stall = time.Second
	p := tiny().pull(o)
	p.holds(t, data)
	if got := s.ranges(); len(got) != 10 || got[9] != "bytes=9000-" {
		t.Errorf("asked for %q", got)
	}
	if !strings.Contains(p.said, "the connection was cut: trying again") || !strings.Contains(p.said, "no byte came for 1s: trying again") {
		t.Errorf("said: %s", p.said)
	}
}

// What brings nothing new ends after some tries, and says how the file can come otherwise.
func TestConnectionsThatStayBroken(t *testing.T) {
	data := content(t, 1, 0)
	for name, c := range map[string]struct {
		handler func(w http.ResponseWriter, r *http.Request, n int)
		want    string
		tries   int
	}{
		"cut at once":         {func(http.ResponseWriter, *http.Request, int) { panic(http.ErrAbortHandler) }, "EOF", mostTries},
		"stands still":        {func(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }, "no byte came", mostTries},
		"length of more":      {func(w http.ResponseWriter, _ *http.Request, _ int) { cut(w, data, 0, 5000, "") }, "the connection was cut", mostTries},
		"length of more, 206": {func(w http.ResponseWriter, r *http.Request, n int) { moreThanThereIs(w, data, n) }, "the connection was cut", mostTries},
		"500":                 {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(500) }, "500 Internal Server Error", mostTries},
		"404":                 {func(w http.ResponseWriter, r *http.Request, _ int) { http.NotFound(w, r) }, "404 Not Found", 1},
		"206 unasked":         {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(206) }, "206 Partial Content", 1},
	} {
		dir := t.TempDir()
		s := serve(t, c.handler)
		o := quick(dir, s.URL)
		if name == "stands still" {
			o.stall = 50 * time.Millisecond
		}
		p := tiny().pull(o)
		if p.err == nil || !strings.Contains(p.err.Error(), c.want) || !strings.Contains(p.err.Error(), tiny().URL()+" and put it at "+tiny().path(dir, "")) {
			t.Errorf("%s: %v", name, p.err)
		}
		if n := len(s.ranges()); n != c.tries {
			t.Errorf("%s: %d tries, want %d", name, n, c.tries)
		}
		if path, there := tiny().In(dir); there {
			t.Errorf("%s: %s is there", name, path)
		}
	}
}

// moreThanThereIs sends all that there is, and says that there are 100 bytes more.
func moreThanThereIs(w http.ResponseWriter, data []byte, n int) {
	w.Header().Set("ETag", `"a"`)
	size := len(data) + 100
	if n == 0 {
		w.Header().Set("Content-Length", fmt.Sprint(size))
		_, _ = w.Write(data)
	} else {
		w.Header().Set("Content-Length", "100")
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", len(data), size-1, size))
		w.WriteHeader(http.StatusPartialContent)
	}
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// Trouble that passes: an error of the server, a server that ignores ranges, another file between two parts, told by the
// server or not, a part that is not the one asked for, and a server that has lost the file's end.
func TestServersThatChange(t *testing.T) {
	old, data := content(t, 1, 0), content(t, 1, 7)
	for name, second := range map[string]func(w http.ResponseWriter, r *http.Request){
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"no ranges": func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			whole(w, r, data, `"b"`)
		},
		"another file":         func(w http.ResponseWriter, r *http.Request) { whole(w, r, data, `"b"`) },
		"another part, unsaid": func(w http.ResponseWriter, _ *http.Request) { cut(w, data, 5000, len(data), `"b"`) },
		"another offset":       func(w http.ResponseWriter, _ *http.Request) { cut(w, data, 4000, len(data), `"a"`) },
		"another length":       func(w http.ResponseWriter, _ *http.Request) { cut(w, append(data, 0), 5000, len(data), `"a"`) },
		"no offset": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(data[5000:])
		},
		"416": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestedRangeNotSatisfiable) },
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
			switch n {
			case 0:
				cut(w, old, 0, 5000, `"a"`)
			case 1:
				second(w, r)
			default:
				whole(w, r, data, `"b"`)
			}
		})
		p := tiny().pull(quick(t.TempDir(), s.URL))
		if p.holds(t, data); t.Failed() {
			t.Fatalf("%s: asked for %q, said %s", name, s.ranges(), p.said)
		}
	}
}

// Files that are not the network are refused and removed.
func TestFilesThatLie(t *testing.T) {
	data := content(t, 1, 0)
	page := "<!doctype html><title>Sign in</title>" + strings.Repeat("<p>Welcome</p>", 4000)
	for name, c := range map[string]struct {
		handler func(w http.ResponseWriter, r *http.Request, n int)
		want    string
	}{
		"a web page":           {func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = fmt.Fprint(w, page) }, "a web page and no file"},
		"a page that is none":  {func(w http.ResponseWriter, r *http.Request, _ int) { whole(w, r, []byte(page), `"a"`) }, "is not tiny, and was removed"},
		"another network":      {func(w http.ResponseWriter, r *http.Request, _ int) { whole(w, r, content(t, 2, 0), `"a"`) }, "2 blocks of 3 heads"},
		"short by a few bytes": {func(w http.ResponseWriter, r *http.Request, _ int) { whole(w, r, data[:len(data)-9], `"a"`) }, "is not tiny, and was removed"},
		"a few bytes":          {func(w http.ResponseWriter, r *http.Request, _ int) { whole(w, r, data[:99], `"a"`) }, "has 99 B"},
		"far too long": {func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Content-Length", "100000000000")
		}, "has 93.13 GiB"},
		"without an end": {func(w http.ResponseWriter, r *http.Request, _ int) {
			w.Header().Set("Content-Type", "application/octet-stream")
			for r.Context().Err() == nil {
				if _, err := w.Write(data); err != nil {
					return
				}
			}
		}, "sends more than"},
		"compressed": {func(w http.ResponseWriter, r *http.Request, _ int) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(data)
		}, "compressed"},
	} {
		dir := t.TempDir()
		s := serve(t, c.handler)
		tiny().pull(quick(dir, s.URL)).refused(t, dir, c.want)
		if n := len(s.ranges()); n != 1 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

// A chunked answer says no length.
func TestPullWithoutALength(t *testing.T) {
	data := content(t, 1, 0)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n > 0 {
			whole(w, r, data, `"a"`)
			return
		}
		w.Header().Set("ETag", `"a"`)
		_, _ = w.Write(data[:5000])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	tiny().pull(quick(t.TempDir(), s.URL)).holds(t, data)
	if got := s.ranges(); !slices.Equal(got, []string{"", "bytes=5000-"}) {
		t.Errorf("asked for %q", got)
	}
}

// Ten redirects are followed, eleven are not, and none out of https.
func TestRedirects(t *testing.T) {
	data := content(t, 1, 0)
	chain := func(length int) *server {
		return serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
			if n < length {
				http.Redirect(w, r, "/"+strings.Repeat("x", n+1), http.StatusFound)
				return
			}
			whole(w, r, data, `"a"`)
		})
	}
	tiny().pull(quick(t.TempDir(), chain(10).URL)).holds(t, data)
	dir := t.TempDir()
	long := chain(11)
	tiny().pull(quick(dir, long.URL)).refused(t, dir, "redirects more than 10 times")
	if n := len(long.ranges()); n != 11 {
		t.Errorf("%d requests", n)
	}
	plain := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { whole(w, r, data, `"a"`) })
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL, http.StatusFound)
	}))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake that the first pull breaks off
	secure.StartTLS()
	defer secure.Close()
	o := quick(dir, secure.URL)
	tiny().pull(o).refused(t, dir, "certificate") // of nobody that this machine knows
	o.client = secure.Client()
	o.client.CheckRedirect = checkRedirect
	tiny().pull(o).refused(t, dir, "from https to http://")
	if n := len(plain.ranges()); n != 0 {
		t.Errorf("%d requests came over http", n)
	}
}

type noNetwork struct{ asked int }

func (n *noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	n.asked++
	return nil, &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}
}

// Without a network it says at once what to fetch and where to put it.
func TestPullOffline(t *testing.T) {
	dir, network := t.TempDir(), &noNetwork{}
	o := quick(dir, "")
	o.client = &http.Client{Transport: network}
	tiny().pull(o).refused(t, dir, "no such host", "https://dl.fbaipublicfiles.com/dino/tiny_pretrain/tiny_pretrain.safetensors and put it at "+tiny().path(dir, ""))
	if network.asked != 1 {
		t.Errorf("%d tries", network.asked)
	}
}
