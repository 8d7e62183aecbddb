package main

import (
	"fmt"

	"github.com/dinogpu/dinogpu/gpu"
)

// openDevice opens the adapter, says which one it is, and says so when it is software.
func openDevice(name string, console *console) (*gpu.Device, error) {
	d, err := gpu.Open(name)
	if err != nil {
		return nil, err
	}
	console.Print("%s", adapterLine(d.Adapter))
	if d.Adapter.Advice != "" {
		console.Print("%s", d.Adapter.Advice)
	}
	return d, nil
}

// adapterLine names an adapter: index, name, backend and driver, which some drivers give as the name too.
func adapterLine(a gpu.Adapter) string {
	line := fmt.Sprintf("adapter %d: %s, %s", a.Index, a.Name, a.Backend)
	if a.Driver != "" && a.Driver != a.Name {
		line += ", driver " + a.Driver
	}
	if a.Software {
		line += ": software, which works but is slow"
	}
	return line
}
