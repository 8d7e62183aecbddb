package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/viewer/report"
	"github.com/dinogpu/dinogpu/viewer/report/live"
)

// reportFileName is where the page of a run lies in its folder, and that of several beside them.
const reportFileName = "report.html"

// How long the page of a run that has ended may take, and that of one that was stopped by someone who wants to leave.
const (
	reportWithin    = time.Minute
	reportIfStopped = 5 * time.Second
)

// leaveReport writes the page of a run that has ended, for whatever reason, into its folder. That it cannot fails no run.
func leaveReport(a *app, folder string) {
	within := reportWithin
	if a.ctx.Err() != nil {
		within = reportIfStopped
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), within)
	defer cancel()
	a.console.Status("making the run's report")
	defer a.console.Status("")
	path := filepath.Join(folder, reportFileName)
	r, err := report.Open(ctx, folder)
	if err == nil {
		err = report.WriteFile(path, []*report.Run{r})
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		a.console.Print("the run's report would take long; it is made by: %s report %s", programName(), argument(folder))
	case err != nil:
		a.console.Print("the run's report cannot be made: %v", err)
	default:
		a.console.Print("report, to be opened in a browser: %s", path)
	}
}

type reportCmd struct {
	Runs  []string     `arg:"" optional:"" name:"run" help:"Runs' folders, laid over each other. Default: the newest here."`
	Out   string       `placeholder:"F.html" help:"Default: report.html in the run's folder; of several runs, in the folder that the first lies in."`
	Serve serveAddress `help:"Serve the page while runs train, until Ctrl-C: --serve alone at 127.0.0.1:7600, for this machine only, or --serve HOST:PORT. All of runs/ can be chosen there."`
}

// Help is what --help says before the flags.
func (reportCmd) Help() string {
	return "One page that loads nothing from elsewhere: curves of loss, entropy, k-NN and rates, the images of the run's folder, settings that differ from the preset, and what the numbers mean. train writes it at the end of every run. Nothing is opened: open the file, or the address that --serve prints, in a browser."
}

// Run writes the page or serves it.
func (c *reportCmd) Run(a *app) error {
	if c.Serve != "" {
		return c.serve(a)
	}
	if len(c.Runs) == 0 {
		c.Runs = []string{filepath.Join(run.RunsFolder, "latest")}
	}
	var runs []*report.Run
	for _, path := range c.Runs {
		a.console.Status("reading " + path)
		r, err := report.Open(a.ctx, path)
		a.console.Status("")
		if a.ctx.Err() != nil {
			return fmt.Errorf("%w: no report was written", errInterrupted)
		}
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	report.NameApart(runs)
	out := c.Out
	if out == "" {
		folder := runs[0].Folder
		if len(runs) > 1 {
			folder = filepath.Dir(folder)
		}
		out = filepath.Join(folder, reportFileName)
	}
	if err := report.WriteFile(out, runs); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.stdout, disk.Printable(out))
	return err
}

// serve serves the page until Ctrl-C.
func (c *reportCmd) serve(a *app) error {
	if c.Out != "" {
		return usageError{errors.New("--out writes a file and --serve serves the page: give one of them")}
	}
	site, err := live.New(run.RunsFolder, c.Runs)
	if err != nil {
		return err
	}
	listener, local, err := live.Listen(string(c.Serve))
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	if !local {
		a.console.Print("The page is served at %s, so others on the network can read it too: names, settings and images of the runs.", address)
	}
	if _, err := fmt.Fprintf(a.stdout, "http://%s/\n", address); err != nil {
		return errors.Join(err, listener.Close())
	}
	a.console.Print("Open it in a browser; Ctrl-C ends it.")
	if err := site.Serve(a.ctx, listener, live.AllowedHosts(string(c.Serve))); err != nil {
		return err
	}
	return fmt.Errorf("%w: the page is served no more", errInterrupted)
}

// A serveAddress is where --serve serves: the flag alone has the default, and a word behind it is the address if it looks
// like one.
type serveAddress string

var addressWord = regexp.MustCompile(`^([\w.-]*|\[[0-9A-Fa-f:.]+\]):\d+$`)

// IsBool has kong take the flag alone.
func (serveAddress) IsBool() bool { return true }

// Decode reads what stands behind the flag.
func (s *serveAddress) Decode(ctx *kong.DecodeContext) error {
	*s = live.DefaultAddress
	token := ctx.Scan.Peek()
	text, _ := token.Value.(string)
	if token.Type != kong.FlagValueToken && !(token.Type == kong.UntypedToken && addressWord.MatchString(text)) {
		return nil
	}
	if ctx.Scan.Pop(); text != "" {
		*s = serveAddress(text)
	}
	return nil
}
