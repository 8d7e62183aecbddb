package main

// Folders of images, each work with them a command of its own.
type dataCmd struct {
	Sample dataSampleCmd `cmd:"" help:"Draw small sets of images with known truth, one for each evaluation."`
}
