package settings

import (
	"strings"
	"testing"
)

// A file may know settings that this program does not.
func TestUnknownSettingOfAFileMayBeNewer(t *testing.T) {
	const newer = "newer dinogpu wrote the file"
	_, loading := Load(writeTemp(t, "epochs: 3\nwarmup_epoch: 1\n"))
	_, parsing := Parse([]byte("epochs: 3\nwarmup_epoch: 1\n"))
	for _, err := range []error{loading, parsing} {
		if err == nil || !strings.Contains(err.Error(), "line 2: there is no setting warmup_epoch; did you mean warmup_epochs?") || !strings.Contains(err.Error(), newer) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := Load(writeTemp(t, "epochs: many\n")); err == nil || strings.Contains(err.Error(), newer) {
		t.Errorf("a wrong value: %v", err)
	}
}

func TestFileOfSettingsIsShort(t *testing.T) {
	if s, err := Load(writeTemp(t, "epochs: 3\n#"+strings.Repeat("a", 1<<20-12))); err != nil || s.Config.Epochs != 3 {
		t.Errorf("of 1 MiB: %v", err)
	}
	if _, err := Load(writeTemp(t, "epochs: 3\n#"+strings.Repeat("a", 1<<20))); err == nil || !strings.Contains(err.Error(), "longer than 1 MiB") {
		t.Errorf("longer: %v", err)
	}
}
