// Package augment reads sets of images and makes the crops that DINO trains on.
//
// A Source (folder, list of paths, idx file, or the embedded demo) gives images,
// which package decode reads from their files; a Recipe says how the reference
// code's two global and n local crops are drawn and colored; a Loader turns both
// into batches, where batch n is a pure function of (seed, epoch, n). Begin with
// [Open] and [NewLoader].
//
// Pixels stay bytes from end to end: every step rounds to 8 bits, as Pillow
// does, and dividing by 255 and normalizing is left to whoever uploads them.
// The package knows neither the GPU nor the model.
package augment
