package main

import "github.com/dinogpu/dinogpu/gpu"

// openDevice opens the adapter and says so when it is software.
func openDevice(name string, console *console) (*gpu.Device, error) {
	d, err := gpu.Open(name)
	if err != nil {
		return nil, err
	}
	kind := ""
	if d.Adapter.Software {
		kind = ": software, which works but is slow"
	}
	console.Print("adapter %s (%s)%s", d.Adapter.Name, d.Adapter.Backend, kind)
	return d, nil
}
