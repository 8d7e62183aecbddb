// Package decode reads image files as 8-bit RGB, the pixels that Pillow's
// convert("RGB") gives.
//
// Begin with [Decode]: it tells a file's format by its first bytes and looks at
// its size before it takes memory. One file holds what each format needs beside
// its library: jpeg.go, gif.go; rgb.go turns what the libraries give into RGB
// and ycbcr.go does so for luma and chroma, both as the C libraries beneath
// Pillow do. pillow_test.go holds every format beside Pillow.
package decode
