// Package viewer draws what a network learned, as sheets of small images: nearest neighbors and attention maps. Nothing is
// shown in a window.
//
// Begin with [Neighbors] and [Attention], which draw a sheet; [WritePNG] writes it to a file.
package viewer
