package gpu

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/cogentcore/webgpu/wgpu"
)

// An Adapter is one GPU, or software that acts as one, as its driver describes it.
type Adapter struct {
	Index    int    `json:"index"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`    // discrete, integrated, software or unknown
	Backend  string `json:"backend"` // vulkan, metal, d3d12
	Driver   string `json:"driver"`
	Software bool   `json:"software"`
	Limits   Limits `json:"limits"`
	// Missing names what keeps the adapter from running the kernels; empty if nothing does.
	Missing string `json:"missing,omitempty"`

	handle *wgpu.Adapter
	limits wgpu.Limits
}

// Limits are the limits of an adapter that decide what fits.
type Limits struct {
	Binding      int `json:"storage_buffer_binding_bytes"`
	Buffer       int `json:"buffer_bytes"`
	WorkgroupMem int `json:"workgroup_memory_bytes"`
	Invocations  int `json:"invocations_per_workgroup"`
	Storage      int `json:"storage_buffers_per_stage"`
	Texture      int `json:"texture_side"`
}

// instance is made once per process: two would share wgpu's state.
var instance = sync.OnceValue(func() *wgpu.Instance {
	// The user's own values stand. Without the first two, Mesa and EGL write to stderr. The third spares Mesa's
	// software driver the search for a mipmap level at every texel, which takes half the time of a fetch.
	for name, value := range map[string]string{"NODEVICE_SELECT": "1", "XDG_RUNTIME_DIR": os.TempDir(), "LP_PERF": "no_mipmap"} {
		if os.Getenv(name) == "" {
			_ = os.Setenv(name, value)
		}
	}
	wgpu.SetLogLevel(wgpu.LogLevelOff)
	return wgpu.CreateInstance(nil)
})

// Adapters lists what can be opened, the best first: GPUs before software, discrete before integrated.
func Adapters() []Adapter {
	var all []Adapter
	for rank := range 4 {
		for _, h := range instance().EnumerateAdapters(nil) {
			info := h.GetInfo()
			if info.BackendType == wgpu.BackendTypeOpenGL || info.BackendType == wgpu.BackendTypeOpenGLES || rankOf(info) != rank {
				h.Release()
				continue
			}
			all = append(all, describe(h, info, len(all)))
		}
	}
	return all
}

func rankOf(info wgpu.AdapterInfo) int {
	switch info.AdapterType {
	case wgpu.AdapterTypeDiscreteGPU:
		return 0
	case wgpu.AdapterTypeIntegratedGPU:
		return 1
	case wgpu.AdapterTypeCPU:
		return 3
	}
	return 2
}

func describe(h *wgpu.Adapter, info wgpu.AdapterInfo, index int) Adapter {
	l := h.GetLimits().Limits
	a := Adapter{
		Index: index, Name: info.Name, Driver: info.DriverDescription, handle: h, limits: l,
		Kind:     []string{"discrete", "integrated", "unknown", "software"}[rankOf(info)],
		Backend:  strings.ToLower(info.BackendType.String()),
		Software: info.AdapterType == wgpu.AdapterTypeCPU,
		Limits: Limits{
			Binding: int(min(l.MaxStorageBufferBindingSize, 1<<32-1)), Buffer: int(min(l.MaxBufferSize, 1<<62)),
			WorkgroupMem: int(l.MaxComputeWorkgroupStorageSize), Invocations: int(l.MaxComputeInvocationsPerWorkgroup),
			Storage: int(l.MaxStorageBuffersPerShaderStage), Texture: int(l.MaxTextureDimension2D),
		},
	}
	if a.Name == "" || strings.HasPrefix(a.Name, "0x") {
		a.Name = info.DriverDescription // wgpu-native puts the human name here, and the device's number there
	}
	for _, need := range []struct {
		what       string
		have, want int
	}{
		{"storage buffer binding bytes", a.Limits.Binding, defaultBinding},
		{"buffer bytes", a.Limits.Buffer, defaultBuffer},
		{"workgroup memory bytes", a.Limits.WorkgroupMem, maxWorkgroupMem},
		{"invocations per workgroup", a.Limits.Invocations, maxInvocations},
		{"storage buffers per stage", a.Limits.Storage, maxStorage},
		{"texels per texture side", a.Limits.Texture, maxTextureSide},
	} {
		if need.have < need.want {
			a.Missing = fmt.Sprintf("%d %s, %d are needed", need.have, need.what, need.want)
			break
		}
	}
	if strings.Contains(a.Name, "Microsoft Basic Render Driver") {
		a.Missing = "this driver gives wrong results where a kernel has barriers"
	}
	return a
}

// Find describes the adapter that Open would open.
func Find(name string) (Adapter, error) { return choose(Adapters(), name) }

// choose picks the adapter that the user named: by index, by a part of its name, or the best.
func choose(all []Adapter, name string) (Adapter, error) {
	if len(all) == 0 {
		return Adapter{}, ErrNoAdapter
	}
	if name == "" {
		for _, a := range all {
			if a.Missing == "" {
				return a, nil
			}
		}
		return Adapter{}, fmt.Errorf("adapter %s cannot be used: %s", all[0].Name, all[0].Missing)
	}
	var names []string
	for _, a := range all {
		if name == strconv.Itoa(a.Index) || strings.Contains(strings.ToLower(a.Name), strings.ToLower(name)) {
			if a.Missing != "" {
				return a, fmt.Errorf("adapter %s cannot be used: %s", a.Name, a.Missing)
			}
			return a, nil
		}
		names = append(names, fmt.Sprintf("%d: %s", a.Index, a.Name))
	}
	return Adapter{}, fmt.Errorf("no adapter is called %q: take a part of a name, or a number, of these: %s", name, strings.Join(names, ", "))
}
