//go:build unix

package settings

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// What never ends is not read for ever; a pipe that ends is a file of settings like any other.
func TestSettingsFromWhatIsNoRegularFile(t *testing.T) {
	if _, err := Load("/dev/zero"); err == nil || !strings.Contains(err.Error(), "/dev/zero is longer than 1 MiB") {
		t.Errorf("got %v", err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if _, err := write.WriteString("epochs: 3\n"); err != nil {
		t.Fatal(err)
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := Load(fmt.Sprintf("/dev/fd/%d", read.Fd())); err != nil || s.Config.Epochs != 3 {
		t.Errorf("a pipe: %d epochs, %v", s.Config.Epochs, err)
	}
}
