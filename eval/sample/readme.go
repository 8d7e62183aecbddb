package sample

import (
	_ "embed" // README.txt
	"fmt"
)

//go:embed README.txt
var readmeText string

// readme says what each folder is.
func readme(seed uint64, yield func(file) error) error {
	return yield(file{name: "README.txt", text: fmt.Appendf(nil, readmeText, seed)})
}
