package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// What data check prints.
type dataCheckReport struct {
	Folder     string            `json:"folder"`
	Images     int               `json:"images"`
	Unreadable int               `json:"unreadable"`
	Named      []unreadableImage `json:"unreadable_images"` // the first of them
	Remarks    []string          `json:"remarks,omitempty"` // what was passed over
	Uses       []dataUse         `json:"uses"`
}

// An unreadableImage is one that cannot be read, and why.
type unreadableImage struct {
	Name  string `json:"name"`
	Error string `json:"error"`
}

// print writes what can be read, a line for each use, and what there is to say of each.
func (r dataCheckReport) print(out io.Writer) error {
	line := func(text string) { fmt.Fprintln(out, disk.Printable(text)) }
	switch {
	case r.Images == 0:
	case r.Unreadable == 0:
		line(fmt.Sprintf("%s: %d images, all can be read", r.Folder, r.Images))
	default:
		line(fmt.Sprintf("%s: %d images, of which %d cannot be read", r.Folder, r.Images, r.Unreadable))
	}
	for _, image := range r.Named {
		line(fmt.Sprintf("  %s: %s", image.Name, image.Error))
	}
	if more := r.Unreadable - len(r.Named); more > 0 {
		line(fmt.Sprintf("  and %d more", more))
	}
	for _, text := range r.Remarks {
		line(text)
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "USE\tFOLDER\tWHAT IS THERE")
	for _, use := range r.Uses {
		folder, text := use.Folder, use.Text
		if use.Why != "" {
			text = use.Why
		}
		if folder == "" {
			folder = "none"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", use.Use, disk.Printable(folder), disk.Printable(text))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	told := map[string]bool{} // the same for two uses of a folder
	for _, use := range r.Uses {
		lines := append(use.perClass(), use.Notes...)
		all := fmt.Sprint(use.Folder, lines)
		if len(lines) == 0 || told[all] {
			continue
		}
		told[all] = true
		line("\n" + use.Folder)
		for _, text := range lines {
			line(text)
		}
	}
	return nil
}
