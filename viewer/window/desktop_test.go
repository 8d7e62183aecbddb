//go:build window

package window

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A desktop is an X server without a screen, for one test.
type desktop struct {
	t       *testing.T
	display string
}

// newDesktop starts one; Debian has it as xvfb.
func newDesktop(t *testing.T) *desktop {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{in}
	if err := server.Start(); err != nil {
		t.Fatalf("%v: this test needs an X server without a screen (Debian: apt install xvfb x11-apps xdotool)", err)
	}
	in.Close()
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	number, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("Xvfb did not start: ", err)
	}
	return &desktop{t, ":" + strings.TrimSpace(number)}
}

// run runs a program of the desktop and gives what it printed.
func (d *desktop) run(name string, args ...string) []byte {
	d.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+d.display)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatalf("%s %v: %v %s (Debian: apt install xvfb x11-apps xdotool)", name, args, err, &stderr)
	}
	return out
}

// A shown is a window of this test's own program on a desktop.
type shown struct {
	*desktop
	id    string
	in    io.Writer
	lines chan string
}

// show starts the program and waits for its window.
func (d *desktop) show() *shown {
	d.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "DISPLAY="+d.display, "DINOGPU_TEST_WINDOW=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	s := &shown{desktop: d, in: in, lines: make(chan string, 10000)}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s.lines <- lines.Text()
		}
		close(s.lines)
	}()
	d.t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			d.t.Errorf("the window's program ended with %v", err)
		}
	})
	d.t.Log(s.wait("drawn by"))
	s.id = strings.TrimSpace(string(d.run("xdotool", "search", "--sync", "--name", "stripes")))
	d.run("xdotool", "windowfocus", "--sync", s.id)
	return s
}

// wait gives the next line that begins so.
func (s *shown) wait(start string) string {
	s.t.Helper()
	limit, heard := time.After(60*time.Second), []string{}
	for {
		select {
		case line, ok := <-s.lines:
			if !ok {
				s.t.Fatalf("the window's program ended before it said %q; it said %q", start, heard)
			}
			heard = append(heard, line)
			if strings.HasPrefix(line, start) {
				return line
			}
		case <-limit:
			s.t.Fatalf("the window's program has not said %q for a minute", start)
		}
	}
}

// tell gives it a command and returns how it is afterwards.
func (s *shown) tell(format string, args ...any) string {
	s.t.Helper()
	line := fmt.Sprintf(format, args...)
	fmt.Fprintln(s.in, line)
	return s.wait("state " + strings.Fields(line)[0])
}

// photo is what the desktop shows of the window.
func (s *shown) photo() *image.RGBA {
	s.t.Helper()
	dump := s.run("xwd", "-silent", "-id", s.id)
	word := func(i int) int { return int(binary.BigEndian.Uint32(dump[4*i:])) }
	head, w, h, line, colors := word(0), word(4), word(5), word(12), word(19)
	if word(1) != 7 || word(11) != 32 || word(7) != 0 {
		s.t.Fatalf("xwd wrote version %d, %d bits a pixel, byte order %d", word(1), word(11), word(7))
	}
	pixels := dump[head+12*colors:]
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p := pixels[y*line+4*x:]
			copy(im.Pix[im.PixOffset(x, y):], []byte{p[2], p[1], p[0], 255})
		}
	}
	return im
}

// shows waits until the window shows this image, pixel for pixel.
func (s *shown) shows(want *image.RGBA) {
	s.t.Helper()
	var last *image.RGBA
	for range 100 {
		last = s.photo()
		if last.Rect == want.Rect && bytes.Equal(last.Pix, want.Pix) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	if last.Rect != want.Rect {
		s.t.Fatalf("the window has %v, the image %v", last.Rect, want.Rect)
	}
	for i := range want.Pix {
		if last.Pix[i] != want.Pix[i] {
			x, y := i/4%want.Rect.Dx(), i/4/want.Rect.Dx()
			s.t.Fatalf("pixel %d, %d is %v and should be %v", x, y, last.RGBAAt(x, y), want.RGBAAt(x, y))
		}
	}
}
