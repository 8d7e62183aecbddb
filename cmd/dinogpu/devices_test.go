package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/gpu"
)

func TestDevicesAsJSON(t *testing.T) {
	got := dinogpu(t, nil, "devices", "--json")
	if got.code != exitDone {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(got.stdout), &rows); err != nil || len(rows) == 0 {
		t.Fatalf("%d adapters, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, key := range []string{"name", "kind", "backend", "driver", "verdict"} {
			if text, ok := row[key].(string); !ok || text == "" {
				t.Errorf("%s is %v", key, row[key])
			}
		}
		limits, _ := row["limits"].(map[string]any)
		for _, key := range []string{"storage_buffer_binding_bytes", "buffer_bytes", "workgroup_memory_bytes"} {
			if v, ok := limits[key].(float64); !ok || v <= 0 {
				t.Errorf("limit %s is %v", key, limits[key])
			}
		}
	}
}

func TestDevicesTableAndVerdicts(t *testing.T) {
	var out bytes.Buffer
	err := listDevices(&out, []gpu.Adapter{
		{Name: "Fast", Kind: "discrete", Backend: "vulkan", Driver: "1.2", Limits: gpu.Limits{Binding: 1<<31 - 1}},
		{Index: 1, Name: "Soft", Software: true},
		{Index: 2, Name: "Old", Missing: "4 storage buffers a stage, 8 are needed"},
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines:\n%s", len(lines), &out)
	}
	for i, want := range []string{"VERDICT", "ready", "software: works, slowly", "cannot be used: 4 storage buffers a stage, 8 are needed"} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("line %d is %q, want it to end in %q", i, lines[i], want)
		}
	}
	if !strings.Contains(lines[1], "2 GiB") {
		t.Errorf("no binding limit in %q", lines[1])
	}
	if err := listDevices(&out, nil, true); !errors.Is(err, gpu.ErrNoAdapter) {
		t.Errorf("no adapter: %v", err)
	}
}
