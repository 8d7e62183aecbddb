package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// A plan needs no device and no data, and has every key of its contract.
func TestDryRun(t *testing.T) {
	o := dinogpu(t, nil, "train", "--preset", "vits16", "--dry-run", "--json")
	if o.code != exitDone {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	var plan map[string]any
	if err := json.Unmarshal([]byte(o.stdout), &plan); err != nil {
		t.Fatalf("%v in %s", err, o.stdout)
	}
	for _, key := range []string{"flops_per_step", "dispatches_per_step", "bytes", "largest_binding", "limits", "fits", "matmul"} {
		if _, ok := plan[key]; !ok {
			t.Errorf("the plan lacks %s", key)
		}
	}
	if plan["parameters"] != 44017792.0 {
		t.Errorf("vits16 has %v parameters", plan["parameters"])
	}
	if o := dinogpu(t, nil, "train", "--preset", "demo", "--dry-run"); o.code != exitDone || !strings.Contains(o.stdout, "largest binding") {
		t.Errorf("exit %d: %s%s", o.code, o.stdout, o.stderr)
	}
}
