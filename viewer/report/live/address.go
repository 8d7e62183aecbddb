package live

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// DefaultAddress is where the page is served if nothing else is asked for.
const DefaultAddress = "127.0.0.1:7600"

// Listen listens at an address, host:port; without a host on this machine alone. local tells whether that holds.
func Listen(address string) (l net.Listener, local bool, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, false, fmt.Errorf("%q is no address to serve at: give host:port, like %s", address, DefaultAddress)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return nil, false, fmt.Errorf("%q has no port from 0 to 65535: give an address like %s", address, DefaultAddress)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err = net.Listen("tcp", net.JoinHostPort(host, port))
	switch {
	case errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.Errno(10048)): // WSAEADDRINUSE
		return nil, false, fmt.Errorf("%s is in use by another program, or by a report that is served already: choose another port", net.JoinHostPort(host, port))
	case err != nil:
		return nil, false, fmt.Errorf("%s cannot be served at (%w): choose an address of this machine, like %s", address, cause(err), DefaultAddress)
	}
	return l, l.Addr().(*net.TCPAddr).IP.IsLoopback(), nil
}

// cause drops what the sentence around it says.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// AllowedHosts are the names that the page may be asked for by: this machine's own, the host that was typed, and, where
// that stands for all addresses of the machine, any address: only a name can be made to lead here by someone else.
func AllowedHosts(address string) func(host string) bool {
	typed, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(typed)
	everywhere := ip != nil && ip.IsUnspecified()
	return func(asked string) bool {
		host := asked
		if h, _, err := net.SplitHostPort(asked); err == nil {
			host = h
		}
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		switch {
		case host == "":
			return false
		case strings.EqualFold(host, "localhost"), host == "127.0.0.1", host == "::1", strings.EqualFold(host, typed):
			return true
		}
		return everywhere && net.ParseIP(host) != nil
	}
}
