package dino

import "unsafe"

// bytesOf sees words as the bytes that kernels take from them. It shares memory. Every platform that the binding
// runs on is little endian.
func bytesOf(words []uint32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), 4*len(words))
}
