package settings

import "fmt"

// Count is a number of things as a person reads it: 1 image, 24 images.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
