package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// jsonFollows stands between the report's text and the same as JSON.
const jsonFollows = "---- the same as JSON, for programs ----"

// write writes the report as a file has it.
func (r *doctorReport) write(w io.Writer) error {
	if err := r.text(w); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", jsonFollows); err != nil {
		return err
	}
	return writeJSON(w, r)
}

// text is the report for people.
func (r *doctorReport) text(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s, %s\n\n", reportTitle, r.Time)
	r.verdictText(&b)
	fmt.Fprintf(&b, "\nProgram and machine\n")
	for _, line := range r.Program {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	r.System.text(&b)
	for i := range r.Parts {
		p := &r.Parts[i]
		fmt.Fprintf(&b, "\n%d of %d, %s\n", i+1, len(r.Parts), p.headline())
		if p.Result != nil {
			if err := indented(&b, p.Result.text); err != nil {
				return err
			}
		}
		if p.Stderr != "" {
			fmt.Fprintf(&b, "  its process wrote:\n")
			for line := range strings.Lines(p.Stderr) {
				fmt.Fprintf(&b, "    %s\n", strings.TrimRight(line, "\r\n"))
			}
		}
	}
	if r.Tuning != nil {
		fmt.Fprintf(&b, "\nTuning twice, compared\n")
		if err := indented(&b, r.Tuning.text); err != nil {
			return err
		}
	}
	if r.Training != nil {
		fmt.Fprintf(&b, "\nTraining twice, compared\n")
		if err := indented(&b, r.Training.text); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// verdictText is the verdict, a sentence a line.
func (r *doctorReport) verdictText(b *bytes.Buffer) {
	for i, sentence := range r.Verdict {
		if i > 0 {
			b.WriteString("  - ")
		}
		fmt.Fprintf(b, "%s\n", disk.Printable(sentence))
	}
}

// text is the machine, a line for each thing that is known.
func (s systemInfo) text(b *bytes.Buffer) {
	list := func(name string, values ...string) {
		var known []string
		for _, v := range values {
			if v != "" {
				known = append(known, v)
			}
		}
		if len(known) > 0 {
			fmt.Fprintf(b, "  %-10s %s\n", name, strings.Join(known, ", "))
		}
	}
	container := ""
	if s.Container {
		container = "in a container"
	}
	list("system", s.System, s.Kernel, s.Arch, container)
	list("processor", s.Processor, fmt.Sprintf("%d CPUs", s.CPUs), s.Memory)
	list("cards", strings.Join(s.Cards, "; "))
	list("nodes", s.Nodes...)
	list("manifests", s.Manifests...)
	list("drivers", s.Drivers...)
	list("variables", s.Variables...)
}

// indented writes text two columns to the right.
func indented(b *bytes.Buffer, text func(w io.Writer) error) error {
	var t bytes.Buffer
	if err := text(&t); err != nil {
		return err
	}
	for line := range strings.Lines(t.String()) {
		if line = strings.TrimRight(line, " \r\n"); line != "" {
			line = "  " + line
		}
		fmt.Fprintln(b, line)
	}
	return nil
}
