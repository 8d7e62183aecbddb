package augment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes a folder of one-pixel images, and of links where a name has an arrow.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		name, to, isLink := strings.Cut(name, " -> ")
		path := filepath.Join(dir, filepath.FromSlash(name))
		if !isLink {
			write(t, path, dot)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.FromSlash(to), path); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func wantNames(t *testing.T, path string, want ...string) Source {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, names(s)); d != "" {
		t.Errorf("%s:\n%s", path, d)
	}
	for i := range s.Len() {
		if _, err := s.Decode(i); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	return s
}

// However a folder is written, its images have the same names and classes, and are found by them.
func TestNamesDoNotDependOnHowTheFolderIsWritten(t *testing.T) {
	dir := tree(t, "set/MG_1001.jpg", "set/cat/a.png", "set/bat/a.png", "link -> set")
	t.Chdir(filepath.Join(dir, "set"))
	for _, path := range []string{
		".", "./", "./.", "cat/..", "./cat/..", "../set", "../set/", "../set//", "..//set/./", "../link", "../link/", "../link/.",
		dir + "/set", dir + "/set/", dir + "/set/.", dir + "/./set", dir + "/link",
	} {
		s := wantNames(t, path, "MG_1001.jpg", "bat/a.png", "cat/a.png")
		if d := cmp.Diff([]string{"bat", "cat"}, s.Classes()); d != "" {
			t.Errorf("%s:\n%s", path, d)
		}
	}
}

func TestWhatIsPassedOverIsSaid(t *testing.T) {
	dir := tree(t, "a.png", "b.JFIF", "c.jpe", "notes.txt", "x/more.TXT", "x/d.heic", "e.HEIC", "f.heic", "README", ".DS_Store", "gone -> nowhere", "up -> .")
	s := wantNames(t, dir, "a.png", "b.JFIF", "c.jpe")
	said := strings.Join(Remarks(Limit(s, 2)), "\n")
	for _, want := range []string{
		"passed over in " + dir + ": 3 .heic (HEIC is not read: convert with `heif-convert", "2 .txt", "1 file of no kind", "1 hidden name",
		"1 link to nothing", "1 folder that is listed already",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("want %q in %q", want, said)
		}
	}
	if said := Remarks(wantNames(t, tree(t, "a.png"), "a.png")); said != nil {
		t.Errorf("nothing was passed over, and this is said: %q", said)
	}
	only := tree(t, "a.heic", "b.heic")
	if _, err := Open(only); err == nil || !strings.Contains(err.Error(), "holds no image, only 2 .heic (HEIC is not read: convert with `heif-convert") {
		t.Errorf("a folder of HEIC: %v", err)
	}
	var kinds []string
	for i := range 30 {
		kinds = append(kinds, fmt.Sprintf("n.k%02d", i))
	}
	if said := Remarks(wantNames(t, tree(t, append(kinds, "a.png")...), "a.png")); len(said) != 1 || !strings.Contains(said[0], "1 .k11, 18 files of 18 other kinds") {
		t.Errorf("30 kinds: %q", said)
	}
}

// Links are followed at any depth, once for each real folder, and what lies in the set itself keeps its place.
func TestLinksAreFollowedOncePerRealFolder(t *testing.T) {
	dir := tree(t,
		"far/1.png", "far/deep/2.png", "set/cat/a.png", "set/cat/more -> ../../far", "set/cat/self -> .",
		"set/ant -> zoo/ant", "set/zoo/ant/b.png", "set/zoo/far -> ../../far/deep", "set/zoo/up -> ../..", "set/zoo/again -> ../../far")
	s := wantNames(t, filepath.Join(dir, "set"), "cat/a.png", "cat/more/1.png", "cat/more/deep/2.png", "zoo/ant/b.png")
	if d := cmp.Diff([]string{"cat", "zoo"}, s.Classes()); d != "" {
		t.Error(d)
	}
	if s.Label(2) != 0 || s.Label(3) != 1 {
		t.Errorf("labels %d, %d", s.Label(2), s.Label(3))
	}
}

func TestImagesOfRunFoldersAreNotTrainedOn(t *testing.T) {
	dir := tree(t, "a.png", "runs/demo-1/config.yaml", "runs/demo-1/metrics.jsonl", "runs/demo-1/neighbours.png", "runs/demo-1/attention/heads.png",
		"other/config.yaml", "other/checkpoints/step-00000001.dino", "other/b.png", "kept/config.yaml", "kept/c.png")
	s := wantNames(t, dir, "a.png", "kept/c.png")
	want := "2 folders of training runs (other; " + filepath.FromSlash("runs/demo-1") + ")"
	if said := strings.Join(Remarks(s), "\n"); !strings.Contains(said, want) {
		t.Errorf("want %q in %q", want, said)
	}
	if _, err := Open(filepath.Join(dir, "runs", "demo-1")); err == nil || !strings.Contains(err.Error(), "is the folder of a training run") {
		t.Errorf("a run's folder as data: %v", err)
	}
}
