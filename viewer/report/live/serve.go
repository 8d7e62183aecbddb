package live

import (
	"context"
	"errors"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"sync"
	"time"
)

// closeWithin is how long clients have to finish when the server ends.
const closeWithin = 2 * time.Second

// Serve answers at l until ctx ends, which is no error, and closes l. Nothing of it goes on after it returns.
func (s *Site) Serve(ctx context.Context, l net.Listener, allowed func(host string) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	server := &http.Server{
		Handler: s.Handler(allowed), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    stdlog.New(io.Discard, "", 0), // clients' mistakes are theirs
	}
	work.Go(func() { s.Follow(ctx) })
	work.Go(func() {
		<-ctx.Done()
		within, done := context.WithTimeout(context.Background(), closeWithin)
		defer done()
		if server.Shutdown(within) != nil {
			_ = server.Close() // whoever is slow is cut off
		}
	})
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
