// Package hostile hands readers of files what a careless disk or a hostile hand makes of them. It is for tests alone;
// begin with Mutate.
package hostile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// What a read may allocate in all: so many times the file's size, and a base.
const (
	PerByte = 4
	Base    = 64 << 20
)

// Mutate has read read a file of each seed and then, for as long as budget says, files of seeds with a few bytes changed,
// cut, doubled, moved or mixed with another seed's. Each is held to Try's rules. The mutations of a run are those of every
// other; how many there are depends on the machine, and on DINOGPU_HOSTILE=N, which takes N times as long. Nothing else of the process may allocate much meanwhile.
func Mutate(t testing.TB, seeds [][]byte, budget time.Duration, read func(path string) error) {
	t.Helper()
	if len(seeds) == 0 {
		t.Fatal("no seeds")
	}
	path := filepath.Join(t.TempDir(), "hostile")
	for _, seed := range seeds {
		try(t, path, seed, read)
	}
	if n, err := strconv.Atoi(os.Getenv("DINOGPU_HOSTILE")); err == nil && n > 1 {
		budget *= time.Duration(n)
	}
	r := rand.New(rand.NewPCG(1, 2))
	tried, refused := 0, 0
	for end := time.Now().Add(budget); time.Now().Before(end); tried++ {
		if try(t, path, mutated(r, seeds), read) != nil {
			refused++
		}
	}
	t.Logf("%d mutations, of which %d were refused", tried, refused)
	if tried == 0 || refused == 0 {
		t.Errorf("of %d mutations %d were refused", tried, refused)
	}
}

// Try writes data to a file and has read read it. The test fails if read panics; if it allocates more in all than
// PerByte times the file's size and Base; or if its error does not name the file in one line of printable text. It
// returns the error.
func Try(t testing.TB, data []byte, read func(path string) error) error {
	t.Helper()
	return try(t, filepath.Join(t.TempDir(), "hostile"), data, read)
}

func try(t testing.TB, path string, data []byte, read func(path string) error) (err error) {
	t.Helper()
	// A new file each time: ext4 waits for the disk when one that was cut to nothing is closed.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	wrong := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("%s; its bytes are in %s", fmt.Sprintf(format, args...), keep(t, data))
	}
	defer func() {
		if p := recover(); p != nil {
			wrong("a file of %d bytes makes its reader panic: %v\n%s", len(data), p, debug.Stack())
		}
	}()
	before := allocated()
	err = read(path)
	if took, most := allocated()-before, PerByte*uint64(len(data))+Base; took > most {
		wrong("to read a file of %d bytes %d bytes are allocated, more than %d; it gives %v", len(data), took, most, err)
	}
	if err != nil {
		odd := func(r rune) bool { return !unicode.IsPrint(r) }
		if text := err.Error(); !strings.Contains(text, filepath.Base(path)) || !utf8.ValidString(text) || strings.ContainsFunc(text, odd) {
			wrong("the error %q does not name %s in one line of printable text", text, filepath.Base(path))
		}
	}
	return err
}

// keep puts what broke a reader where the test's end leaves it.
func keep(t testing.TB, data []byte) string {
	t.Helper()
	f, err := os.CreateTemp("", "hostile-*")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// allocated is what the process has allocated since it began.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
