package released

import (
	"fmt"

	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// check reads a file and holds the network in it against e's.
func (e Entry) check(path string) error {
	m, err := weights.Open(path, weights.Options{})
	if err != nil {
		return err
	}
	if m.ViT != e.ViT {
		return fmt.Errorf("it holds %s, and %s is %s", sizes(m.ViT), e.Name, sizes(e.ViT))
	}
	return nil
}

func sizes(v layers.ViTConfig) string {
	return fmt.Sprintf("a network of width %d, %d blocks of %d heads and patches of %d pixels for images of %d", v.Dim, v.Depth, v.Heads, v.Patch, v.ImageSize)
}
