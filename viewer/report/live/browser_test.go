//go:build browser

package live

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/viewer/report"
)

// chromium runs a headless browser on a page and gives what it prints.
func chromium(t *testing.T, url string, flags ...string) string {
	t.Helper()
	name := os.Getenv("CHROMIUM")
	if name == "" {
		name = "chromium"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("no %s was found, and these tests look at pages in it: install it (Debian: apt install chromium), or name a Chrome by CHROMIUM=PATH", name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1", "--user-data-dir=" + t.TempDir(),
	}, append(flags, url)...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, &stderr)
	}
	return stdout.String()
}

const (
	light = "--blink-settings=preferredColorScheme=1"
	dark  = "--blink-settings=preferredColorScheme=0"
)

// screenshot is a page as a browser shows it; go test -artifacts keeps it.
func screenshot(t *testing.T, url, name, scheme string, w, h int) image.Image {
	t.Helper()
	file := filepath.Join(t.ArtifactDir(), name+".png")
	chromium(t, url, scheme, "--screenshot="+file, fmt.Sprintf("--window-size=%d,%d", w, h))
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// count is how many pixels have about a color.
func count(img image.Image, r, g, b int) (n int) {
	near := func(v uint32, want int) bool { d := int(v>>8) - want; return -3 <= d && d <= 3 }
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if pr, pg, pb, _ := img.At(x, y).RGBA(); near(pr, r) && near(pg, g) && near(pb, b) {
				n++
			}
		}
	}
	return n
}

// pages serves a file's page, and one that measures it at a phone's width.
func pages(t *testing.T, page []byte) (url string, asked func() []string) {
	var mu sync.Mutex
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.URL.Path)
		mu.Unlock()
		switch r.URL.Path {
		case "/page":
			_, _ = w.Write(page)
		case "/phone":
			fmt.Fprint(w, `<!DOCTYPE html><link rel="icon" href="data:,"><body style="margin:0"><iframe id="f" style="border:0" width="400" height="2400" src="/page"></iframe><p id="p"></p><script>
f.onload = () => { const d = f.contentDocument.documentElement; p.textContent = "width " + d.scrollWidth + " of " + d.clientWidth; };</script>`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return paths
	}
}

func TestBrowserShowsTheFile(t *testing.T) {
	folder := t.TempDir()
	var runs []*report.Run
	for i, name := range []string{"one", "a-run-of-a-very-long-name-without-a-single-space-that-goes-on-and-on"} {
		r, err := report.Open(context.Background(), newRun(t, folder, name, 60+60*i))
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, r)
	}
	var page bytes.Buffer
	if err := report.Write(&page, runs); err != nil {
		t.Fatal(err)
	}
	url, asked := pages(t, page.Bytes())
	for _, c := range []struct {
		scheme           string
		page, one, other [3]int // red, green, blue
	}{
		{light, [3]int{255, 255, 255}, [3]int{27, 94, 187}, [3]int{187, 94, 27}},
		{dark, [3]int{20, 23, 27}, [3]int{90, 149, 231}, [3]int{231, 149, 90}},
	} {
		for _, w := range []int{1300, 600} {
			img := screenshot(t, url+"/page", fmt.Sprintf("file-%d-%s", w, c.scheme[len(c.scheme)-1:]), c.scheme, w, 1600)
			all := img.Bounds().Dx() * img.Bounds().Dy()
			if got := count(img, c.page[0], c.page[1], c.page[2]); got < all/20 {
				t.Errorf("%s, %d wide: %d of %d pixels have the page's color", c.scheme, w, got, all)
			}
			for i, color := range [][3]int{c.one, c.other} {
				if got := count(img, color[0], color[1], color[2]); got < 150 {
					t.Errorf("%s, %d wide: run %d has %d pixels of its color", c.scheme, w, i, got)
				}
			}
		}
	}
	for _, path := range asked() {
		if path != "/page" {
			t.Errorf("the page asks for %s", path)
		}
	}
	if dom := chromium(t, url+"/phone", "--dump-dom"); !strings.Contains(dom, "width 400 of 400") {
		t.Errorf("on a phone the page is too wide: %s", regexp.MustCompile(`width \d+ of \d+`).FindString(dom))
	}
	screenshot(t, url+"/phone", "file-phone", light, 500, 2400)
}

// hold puts an image into the page that comes only when release is closed, so that a browser waits with what it prints.
func hold(site http.Handler, release <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hold":
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case "/":
			whole := httptest.NewRecorder()
			site.ServeHTTP(whole, r)
			for key, values := range whole.Header() {
				w.Header()[key] = values
			}
			w.Header().Set("Content-Security-Policy", strings.Replace(whole.Header().Get("Content-Security-Policy"), "img-src data:", "img-src data: 'self'", 1))
			_, _ = w.Write(bytes.Replace(whole.Body.Bytes(), []byte("</body>"), []byte(`<img src="/hold"></body>`), 1))
		default:
			site.ServeHTTP(w, r)
		}
	})
}

func TestBrowserFollowsARun(t *testing.T) {
	folder := t.TempDir()
	run := newRun(t, folder, "a", 30)
	site, err := New(folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	site.every = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	work.Go(func() { site.Follow(ctx) })
	release := make(chan struct{})
	server := httptest.NewUnstartedServer(hold(site.Handler(AllowedHosts(":0")), release))
	server.Start()
	defer server.CloseClientConnections()

	work.Go(func() {
		defer close(release)
		for tries := 0; ; tries++ { // until the browser follows
			site.mu.Lock()
			followed := len(site.waiting) > 0
			site.mu.Unlock()
			if followed {
				break
			}
			if tries == 600 {
				t.Error("the browser does not ask for events")
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		add(t, filepath.Join(run, "metrics.jsonl"), lines(31, 100)+`{"step":100,"knn_teacher":61.25,"knn_student":60}`+"\n"+`{"step":101,"loss":9`)
		newRun(t, folder, "b", 2)
		time.Sleep(3 * time.Second) // for the browser to take it in, which nobody outside can see
	})
	dom := chromium(t, server.URL+"/?run="+run, "--dump-dom")
	for _, want := range []string{"Step 100 of 200", `<data value="100.5">`, `<data value="61.25">`, filepath.Join(folder, "b") + "</label>"} {
		if !strings.Contains(dom, want) {
			t.Errorf("the browser does not show %q", want)
		}
	}
	plot := regexp.MustCompile(`(?s)<section id="plot-knn".*?</section>`).FindString(dom)
	if !strings.Contains(plot, "<svg") || !strings.Contains(plot, "61.25 %") {
		t.Errorf("the plot that came later is %q", plot)
	}
	if slices.Contains(strings.Fields(dom), "lost") {
		t.Error("the browser says that the connection is lost")
	}
}
