package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights/released"
)

type pullCmd struct {
	Name string `arg:"" optional:"" help:"Which, such as dino_vits16. Without a name: the list."`
	List bool   `help:"List the released networks, and which of them are here."`
	From string `placeholder:"URL" help:"A mirror: the address of its base or of the file, or a folder or file of this machine."`
	JSON bool   `name:"json" help:"The list as JSON."`

	catalog []released.Entry // for tests; nil: the released ones
}

// Help is what --help says before the flags.
func (pullCmd) Help() string {
	return "The file goes into the user's cache folder, and its name stands for it from then on: --weights dino_vits16. What was fetched before a Ctrl-C or a broken connection is gone on with. HTTPS_PROXY and NO_PROXY are heeded."
}

// A pullRow is a released network in the list.
type pullRow struct {
	Name       string `json:"name"`
	Network    string `json:"network"`
	Parameters int    `json:"parameters"`
	Bytes      int64  `json:"bytes"` // about
	URL        string `json:"url"`
	Path       string `json:"path"` // empty: not here
}

// Run fetches and prints the file's path, or prints the list.
func (c *pullCmd) Run(a *app) error {
	if c.catalog == nil {
		c.catalog = released.Catalog()
	}
	switch {
	case c.Name == "" && c.From != "":
		return usageError{errors.New("--from says where to fetch from, and not what: name a network, such as dino_vits16")}
	case c.Name == "" || c.List:
		return c.list(a)
	case c.JSON:
		return usageError{errors.New("--json is for the list: leave it out, or the network's name")}
	}
	e, err := released.Lookup(c.catalog, c.Name)
	if err != nil {
		return usageError{err}
	}
	bar := &pullBar{console: a.console, name: c.Name, begun: a.console.now(), first: -1}
	path, err := released.Pull(a.ctx, e, released.Options{
		From: c.From, Progress: bar.show, Notice: func(s string) { a.console.Print("%s", s) },
	})
	a.console.Status("")
	var stopped *released.Stopped
	switch {
	case errors.As(err, &stopped) && stopped.Kept > 0:
		return fmt.Errorf("%w: %s are kept in %s; the same command goes on from there", errInterrupted, disk.Size(uint64(stopped.Kept)), stopped.Path)
	case errors.As(err, &stopped):
		return fmt.Errorf("%w: nothing was kept", errInterrupted)
	case err != nil:
		return err
	}
	a.console.Print("%s is here: --weights %s takes it by name", c.Name, c.Name)
	_, err = fmt.Fprintln(a.stdout, path)
	return err
}

func (c *pullCmd) list(a *app) error {
	dir, err := released.Dir()
	if err != nil {
		return err
	}
	var rows []pullRow
	for _, e := range c.catalog {
		path, _ := e.In(dir)
		rows = append(rows, pullRow{e.Name, e.Text, e.Parameters(), e.Bytes(), e.URL(), path})
	}
	if c.JSON {
		return writeJSON(a.stdout, rows)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "NAME\tNETWORK\tABOUT\tHERE")
	for _, r := range rows {
		here := "no"
		if r.Path != "" {
			here = r.Path
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, r.Network, disk.Size(uint64(r.Bytes)), here)
	}
	return w.Flush()
}

// A pullBar shows how much of a file has come: a terminal's line is rewritten, elsewhere there is a line a minute.
type pullBar struct {
	console      *console
	name         string
	begun, drawn time.Time // of the first byte's line, and of the last
	first        int64     // bytes that were there before; -1: not known yet
}

func (b *pullBar) show(have, size int64) {
	now := b.console.now()
	if b.first < 0 || have < b.first { // begun anew
		b.first, b.begun = have, now
		b.drawn = now
	}
	switch {
	case b.console.tty && now.Sub(b.drawn) >= redrawEvery:
		b.drawn = now
		b.console.Status(b.line(have, size, now))
	case !b.console.tty && now.Sub(b.drawn) >= time.Minute:
		b.drawn = now
		b.console.show(b.line(have, size, now))
	}
}

// line is like: dino_vits16 [#####...............] 25 % of 82.65 MiB, 5.1 MiB/s, 12s left.
func (b *pullBar) line(have, size int64, now time.Time) string {
	speed := float64(have-b.first) / max(now.Sub(b.begun).Seconds(), 1e-3)
	rate := disk.Size(uint64(speed)) + "/s"
	if size <= 0 {
		return fmt.Sprintf("%s: %s, %s", b.name, disk.Size(uint64(have)), rate)
	}
	const width = 20
	done := int(width * have / size)
	line := fmt.Sprintf("%s [%s%s] %d %% of %s, %s", b.name, strings.Repeat("#", done), strings.Repeat(".", width-done), 100*have/size, disk.Size(uint64(size)), rate)
	if speed >= 1 {
		left := time.Duration(float64(size-have) / speed * float64(time.Second)).Round(time.Second)
		line += fmt.Sprintf(", %s left", left)
	}
	return line
}
