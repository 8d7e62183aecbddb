// Package testdata holds the files that travel inside the binary: the demo's
// picture set. The golden files beside it are read by tests only and are not
// embedded.
package testdata

import _ "embed"

//go:embed fashion-mnist/t10k-images-idx3-ubyte.gz
var fashionImages []byte

//go:embed fashion-mnist/t10k-labels-idx1-ubyte.gz
var fashionLabels []byte

// FashionImagesName and FashionLabelsName are the file names the embedded set
// has at its source; messages about damaged data use them.
const (
	FashionImagesName = "t10k-images-idx3-ubyte.gz"
	FashionLabelsName = "t10k-labels-idx1-ubyte.gz"
)

// FashionImages gives the embedded demo pictures: a gzipped idx3 file of
// 10,000 grey pictures of 28 x 28 bytes. The caller must not change the bytes.
func FashionImages() []byte { return fashionImages }

// FashionLabels gives the classes 0-9 of the demo pictures, in the same order:
// a gzipped idx1 file of 10,000 bytes. The caller must not change the bytes.
func FashionLabels() []byte { return fashionLabels }

// FashionClasses gives the names of the ten classes, label 0 first.
func FashionClasses() []string {
	return []string{
		"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
		"Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
	}
}
