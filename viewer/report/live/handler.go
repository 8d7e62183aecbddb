package live

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dinogpu/dinogpu/viewer/report"
)

//go:embed live.js
var script string

const (
	// aliveEvery is how often a client hears something, so that one that is gone is noticed.
	aliveEvery = 15 * time.Second
	// writeWithin is how long a client may take for what it is sent.
	writeWithin = 20 * time.Second
)

// Handler answers the page at / and its events at /events, where allowed says that it may be asked for by that host name.
func (s *Site) Handler(allowed func(host string) bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /events", s.events)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowed(r.Host) {
			http.Error(w, "This page is not served under that name: ask for it by the address that dinogpu printed.", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// page answers with the whole page as it is now.
func (s *Site) page(w http.ResponseWriter, r *http.Request) {
	m, err := s.now(r.Context(), r.URL.Query()["run"])
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	nonce := rand.Text()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'nonce-"+nonce+
		"'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	var out bytes.Buffer
	if err := report.WriteLive(&out, m.title, m.sections, report.Live{Nonce: nonce, Script: template.JS(script)}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeWithin)) // a test's recorder has none
	_, _ = w.Write(out.Bytes())                                                     // a client that went has no use for an error
}

// now is what is to be shown of a choice of runs, with the list of what can be chosen.
func (s *Site) now(ctx context.Context, ids []string) (made, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 { // nobody has looked for a while
		s.refresh(ctx)
	}
	chosen := s.shelf.chosen(ids)
	key := keyOf(chosen)
	m, ok := s.made[key]
	if !ok || m.version != s.version {
		runs, err := open(ctx, chosen)
		if err != nil {
			return made{}, err
		}
		sections, err := report.Sections(runs)
		if err != nil {
			return made{}, err
		}
		m = made{s.version, report.Title(runs), sections}
		if len(s.made) >= mostMade {
			clear(s.made)
		}
		s.made[key] = m
	}
	list, err := report.ChoiceSection(s.shelf.choices(chosen))
	m.sections = append(slices.Clone(m.sections), list)
	return m, err
}

func keyOf(chosen []*entry) string {
	var ids []string
	for _, e := range chosen {
		ids = append(ids, e.id)
	}
	return strings.Join(ids, "\x00")
}

// events sends the sections that differ from those that a client has, then those that change, until it goes.
func (s *Site) events(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	ids, seen := query["run"], query["seen"]
	wake, cancel := s.subscribe()
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	have := map[string]string{}
	for _, each := range seen {
		id, version, _ := strings.Cut(each, ":")
		have[id] = version
	}
	for {
		m, err := s.now(r.Context(), ids)
		if err != nil {
			return // the client tries again
		}
		var out bytes.Buffer
		for _, section := range m.sections {
			if have[section.ID] != section.Version {
				have[section.ID] = section.Version
				writeEvent(&out, section)
			}
		}
		if out.Len() == 0 {
			out.WriteString(": alive\n\n")
		}
		if send(w, out.Bytes()) != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-wake:
		case <-alive.C:
		}
	}
}

// writeEvent writes a section as one event. JSON has no line ends of its own.
func writeEvent(out *bytes.Buffer, s report.Section) {
	data, _ := json.Marshal(map[string]string{"id": s.ID, "version": s.Version, "html": string(s.HTML)}) // strings always can be
	fmt.Fprintf(out, "event: section\ndata: %s\n\n", data)
}

// send gives a client up that does not take what it is sent.
func send(w http.ResponseWriter, data []byte) error {
	c := http.NewResponseController(w)
	if err := c.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	return c.Flush()
}
