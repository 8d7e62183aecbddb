package gpu

// Target is what programs for a device of this adapter should be recorded for.
func (a Adapter) Target() Target {
	t := GPUTarget
	switch {
	case a.Software:
		t = SoftwareTarget
	case a.Backend == "d3d12":
		t = DX12Target
	default:
		t.Variant = UsualVariant(a.card.vendor)
	}
	t.Binding = min(a.Limits.Binding, a.Limits.Buffer)
	switch {
	case t.Software:
	case a.Kind == "discrete":
		t.DispatchFlops = discreteFlops
	default: // it may be the smallest
		t.DispatchFlops = integratedFlops
	}
	return t
}

// Target is what programs for this device should be recorded for.
func (d *Device) Target() Target { return d.Adapter.Target() }
