// Package run is one training run's life on the disk: its folder, held by a lock, with settings, log, metrics,
// TensorBoard events and checkpoints.
package run
