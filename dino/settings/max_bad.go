package settings

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MaxBad is how many images that cannot be read a run does without: a number, a share of all in percent, or the larger of
// the two, written "20", "5%" or "10,1%".
type MaxBad struct {
	Images  int
	Percent float64
}

// UnmarshalText reads "20", "5%" or "10,1%".
func (m *MaxBad) UnmarshalText(text []byte) error {
	var read MaxBad
	counts, shares, bad := 0, 0, false
	for part := range strings.SplitSeq(string(text), ",") {
		var err error
		if share, isShare := strings.CutSuffix(strings.TrimSpace(part), "%"); isShare {
			shares++
			read.Percent, err = strconv.ParseFloat(strings.TrimSpace(share), 64)
		} else {
			counts++
			read.Images, err = strconv.Atoi(share)
		}
		bad = bad || err != nil
	}
	if bad || counts > 1 || shares > 1 || read.Images < 0 || !(read.Percent >= 0 && read.Percent <= 100) {
		return fmt.Errorf("%q is neither a number of images nor a share of them: write 20, 5%%, or 10,1%% for the larger of the two", text)
	}
	*m = read
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (m MaxBad) MarshalText() ([]byte, error) {
	share := formatFloats(m.Percent) + "%"
	switch {
	case m.Percent == 0:
		return []byte(strconv.Itoa(m.Images)), nil
	case m.Images == 0:
		return []byte(share), nil
	}
	return []byte(strconv.Itoa(m.Images) + "," + share), nil
}

// Of is how many of a number of images may be bad.
func (m MaxBad) Of(images int) int {
	return max(m.Images, int(math.Floor(float64(images)*m.Percent/100)))
}
