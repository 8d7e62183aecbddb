package dino

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// The first weights of a seed never change: a run can be made again.
func TestInitialWeightsArePinned(t *testing.T) {
	one := tinyConfig()
	one.HeadLayers = 1
	vit := settings.DefaultConfig()
	vit.Arch, vit.OutDim = "vit_tiny", 4096
	for name, x := range map[string]struct {
		config Config
		want   string
	}{
		"tiny":                       {tinyConfig(), "6dbef157c7fc5a5e44174d7a8827e10bc5da7d9dcc3cf72b3448825060957482"},
		"tiny, a head of one layer":  {one, "71baf1154bdaa1914e0d63cd357d8ab98d7a5f5b5fb428df48af1c6108b832be"},
		"vit_tiny, 4,096 prototypes": {vit, "99b26008648e458752a93802679173c7790fe1073075a3d5f0155643ade35f8e"},
	} {
		h := sha256.New()
		for _, t := range x.config.Layout().Fresh(7) {
			h.Write([]byte(t.Name))
			if err := binary.Write(h, binary.LittleEndian, t.Values); err != nil {
				panic(err)
			}
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != x.want {
			t.Errorf("%s: the weights' hash is %s instead of %s", name, got, x.want)
		}
	}
}
