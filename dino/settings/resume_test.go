package settings

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// Every run option may change when a run goes on, one that is added later too; of the rest only what says so.
func TestWhatMayChangeOnResume(t *testing.T) {
	free := map[string]bool{"data": true, "num_workers": true}
	for _, f := range appendFields(nil, reflect.ValueOf(&Run{}).Elem()) {
		free[f.key] = true
	}
	if len(free) < 12 {
		t.Fatalf("%d settings may change", len(free))
	}
	for _, key := range (Settings{}).Keys() {
		s, now := Default(), Default()
		for _, text := range []string{"17", "3s", "0.125", "0.125,0.25", "true", "false", "other"} {
			was, _ := s.Get(key)
			if now.Set(key, text) == nil {
				if is, _ := now.Get(key); is != was {
					break
				}
			}
		}
		var changed *ChangedError
		err := s.SameRun(now)
		if free[key] || key == "epochs" {
			if key == "epochs" {
				s, now = now, s // 17 epochs, then 100
				err = s.SameRun(now)
			}
			if err != nil {
				t.Errorf("%s may not change: %v", key, err)
			}
		} else if !errors.As(err, &changed) || changed.Key != key {
			t.Errorf("%s may change: %v", key, err)
		}
	}
	s, now := Default(), Default()
	now.Config.BatchSize, now.Config.Accumulate = s.Config.BatchSize/4, 4*s.Config.Accumulate
	if err := s.SameRun(now); err != nil {
		t.Errorf("a step's images may not be grouped otherwise: %v", err)
	}
	now.Config.Accumulate = 2
	if err := s.SameRun(now); err == nil || !strings.Contains(err.Error(), "so that their product stays") {
		t.Errorf("a step of half the images: %v", err)
	}
	s, fewer := Default(), Default()
	fewer.Config.Epochs--
	if s.SameRun(fewer) == nil {
		t.Error("a run may go on to fewer epochs")
	}
}
