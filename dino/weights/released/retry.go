package released

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// A finalError is one that another try would meet again.
type finalError struct {
	err     error
	useless bool // what is there of the file is not of the right one
}

func (e *finalError) Error() string { return e.err.Error() }
func (e *finalError) Unwrap() error { return e.err }

// mostTries is how often in a row a try may bring nothing new.
const mostTries = 5

// all tries until the part is whole, again and again as long as more of it comes.
func (f *fetch) all(ctx context.Context) error {
	most, tries := f.part.have, 0
	for {
		err := f.once(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var final *finalError
		if errors.As(err, &final) {
			if final.useless {
				err = errors.Join(err, f.part.remove())
			}
			return err
		}
		if f.part.have > most { // not where the server begins anew each time, and is cut each time
			most, tries = f.part.have, 0
		}
		if tries++; tries == mostTries {
			return fmt.Errorf("%w; %d tries in a row brought nothing new", err, tries)
		}
		wait := f.backoff << (tries - 1)
		f.say(fmt.Sprintf("%v: trying again in %s", err, wait))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// redirectError is why a redirect is not followed.
type redirectError struct{ reason string }

func (e redirectError) Error() string { return e.reason }

const mostRedirects = 10

// checkRedirect is an http.Client's: no endless chains, and no way out of https.
func checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) > mostRedirects:
		return redirectError{fmt.Sprintf("the server redirects more than %d times", mostRedirects)}
	case via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https":
		return redirectError{"the server redirects from https to " + req.URL.Redacted() + ", where anyone on the way could change the file"}
	}
	return nil
}

// requestError is err without the address, which the caller names, and final where another try cannot help.
func requestError(err error) error {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	var (
		redirect    redirectError
		certificate *tls.CertificateVerificationError
		name        *net.DNSError
	)
	if errors.As(err, &redirect) || errors.As(err, &certificate) || errors.As(err, &name) && name.IsNotFound {
		return &finalError{err: err}
	}
	return err
}
