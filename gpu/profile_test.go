package gpu

import "testing"

const twice = `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3u) { if g.x < 100u { y[g.x] = 2.0 * x[g.x]; } }
`

// twiceKernel doubles 100 elements.
func twiceKernel() Kernel {
	return Kernel{Name: "twice", Source: twice, Groups: [3]int{2, 1, 1}, Flops: 100, Twin: func(a [][]float32) {
		for i, v := range a[0] {
			a[1][i] = 2 * v
		}
	}}
}

func TestProfile(t *testing.T) {
	d := openDevice(t)
	p := NewProgram("profile", SoftwareTarget)
	x, y := NewTensor("x", 100), p.Scratch("y", 100)
	defer Release(x)
	p.Section("doubling")
	p.Clear(x)
	k := twiceKernel()
	k.Info = "told"
	p.Dispatch(k, x, y)
	if err := p.Build(d); err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	times, err := p.Profile(50)
	if err != nil {
		t.Fatal(err)
	}
	if len(times) != 2 || times[0].Kernel != "clear" || times[1].Kernel != "twice" || times[1].Section != "doubling" || times[1].Info != "told" {
		t.Errorf("ops %+v", times)
	}
	if sums := SecondsBySection(times); sums["doubling"] != times[0].Seconds+times[1].Seconds {
		t.Errorf("the sections' times are %v", sums)
	}
	if times[1].Seconds <= 0 || times[1].Flops != 100 || times[1].Bytes != 800 {
		t.Errorf("the doubling's time is %+v", times[1])
	}
}
