// Package explore looks at images through a trained network: what each head of a block attends to, which patches hold most
// of that, which have features like another's, and their principal components.
//
// Begin with [New]. An [Explorer] is a viewer.Scene, which a window shows; [Explorer.Save] writes the same without one.
// pictures.go lists the images, network.go runs the network over one, state.go holds what is looked at, event.go changes it,
// update.go brings it up to date, page.go says it in pictures and words, save.go and video.go write files.
package explore
