// Package viewer makes pictures on the CPU, for people to look at: of attention, of patches that hold most of it, of features'
// components, of nearest neighbors. It knows neither GPU nor window.
//
// A [Page] is one picture of pictures with words that say what is seen; a [Composer] draws it, and [Enlarged], [Masked]
// and [Stretched] are the pictures of the reference's visualize_attention. [Neighbors], [Attention] and [Principal] lay out
// a [Sheet] of many images. [WritePNG] writes a file. A [Scene] is what a window shows.
package viewer
