package main

// The commands on files of weights, each in a file of its own.
type weightsCmd struct {
	Inspect inspectCmd `cmd:"" help:"Say what a file of weights holds, and whether dinogpu can use it."`
}
