package study

import (
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// Every row of every study is a run that the settings allow, and differs from the study's others.
func TestEveryRowIsARun(t *testing.T) {
	for _, preset := range []string{"demo", "vits16"} {
		base, err := settings.FromPreset(preset)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range All() {
			seen := map[settings.Config]string{}
			for _, r := range s.Rows {
				got, err := r.Apply(base)
				if err != nil {
					t.Errorf("%s %s %s: %v", preset, s.Name, r.Name, err)
					continue
				}
				if other, ok := seen[got.Config]; ok {
					t.Errorf("%s %s: %s is the same run as %s", preset, s.Name, r.Name, other)
				}
				seen[got.Config] = r.Name
				if strings.ContainsAny(r.Name, "/\\ ") || r.Title == "" {
					t.Errorf("%s: the row %q is named %q", s.Name, r.Title, r.Name)
				}
			}
			if s.Question == "" || s.Reading == "" || s.Source == "" {
				t.Errorf("%s says nothing", s.Name)
			}
		}
	}
}

func TestRowsArePicked(t *testing.T) {
	s, err := Named("teacher")
	if err != nil {
		t.Fatal(err)
	}
	s, err = s.Pick([]string{"copy", "momentum"})
	if err != nil || len(s.Rows) != 2 || s.Rows[0].Name != "momentum" || s.Rows[1].Name != "copy" {
		t.Errorf("%v, %v", s.Rows, err)
	}
	if _, err := s.Pick([]string{"none"}); err == nil || !strings.Contains(err.Error(), "momentum, copy") {
		t.Errorf("a row that is not there: %v", err)
	}
	if _, err := Named("teachers"); err == nil || !strings.Contains(err.Error(), "teacher, collapse") {
		t.Errorf("a study that is not there: %v", err)
	}
}
