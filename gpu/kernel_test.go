package gpu

import "testing"

func TestWorkgroupMemory(t *testing.T) {
	const head = "const N: u32 = 24u;\n@compute @workgroup_size(64)\n"
	for source, want := range map[string]int{
		"var<workgroup> a: f32;":                                     4,
		"var<workgroup> a: array<f32, 64>;":                          256,
		"var<workgroup> a: array<vec4f, N>;":                         384,
		"var<workgroup> a: array<vec2<f32>, 3>; ":                    24,
		"var<workgroup> a: array<array<vec4f, 8>, 32>;":              4096,
		"var<workgroup> a: array<array<array<vec4f, 16>, N>, 2u>;":   12288,
		"var<workgroup> a: array<f32, 2>;\nvar<workgroup> b: vec4f;": 24,
	} {
		f := readFacts(head + source)
		if f.err != nil || f.shared != want {
			t.Errorf("%s: %d bytes, want %d; %v", source, f.shared, want, f.err)
		}
	}
	if f := readFacts(head + "var<workgroup> a: array<f32, M>;"); f.err == nil {
		t.Error("an array of unknown length was measured")
	}
}
