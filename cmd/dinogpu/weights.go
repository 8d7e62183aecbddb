package main

// Files of weights, each work with them a command of its own.
type weightsCmd struct {
	Pull    pullCmd          `cmd:"" help:"Fetch one of the networks that the authors of DINO released."`
	Inspect inspectCmd       `cmd:"" help:"Say what a file of weights holds, and whether dinogpu can use it."`
	Export  weightsExportCmd `cmd:"" help:"Write trained weights for PyTorch, timm, transformers or onnxruntime."`
}
