package settings

import "fmt"

// adviseCrops is about pixels that no patch takes: the border that is left over is cut off, as in the reference.
func adviseCrops(c Config) string {
	for _, crop := range []struct {
		key  string
		side int
		used bool
	}{{"global_crops_size", c.GlobalCropsSize, true}, {"local_crops_size", c.LocalCropsSize, c.LocalCropsNumber > 0}} {
		if rest := crop.side % c.PatchSize; crop.used && rest > 0 {
			return fmt.Sprintf("crops of %d pixels are not whole patches of %d: %d pixels of each side are cut off; set `%s` %d or %d",
				crop.side, c.PatchSize, rest, crop.key, crop.side-rest, crop.side-rest+c.PatchSize)
		}
	}
	return ""
}
