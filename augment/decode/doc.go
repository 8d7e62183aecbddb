// Package decode reads image files as 8-bit RGB, the pixels that Pillow's
// convert("RGB") gives.
//
// Begin with [Decode]: it tells a file's format by its first bytes and looks at
// its size before it takes memory. Each format has a file of what it needs beside
// its library (jpeg.go and jpeg_*.go, png.go, gif.go, webp.go, bmp.go, tiff.go and
// tiff_*.go). rgb.go turns what the libraries give into RGB; planes.go and color.go
// do so for luma and chroma, as the C libraries beneath Pillow do. memory.go bounds
// what all of it takes, refuse.go says what is not read. pillow_test.go and
// odd_test.go hold usual and odd files beside Pillow.
package decode
