package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/dinogpu/dinogpu/dino/disk"
)

type doctorCmd struct {
	adapterFlags

	Out  string `placeholder:"FILE" help:"Write the report there: text for people, then the same as JSON."`
	JSON bool   `name:"json" help:"As JSON."`

	parts []doctorPart // of a test; nil: all
}

// Help is what --help says before the flags.
func (doctorCmd) Help() string {
	return "Looks the adapter over in at most 10 minutes and makes a report to attach where you report a problem, or that all is well on a new GPU: adapters and limits, kernels of the presets demo and vits16 against plain Go code, tuning twice, rates, a short training twice with its bytes compared, memory. Each part is a process of its own with a limit of time, so that a driver that crashes or hangs is a line in the report. The report holds no names of users and hosts and no paths. With --out it is kept up to date after each part: a machine that freezes leaves it up to there."
}

// reportTitle begins a report.
const reportTitle = "dinogpu doctor"

// A doctor looks an adapter over.
type doctor struct {
	app    *app
	parts  []doctorPart
	out    string // the report's file; empty: none
	scrub  *scrubber
	folder string // for what children leave; removed at the end
	report doctorReport
}

// Run makes the report. A part that fails is no error: the report tells it.
func (c *doctorCmd) Run(a *app) (err error) {
	runtime.LockOSThread() // see startChild
	defer runtime.UnlockOSThread()
	if err := mayWriteReport(c.Out); err != nil {
		return err
	}
	d := &doctor{app: a, parts: c.parts, out: c.Out}
	if d.folder, err = os.MkdirTemp("", "dinogpu-doctor-*"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(d.folder)) }()
	d.scrub = newScrubber(privateFacts(d.folder))
	if d.parts == nil {
		d.parts = doctorParts(c.Adapter)
	}
	d.report = newDoctorReport(a.now(), d.parts, d.scrub)
	if err := d.save(); err != nil {
		return err
	}
	if err := d.examine(); err != nil {
		return err
	}
	if err := d.show(c.JSON); err != nil {
		return err
	}
	if a.ctx.Err() != nil {
		return fmt.Errorf("%w: the report has what there was so far", errInterrupted)
	}
	return nil
}

// examine carries out the parts, each as the earlier ones allow.
func (d *doctor) examine() error {
	defer d.app.console.Status("")
	whole := time.Now().Add(mostDoctor)
	for i := range d.parts {
		p, r := &d.parts[i], &d.report.Parts[i]
		switch why := d.report.unable(i); {
		case d.app.ctx.Err() != nil:
			r.State, r.Words = partNotRun, "you stopped it"
		case why != "":
			r.State, r.Words = partNotRun, why
		case time.Until(whole) < 0:
			r.State, r.Words = partNotRun, fmt.Sprintf("the %s for all parts were over", mostDoctor)
		default:
			r.State = partRunning
			if err := d.save(); err != nil { // the machine may not outlive the part
				return err
			}
			d.carryOut(i, p, min(p.limit, time.Until(whole)))
		}
		d.app.console.Print("%d of %d: %s", i+1, len(d.parts), r.headline())
	}
	d.report.finish(d.folder, d.scrub.words, d.app.ctx.Err() != nil)
	return d.save()
}

// carryOut does a part in a process of its own and takes in what came of it.
func (d *doctor) carryOut(i int, p *doctorPart, limit time.Duration) {
	spec := p.spec
	spec.Kind, spec.Folder = p.kind, filepath.Join(d.folder, fmt.Sprint(i+1))
	if spec.Seconds == 0 {
		spec.Seconds = softShare * limit.Seconds()
	}
	d.report.adapt(&spec)
	c := &examination{spec: spec, limit: limit, folder: d.folder}
	c.status = func(at string, took time.Duration) {
		line := fmt.Sprintf("%d of %d: %s, %.0f s", i+1, len(d.parts), p.name, took.Seconds())
		if at != "" {
			line += ", " + at
		}
		d.app.console.Status(line)
	}
	c.do(d.app.ctx)
	d.report.Parts[i].take(c, d.scrub.words)
}

// save writes the report so far.
func (d *doctor) save() error {
	if d.out == "" {
		return nil
	}
	return disk.WriteFile(d.out, d.report.write)
}

// show tells what came out: all of it where no file has it.
func (d *doctor) show(asJSON bool) error {
	switch {
	case asJSON:
		return writeJSON(d.app.stdout, d.report)
	case d.out == "":
		return d.report.text(d.app.stdout)
	}
	var b bytes.Buffer
	d.report.verdictText(&b)
	fmt.Fprintf(&b, "\nThe report is %s\n", disk.Printable(d.out))
	_, err := d.app.stdout.Write(b.Bytes())
	return err
}

// mayWriteReport is an error where another file than an earlier report has the name.
func mayWriteReport(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil // it is not there, or writing it will tell
	}
	defer f.Close()
	begin := make([]byte, len(reportTitle))
	n, err := io.ReadFull(f, begin)
	if n > 0 && !strings.HasPrefix(string(begin[:n]), reportTitle) || err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return usageError{fmt.Errorf("--out %s: there is something else than an earlier report, which is not written over", disk.Printable(path))}
	}
	return nil
}
