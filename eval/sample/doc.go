// Package sample draws small sets of images with known truth, one in the layout of each evaluation: classes, views of
// scenes, copies, videos with masks, objects with masks. They are for a first try and for tests: shapes with textures,
// which tell more than raw pixels do.
//
// All arithmetic is in integers, and all random numbers come from augment.Rand: a seed gives the same pixels on every
// machine. The files' bytes depend on Go's encoders as well.
package sample
