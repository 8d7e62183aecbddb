package released

import (
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// terms are shown at the first pull into a folder, and lie in it from then on.
const terms = `These weights are those of https://github.com/facebookresearch/dino, a repository under the Apache License 2.0:
https://github.com/facebookresearch/dino/blob/main/LICENSE
Who uses them in published work cites: M. Caron, H. Touvron, I. Misra, H. Jegou, J. Mairal, P. Bojanowski, A. Joulin,
Emerging Properties in Self-Supervised Vision Transformers, ICCV 2021, arXiv:2104.14294.`

// termsFile is in the folder once they were shown.
const termsFile = "LICENSE.txt"

func showTerms(dir string, say func(string)) error {
	path := filepath.Join(dir, termsFile)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	say(terms)
	return disk.WriteBytes(path, []byte(terms+"\n"))
}
