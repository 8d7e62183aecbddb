//go:build ignore

// Archive packs a folder whose bytes depend on nothing but its files' names and contents and SOURCE_DATE_EPOCH: sorted,
// owned by root, all of one time. The first file named is a program; the others are data.
//
//	go run .ci/archive.go OUT.tar.gz FOLDER PROGRAM FILE...
//	go run .ci/archive.go OUT.zip FOLDER PROGRAM FILE...
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A file as it lies in the archive.
type file struct {
	name string
	mode os.FileMode
	data []byte
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("say OUT, FOLDER, PROGRAM and further files")
	}
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	when := time.Unix(seconds, 0).UTC()
	var files []file
	for i, from := range args[2:] {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		f := file{name: path.Join(args[1], filepath.Base(from)), mode: 0o644, data: data}
		if i == 0 {
			f.mode = 0o755
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	var out bytes.Buffer
	if strings.HasSuffix(args[0], ".zip") {
		err = writeZip(&out, files, when)
	} else {
		err = writeTar(&out, files, when)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], out.Bytes(), 0o644)
}

func writeTar(out *bytes.Buffer, files []file, when time.Time) error {
	packed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(packed)
	for _, f := range files {
		header := tar.Header{Name: f.name, Mode: int64(f.mode), Size: int64(len(f.data)), ModTime: when, Format: tar.FormatUSTAR}
		if err := t.WriteHeader(&header); err != nil {
			return err
		}
		if _, err := t.Write(f.data); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), packed.Close())
}

func writeZip(out *bytes.Buffer, files []file, when time.Time) error {
	z := zip.NewWriter(out)
	for _, f := range files {
		header := zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: when}
		header.SetMode(f.mode)
		w, err := z.CreateHeader(&header)
		if err != nil {
			return err
		}
		if _, err := w.Write(f.data); err != nil {
			return err
		}
	}
	return z.Close()
}
