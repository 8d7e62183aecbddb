package released

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// A source is where a file is taken from: an address, or a file of this machine.
type source struct {
	url  *url.URL
	file string
}

func (s source) String() string {
	if s.url != nil {
		return s.url.Redacted()
	}
	return s.file
}

// ending is that of the file's name, where it says a format.
func (s source) ending() string {
	name := s.file
	if s.url != nil {
		name = s.url.Path
	}
	if ext := strings.ToLower(filepath.Ext(name)); slices.Contains(endings, ext) {
		return ext
	}
	return ""
}

// sourceOf finds e's file by `from`: empty for the authors' server, the base of a mirror, the whole address of a file, a
// folder or a file of this machine.
func (e Entry) sourceOf(from string) (source, error) {
	if from == "" {
		from = base
	}
	if !strings.Contains(from, "://") {
		return e.localSource(from)
	}
	u, err := url.Parse(from)
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return source{}, fmt.Errorf("%s is no address: %w", disk.Quote(from), err)
	}
	switch {
	case u.Scheme == "file":
		return e.localSource(filePath(u))
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return source{}, fmt.Errorf("%s is no address of a mirror: it begins with https://, or is a folder or file of this machine", disk.Quote(from))
	}
	s := source{url: u}
	if s.ending() == "" {
		s.url = u.JoinPath(e.Path)
	}
	return s, nil
}

// filePath is the path of a file: address; on Windows file:///C:/x has a slash before the drive.
func filePath(u *url.URL) string {
	path := filepath.FromSlash(u.Path)
	if drive := strings.TrimPrefix(path, string(filepath.Separator)); filepath.VolumeName(drive) != "" {
		return drive
	}
	return path
}

func (e Entry) localSource(path string) (source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return source{}, fmt.Errorf("%s is no file or folder of this machine (%w): a mirror's address begins with https://", disk.Quote(path), disk.Cause(err))
	}
	if !info.IsDir() {
		return source{file: path}, nil
	}
	for _, file := range []string{filepath.Join(path, filepath.FromSlash(e.Path)), filepath.Join(path, e.file())} {
		if _, err := os.Stat(file); err == nil {
			return source{file: file}, nil
		}
	}
	return source{}, fmt.Errorf("%s holds no %s, nor %s", disk.Quote(path), e.file(), e.Path)
}
