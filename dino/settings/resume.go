package settings

import (
	"fmt"
	"reflect"
)

// A ChangedError says that a run cannot go on with another value of a setting: it would be another run.
type ChangedError struct {
	Key     string // the setting
	Is, Was string // texts of its values
}

func (e *ChangedError) Error() string {
	was := e.Was
	if was == "" {
		was = "none"
	}
	instead := "leave it as it was, or start a new run"
	if e.Key == "batch_size" || e.Key == "accumulate" {
		instead = "leave it as it was, or change `batch_size` and `accumulate` so that their product stays"
	}
	return fmt.Sprintf("`%s` %s would make it another run: it began with %s; %s", e.Key, e.Is, was, instead)
}

// SameRun tells whether a run of these settings can go on with those of now: a *ChangedError names the first that
// changes what is learned. [Run]'s may change, as may fields of [Config] that say so in their tags, and Epochs may grow;
// BatchSize and Accumulate where their product stays: a step learns from the same images then.
func (s Settings) SameRun(now Settings) error {
	free := map[string]bool{}
	for _, f := range appendFields(nil, reflect.ValueOf(&Run{}).Elem()) {
		free[f.key] = true
	}
	if now.Config.StepImages() == s.Config.StepImages() {
		free["batch_size"], free["accumulate"] = true, true
	}
	before, after := s.fields(), now.fields()
	for i, f := range before {
		was, is := f.text(), after[i].text()
		if was == is || free[f.key] || f.free || f.key == "epochs" && now.Config.Epochs > s.Config.Epochs {
			continue
		}
		return &ChangedError{Key: f.key, Is: is, Was: was}
	}
	return nil
}
