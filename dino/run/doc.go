// Package run is one training run, from its folder to its last checkpoint: what `dinogpu train` does, for any Go program.
// [New] or [Resume] makes a [Run], Train carries it out, Close gives back what it holds; [Notices] are told what happens.
// A run's folder, held by a lock, has the settings, log, metrics, TensorBoard events, checkpoints and the teacher.
package run
