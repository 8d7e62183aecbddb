package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/gpu"
)

type devicesCmd struct {
	JSON bool `name:"json" help:"As JSON."`
}

// A deviceRow is an adapter and what we think of it.
type deviceRow struct {
	gpu.Adapter
	Verdict string `json:"verdict"`
}

// Run lists the adapters, the best first: the first one that is ready is what train takes.
func (c *devicesCmd) Run(a *app) error {
	return listDevices(a.stdout, gpu.Adapters(), c.JSON)
}

func listDevices(w io.Writer, adapters []gpu.Adapter, asJSON bool) error {
	if len(adapters) == 0 {
		return gpu.ErrNoAdapter
	}
	var rows []deviceRow
	for _, a := range adapters {
		rows = append(rows, deviceRow{a, verdict(a)})
	}
	if asJSON {
		return writeJSON(w, rows)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tADAPTER\tKIND\tBACKEND\tDRIVER\tBINDING\tBUFFER\tWORKGROUP\tVERDICT")
	for _, r := range rows {
		l := r.Limits
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d, %s\t%s\n", r.Index, r.Name, r.Kind, r.Backend, r.Driver,
			disk.Size(uint64(l.Binding)), disk.Size(uint64(l.Buffer)), l.Invocations, disk.Size(uint64(l.WorkgroupMem)), r.Verdict)
	}
	return t.Flush()
}

func verdict(a gpu.Adapter) string {
	switch {
	case a.Missing != "":
		return "cannot be used: " + a.Missing
	case a.Software:
		return "software: works, slowly"
	}
	return "ready"
}

// writeJSON prints v for programs and for people.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
