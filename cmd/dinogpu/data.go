package main

// Folders of images, each work with them a command of its own.
type dataCmd struct {
	Check  dataCheckCmd  `cmd:"" help:"Tell what a folder is good for, and what in it cannot be read."`
	Sample dataSampleCmd `cmd:"" help:"Draw small sets of images with known truth, one for each evaluation."`
}
