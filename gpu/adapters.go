package gpu

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/cogentcore/webgpu/wgpu"
)

// An Adapter is one GPU, or software that acts as one, as its driver describes it. Text from the driver holds no control
// characters: they are escaped.
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
	// Advice says what to do about a software adapter on a machine that seems to have a GPU; empty otherwise.
	Advice string `json:"advice,omitempty"`

	card   card
	handle *wgpu.Adapter
	limits wgpu.Limits
}

// Limits are the limits that decide what fits: those that a device of the adapter has once it is open.
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

// Adapters lists the adapters that can be opened, the best first: see better.
func Adapters() []Adapter {
	var all []Adapter
	for _, h := range instance().EnumerateAdapters(nil) {
		info := h.GetInfo()
		if info.BackendType == wgpu.BackendTypeOpenGL || info.BackendType == wgpu.BackendTypeOpenGLES {
			h.Release()
			continue
		}
		all = append(all, describe(h, info))
	}
	order(all)
	adviseDriver(all, "/dev")
	return all
}

func kindOf(t wgpu.AdapterType) string {
	switch t {
	case wgpu.AdapterTypeDiscreteGPU:
		return "discrete"
	case wgpu.AdapterTypeIntegratedGPU:
		return "integrated"
	case wgpu.AdapterTypeCPU:
		return "software"
	}
	return "unknown"
}

func describe(h *wgpu.Adapter, info wgpu.AdapterInfo) Adapter {
	l := h.GetLimits().Limits
	a := Adapter{
		Name: printable(info.Name), Driver: printable(info.DriverDescription), handle: h, limits: l,
		card:     card{info.VendorId, info.DeviceId},
		Kind:     kindOf(info.AdapterType),
		Backend:  strings.ToLower(info.BackendType.String()),
		Software: info.AdapterType == wgpu.AdapterTypeCPU,
		Limits: Limits{
			Binding: int(min(l.MaxStorageBufferBindingSize, 1<<32-1)), Buffer: int(min(l.MaxBufferSize, 1<<62)),
			WorkgroupMem: int(l.MaxComputeWorkgroupStorageSize), Invocations: int(l.MaxComputeInvocationsPerWorkgroup),
			Storage: int(l.MaxStorageBuffersPerShaderStage), Texture: int(l.MaxTextureDimension2D),
		},
	}
	if a.Name == "" || strings.HasPrefix(a.Name, "0x") {
		a.Name = a.Driver // wgpu-native puts the human name here, and the device's number there
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
	a.Limits = a.opened()
	return a
}
