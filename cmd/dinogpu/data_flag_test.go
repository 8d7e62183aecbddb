package main

import (
	"slices"
	"testing"
)

// --data may be given several times, under both its names; all of them count, whatever signs their paths hold.
func TestDataFlagRepeats(t *testing.T) {
	for _, args := range [][]string{{"--data", "a,b", "--data-path", "c d"}, {"--data=a,b", "--data=c d"}} {
		if got := parseTrain(t, nil, args...).Settings.Config.Data.List(); !slices.Equal(got, []string{"a,b", "c d"}) {
			t.Errorf("%q gives %q", args, got)
		}
	}
	if got := parseTrain(t, map[string]string{"DINOGPU_DATA": "x"}, "--data", "a").Settings.Config.Data.List(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("a flag over the environment gives %q", got)
	}
}
