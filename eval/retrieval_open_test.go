package eval

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
)

// put writes files, by their names in a folder; values that begin with @ are copies of golden files.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if from, ok := strings.CutPrefix(content, "@"); ok {
			raw, err := os.ReadFile(golden.Path(t, from))
			if err != nil {
				t.Fatal(err)
			}
			content = string(raw)
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The release's layout, and any folder's.
func TestOpenRetrieval(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"gnd_small.pkl": "@../gnd/arrays_protocol2.pkl"}
	for i := range 60 {
		files[fmt.Sprintf("jpg/d%02d.jpg", i)] = ""
	}
	for i := range 9 {
		files[fmt.Sprintf("jpg/q%d.jpg", i)] = ""
	}
	put(t, dir, files)
	r, err := OpenRetrieval(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if r.Database.Len() != 60 || r.Queries.Len() != 9 || r.Database.Name(59) != "d59.jpg" || r.Queries.Name(8) != "q8.jpg" || len(r.Relevant) != 9 ||
		r.Images != filepath.Join(dir, "jpg") || r.Truth != filepath.Join(dir, "gnd_small.pkl") {
		t.Errorf("opened %+v", r)
	}
	other := t.TempDir()
	put(t, other, map[string]string{
		"images/a.png": "", "images/b.png": "", "images/sub/a.webp": "", "images/b.jpg": "",
		"gnd.json": `{"imlist": ["a", "b.png", "sub/a"], "qimlist": ["b.jpg"], "gnd": [{"easy": [1], "hard": [], "junk": [0.0], "bbx": null}]}`,
	})
	r, err = OpenRetrieval(other, "")
	if err != nil {
		t.Fatal(err)
	}
	if r.Database.Name(2) != filepath.Join("sub", "a.webp") || r.Queries.Name(0) != "b.jpg" || r.Relevant[0].Junk[0] != 0 {
		t.Errorf("opened %+v", r)
	}
}

// Each thing that can be wrong with a ground truth is one sentence that names the file.
func TestOpenRetrievalRefuses(t *testing.T) {
	gnd := func(parts ...string) string {
		text := `{"imlist": ["a", "b"], "qimlist": ["c"], "gnd": [{"easy": [0], "hard": [1], "junk": []}]}`
		return strings.NewReplacer(parts...).Replace(text)
	}
	for _, c := range []struct{ file, content, want string }{
		{"gnd.json", gnd(`"a"`, `"x"`), `names an image "x", which is not in`},
		{"gnd.json", gnd(`"a"`, `"x"`, `"b"`, `"y"`), `names 2 images that are not in`},
		{"gnd.json", gnd(`"c"`, `"../c"`), `names an image "../c", which is not in`},
		{"gnd.json", gnd(`"a"`, `"both"`), `give its ending too`},
		{"gnd.json", gnd(`[0]`, `[2]`), `query 0, "c": it lists image 2, and the database's are 0 to 1`},
		{"gnd.json", gnd(`[0]`, `[-1]`), `lists image -1`},
		{"gnd.json", gnd(`[0]`, `[1]`), `lists image 1 twice`},
		{"gnd.json", gnd(`[0]`, `[0.5]`), `something else than a list of whole numbers as easy`},
		{"gnd.json", gnd(`[0]`, `"0"`), `something else than a list of whole numbers as easy`},
		{"gnd.json", gnd(`[0]`, `[]`, `[1]`, `[]`), `there is nothing to find`},
		{"gnd.json", gnd(`"junk"`, `"ok"`), `has no list junk`},
		{"gnd.json", gnd(`{"easy": [0], "hard": [1], "junk": []}`, `3`), `has no dictionary of easy, hard and junk`},
		{"gnd.json", gnd(`{"easy": [0], "hard": [1], "junk": []}`, ``), `has 1 queries in qimlist, and gnd is of 0`},
		{"gnd.json", gnd(`"gnd"`, `"truth"`), `has no list gnd`},
		{"gnd.json", gnd(`["a", "b"]`, `[]`), `has an empty list imlist`},
		{"gnd.json", gnd(`["c"]`, `[]`), `has an empty list qimlist`},
		{"gnd.json", gnd(`"imlist"`, `"list"`), `has no list imlist`},
		{"gnd.json", gnd(`"b"`, `"a"`), `has "a" twice in imlist`},
		{"gnd.json", gnd(`"b"`, `7`), `has no name at place 1 of imlist`},
		{"gnd.json", `[1]`, `is no dictionary of imlist, qimlist and gnd`},
		{"gnd.json", `{"imlist": `, `neither a pickle of protocols 2 to 5 nor JSON`},
		{"gnd.json", gnd() + "x", `goes on behind its JSON`},
		{"gnd.json", "", `neither a pickle of protocols 2 to 5 nor JSON`},
		{"gnd_x.pkl", "\x80\x04cposix\nsystem\nU\x01x\x85R.", `class "posix.system", which is not built here`},
		{"gnd_x.pkl", "\x80\x04}", `is damaged or no pickle`},
		{"gnd_x.pkl", "\x80\x04N.", `is no dictionary of imlist, qimlist and gnd`},
	} {
		dir := t.TempDir()
		put(t, dir, map[string]string{"images/a.png": "", "images/b.png": "", "images/c.png": "", "images/both.png": "", "images/both.jpg": "", "c.png": "", c.file: c.content})
		_, err := OpenRetrieval(dir, "")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.file) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", c.content, err, c.want)
		}
	}
	dir := t.TempDir()
	if _, err := OpenRetrieval(dir, ""); !errors.Is(err, ErrOtherLayout) {
		t.Errorf("a folder without a ground truth: %v", err)
	}
	put(t, dir, map[string]string{"gnd_a.pkl": "", "gnd_b.json": gnd()})
	if _, err := OpenRetrieval(dir, ""); err == nil || errors.Is(err, ErrOtherLayout) || !strings.Contains(err.Error(), "`gnd`") {
		t.Errorf("a folder with two ground truths: %v", err)
	}
	if _, err := OpenRetrieval(dir, filepath.Join(dir, "gnd_b.json")); err == nil || !strings.Contains(err.Error(), "no image") {
		t.Errorf("a folder without images: %v", err)
	}
	if _, err := OpenRetrieval(filepath.Join(dir, "none"), ""); err == nil {
		t.Error("a folder that is not there is opened")
	}
}
