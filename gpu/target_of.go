package gpu

// Target is what programs for a device of this adapter should be recorded for.
func (a Adapter) Target() Target {
	switch {
	case a.Software:
		return SoftwareTarget
	case a.Backend == "d3d12":
		return DX12Target
	}
	return GPUTarget
}

// Target is what programs for this device should be recorded for.
func (d *Device) Target() Target { return d.Adapter.Target() }
