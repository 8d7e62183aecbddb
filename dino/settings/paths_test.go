package settings

import (
	"slices"
	"strings"
	"testing"
)

// Several paths go through a file and the environment as a list, and one path as it always was.
func TestPathsAreOneOrAList(t *testing.T) {
	for _, want := range [][]string{{"images"}, {"a, b", "c: d"}, {"[x]", `it's "so"`, "#1", " blank ", "ä猫", `back\slash`}, {"a,b"}, nil} {
		s := Default()
		for _, path := range want {
			s.Config.Data = s.Config.Data.Add(path)
		}
		text := string(s.YAML())
		if len(want) == 1 && !strings.Contains(text, "\ndata: "+want[0]+"\n") && !strings.HasPrefix(text, "preset") {
			t.Errorf("one path is written as %q", text[:80])
		}
		back, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(back.Config.Data.List(), want) {
			t.Errorf("%q comes back as %q", want, back.Config.Data.List())
		}
	}
	for _, text := range []string{"data: [a, b]\n", "data_path:\n- a\n- b\n"} {
		list, err := parseSettings([]byte(text))
		if err != nil || list[0].text != "a\nb" {
			t.Errorf("%q: %+v, %v", text, list, err)
		}
	}
}

func TestMaxBad(t *testing.T) {
	for text, want := range map[string]struct{ of1, of500, of5000 int }{
		"10,1%": {10, 10, 50}, "1%,10": {10, 10, 50}, "20": {20, 20, 20}, "5%": {0, 25, 250}, "0": {0, 0, 0}, "0.5 %": {0, 2, 25}, "100%": {1, 500, 5000},
	} {
		var m MaxBad
		if err := m.UnmarshalText([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if m.Of(1) != want.of1 || m.Of(500) != want.of500 || m.Of(5000) != want.of5000 {
			t.Errorf("%s: %d, %d, %d", text, m.Of(1), m.Of(500), m.Of(5000))
		}
		out, _ := m.MarshalText()
		var again MaxBad
		if err := again.UnmarshalText(out); err != nil || again != m {
			t.Errorf("%s is written %s: %v", text, out, err)
		}
	}
	for _, text := range []string{"", "-1", "x", "5%%", "101%", "-1%", "NaN%", "1,2", "1%,2%", "1,2%,3", "1e3"} {
		var m MaxBad
		if err := m.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), "10,1% for the larger") {
			t.Errorf("%q: %v gives %v", text, m, err)
		}
	}
	if got := Default().Run.MaxBad; got != (MaxBad{Images: 10, Percent: 1}) {
		t.Errorf("the default is %+v", got)
	}
}
