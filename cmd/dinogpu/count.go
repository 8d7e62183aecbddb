package main

import "fmt"

// count is a number of things: 1 image, 24 images.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
