package weights

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// A located file is what a path led to, with what lies beside it.
type located struct {
	*contents
	facts  facts            // said beside the file
	run    *settings.Config // a checkpoint's, which says all
	config *hubConfig       // of a folder of timm or Hugging Face
	beside error            // what lies beside the tensors, or in a checkpoint's header, is of no use
}

// hubFiles are the weights in a folder as timm and Hugging Face's hub lay it out, the better first.
var hubFiles = []string{"model.safetensors", "pytorch_model.bin"}

// locate finds the file that a path means: a file, one in a folder, or one in the folder that a file like runs/latest
// names. The caller closes it.
func locate(path string, notice func(error)) (*located, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, disk.CannotRead(path, err)
	}
	if !info.IsDir() {
		folder, err := namedFolder(path, info)
		if err != nil {
			return nil, err
		}
		if folder == "" {
			return locateFile(path, notice)
		}
		path = folder
	}
	for _, name := range []string{CheckpointsFolder, TeacherFile, settings.FileName} {
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			return locateRun(path, notice)
		}
	}
	for _, name := range hubFiles {
		if file := filepath.Join(path, name); exists(file) {
			return locateFile(file, notice)
		}
	}
	if exists(filepath.Join(path, hubFiles[0]+".index.json")) {
		return nil, fmt.Errorf("%s holds weights in several files, which dinogpu does not read: save them as one %s", path, hubFiles[0])
	}
	return nil, fmt.Errorf("%s is no folder with weights: it has neither checkpoints nor %s, as a run's has, nor %s, as timm's and Hugging Face's have; name such a folder or a file",
		path, TeacherFile, strings.Join(hubFiles, " or "))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// namedFolder is the folder that a small file like runs/latest names, which lies beside it; "" for other files.
func namedFolder(path string, info os.FileInfo) (string, error) {
	const most = 1 << 10
	latest := filepath.Base(path) == "latest"
	if !info.Mode().IsRegular() || info.Size() > most {
		return "", nil
	}
	text, _, err := firstBytes(path, most)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	name := strings.TrimSpace(line)
	base := filepath.Base(name)
	folder := filepath.Join(filepath.Dir(path), base)
	if info, err := os.Stat(folder); err == nil && info.IsDir() && !strings.HasPrefix(base, ".") && !os.IsPathSeparator(base[len(base)-1]) {
		return folder, nil
	}
	if latest {
		return "", fmt.Errorf("%s names the run %s, and there is no such folder beside it: name a run's folder", path, disk.Quote(name))
	}
	return "", nil
}

// locateRun takes a run's newest whole checkpoint, else its teacher.
func locateRun(dir string, notice func(error)) (*located, error) {
	paths, err := Checkpoints(dir)
	if err != nil {
		return nil, err
	}
	teacher := filepath.Join(dir, TeacherFile)
	if len(paths) > 0 {
		h, tensors, err := NewestCheckpoint(dir, notice)
		if err == nil {
			path := filepath.Join(dir, CheckpointsFolder, CheckpointName(h.Step))
			_, size, err := firstBytes(path, 0)
			if err != nil {
				return nil, err
			}
			c := &contents{path: path, size: size, close: func() {}}
			c.fromCheckpoint(h, tensors)
			return withSettings(c), nil
		}
		if !exists(teacher) || !errors.Is(err, errNoWholeCheckpoint) {
			return nil, err
		}
	}
	if !exists(teacher) {
		return nil, fmt.Errorf("%s is no run's folder with weights: it has neither checkpoints nor %s; name a run that has saved, or a file", dir, TeacherFile)
	}
	s, err := settings.Load(filepath.Join(dir, settings.FileName))
	if err != nil {
		return nil, err
	}
	c, err := readContents(teacher)
	if err != nil {
		return nil, err
	}
	return &located{contents: c, facts: factsOf(s.Config)}, nil
}

// locateFile opens a file by itself.
func locateFile(path string, notice func(error)) (*located, error) {
	c, err := readContents(path)
	if err != nil {
		return nil, err
	}
	if c.header != nil {
		return withSettings(c), nil
	}
	l := &located{contents: c}
	for _, name := range hubFiles {
		if filepath.Base(path) != name {
			continue
		}
		if l.config, l.beside = readHubConfig(filepath.Dir(path), notice); l.config != nil {
			l.facts = l.config.facts
		}
	}
	return l, nil
}

// withSettings reads the settings in a checkpoint's header.
func withSettings(c *contents) *located {
	s, err := c.header.Settings()
	if err == nil {
		err = s.Config.Validate()
	}
	if err != nil {
		return &located{contents: c, beside: fmt.Errorf("checkpoint %s: its settings: %w", c.path, err)}
	}
	return &located{contents: c, run: &s.Config, facts: factsOf(s.Config)}
}

// RunFolder is the run's folder that a Model's File lies in, "" for a file that is of no run.
func RunFolder(file string) string {
	folder := filepath.Dir(file)
	if filepath.Base(folder) == CheckpointsFolder {
		folder = filepath.Dir(folder)
	}
	if !exists(filepath.Join(folder, settings.FileName)) {
		return ""
	}
	return folder
}
