package gpu

import (
	"strings"
	"testing"
)

// The adapters of a made-up Windows machine, as wgpu may list them.
func windowsAdapters() []Adapter {
	return []Adapter{
		{Name: "llvmpipe", Kind: "software", Backend: "vulkan", Software: true},
		{Name: "Intel(R) UHD Graphics 630", Kind: "integrated", Backend: "vulkan", card: card{0x8086, 1}},
		{Name: "NVIDIA GeForce GTX 1080", Kind: "discrete", Backend: "d3d12", card: card{0x10de, 2}},
		{Name: "Some Virtual GPU", Kind: "unknown", Backend: "vulkan", card: card{0x1af4, 3}},
		{Name: "NVIDIA GeForce GTX 1080", Kind: "discrete", Backend: "vulkan", card: card{0x10de, 2}},
		{Name: "Intel(R) UHD Graphics 630", Kind: "integrated", Backend: "d3d12", card: card{0x8086, 1}},
		{Name: "Intel(R) Arc A770", Kind: "discrete", Backend: "vulkan", card: card{0x8086, 4}},
		{Name: "Microsoft Basic Render Driver", Kind: "software", Backend: "d3d12", Software: true, Missing: "it is wrong"},
	}
}

// Discrete before integrated before unknown before software; Vulkan before DX12 on one card.
func TestAdaptersAreOrderedByRule(t *testing.T) {
	all := windowsAdapters()
	order(all)
	var got []string
	for i, a := range all {
		if a.Index != i {
			t.Errorf("adapter %d has the index %d", i, a.Index)
		}
		words := strings.Fields(a.Name)
		got = append(got, words[len(words)-1]+" "+a.Backend)
	}
	want := "1080 vulkan, 1080 d3d12, A770 vulkan, 630 vulkan, 630 d3d12, GPU vulkan, llvmpipe vulkan, Driver d3d12"
	if got := strings.Join(got, ", "); got != want {
		t.Errorf("the order is %s\nwant %s", got, want)
	}
	virtual := []Adapter{
		{Name: "vGPU", Kind: "discrete", Backend: "d3d12", card: card{0x10de, 5}},
		{Name: "vGPU", Kind: "unknown", Backend: "vulkan", card: card{0x10de, 5}},
	}
	if order(virtual); virtual[0].Backend != "vulkan" {
		t.Errorf("a card whose kind Vulkan does not know is taken by %s", virtual[0].Backend)
	}
	metal := []Adapter{{Name: "Apple M2", Kind: "integrated", Backend: "metal"}, {Name: "AMD Radeon Pro", Kind: "discrete", Backend: "metal"}}
	if order(metal); metal[0].Name != "AMD Radeon Pro" {
		t.Errorf("on Metal %s comes first", metal[0].Name)
	}
}

// A number is an index and never a digit of a name; a part of a name has to be one card's.
func TestAdapterIsChosenByIndexOrByName(t *testing.T) {
	all := windowsAdapters()
	order(all)
	for _, c := range []struct {
		name, want string // the adapter's name and backend, or a part of the error
	}{
		{"", "NVIDIA GeForce GTX 1080 vulkan"},
		{"0", "NVIDIA GeForce GTX 1080 vulkan"},
		{"1", "NVIDIA GeForce GTX 1080 d3d12"},
		{" 3 ", "Intel(R) UHD Graphics 630 vulkan"},
		{"gtx", "NVIDIA GeForce GTX 1080 vulkan"},
		{"uhd graphics 630", "Intel(R) UHD Graphics 630 vulkan"},
		{"A770", "Intel(R) Arc A770 vulkan"},
		{"NVIDIA GeForce GTX 1080 (d3d12)", "NVIDIA GeForce GTX 1080 d3d12"},
		{"630 (D3D12)", "Intel(R) UHD Graphics 630 d3d12"},
		{"(d3d12)", "more than one adapter's name"},
		{"8", "there is no adapter 8: a number is an adapter's place in the list. The adapters are 0: NVIDIA"},
		{"1080", "there is no adapter 1080"},
		{"630", "there is no adapter 630"},
		{"99999999999999999999", "there is no adapter 99999999999999999999"},
		{"intel", "more than one adapter's name: take a longer part, or a number, of these: 2: Intel(R) Arc A770 (vulkan), 3: Intel(R) UHD Graphics 630 (vulkan), 4: "},
		{"voodoo", `no adapter is called "voodoo": take a part of a name, or a number, of these: 0: NVIDIA GeForce GTX 1080 (vulkan), 1: `},
		{"-1", "no adapter is called"},
		{"7", "adapter 7, Microsoft Basic Render Driver (d3d12), cannot be used: it is wrong"},
	} {
		a, err := choose(all, c.name)
		got := a.Name + " " + a.Backend
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != c.want || err != nil && !strings.Contains(got, c.want) {
			t.Errorf("%q gives %s, want %s", c.name, got, c.want)
		}
	}
}

// Two equal cards can be told apart by their index alone; a whole name beats a part of a longer one.
func TestAdaptersOfOneNameAreToldApart(t *testing.T) {
	twice := []Adapter{
		{Name: "GTX 1080", Kind: "discrete", Backend: "vulkan", card: card{1, 1}},
		{Name: "GTX 1080", Kind: "discrete", Backend: "vulkan", card: card{1, 1}},
	}
	order(twice)
	if _, err := choose(twice, "gtx"); err == nil || !strings.Contains(err.Error(), "0: GTX 1080 (vulkan), 1: GTX 1080 (vulkan)") {
		t.Errorf("a name that two cards have gives %v", err)
	}
	longer := []Adapter{{Name: "RTX 3080 Ti", Kind: "discrete", Backend: "vulkan"}, {Name: "RTX 3080", Kind: "discrete", Backend: "vulkan"}}
	order(longer)
	if a, err := choose(longer, "rtx 3080"); err != nil || a.Index != 1 {
		t.Errorf("a whole name gives adapter %d, %v", a.Index, err)
	}
}

func TestNoAdapterIsAnErrorOfItsOwn(t *testing.T) {
	if _, err := choose(nil, ""); err != ErrNoAdapter {
		t.Errorf("no adapter gives %v", err)
	}
	if _, err := choose([]Adapter{{Name: "Old", Backend: "vulkan", Missing: "too old"}}, ""); err == nil || !strings.Contains(err.Error(), "Old (vulkan), cannot be used: too old") {
		t.Errorf("an adapter that cannot be used gives %v", err)
	}
	if len(Adapters()) == 0 {
		t.Fatal("the tests need a GPU or a software Vulkan driver")
	}
}
