package main

import (
	"fmt"
	"strings"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/eval"
)

// network trains on one network's features, or tests on them, and gives its rows of the report.
func (c *linearCmd) network(e *evaluation, n evalNetwork, train, test *leftOut, r *linearReport) ([]linearRow, error) {
	file := c.files[n.Role]
	if err := sameBackbone(file, n); err != nil {
		return nil, err
	}
	config := c.input.Config(e.backbone(c.ImageSize))
	config.Batch = min(config.FittingBatch(), c.BatchSize)
	config.Batch = (c.BatchSize + (c.BatchSize+config.Batch-1)/config.Batch - 1) / ((c.BatchSize + config.Batch - 1) / config.Batch)
	net, err := dino.NewBackbone(e.device, e.device.Target(), config, n.Arena)
	if err != nil {
		return nil, err
	}
	defer net.Release()
	l := eval.Linear{
		Question: c.q, Embedder: eval.LinearEmbedder{Backbone: net, Input: c.input}, Dim: c.input.Dim(e.model.ViT), Size: c.ImageSize,
		LRs: c.LR, Epochs: c.Epochs, Batch: c.BatchSize, TestEvery: c.ValFreq, Cached: c.Cached, Seed: c.Seed,
	}
	h := eval.LinearHooks{
		LeftOut: [2]func(string, error){train.add, test.add},
		Images:  func(what string, of int) func(n int) { return counting(e.console, n.Role+", "+what, of) },
	}
	if c.Evaluate != "" {
		return c.evaluated(e, n, l, file, h, r)
	}
	var state *eval.LinearState
	if file != nil {
		state = file.State
		e.console.Print("%s: goes on after epoch %d of %d", n.Role, state.Epoch, c.Epochs)
	}
	h.Epoch = func(x eval.LinearEpoch) error {
		text := fmt.Sprintf("%s, epoch %d of %d: %s", n.Role, x.Epoch, c.Epochs, c.epochWords(x))
		if len(x.Scores) == 0 { // not tested: progress, and no result
			e.console.Status(text)
			return nil
		}
		e.console.Print("%s", text)
		return nil
	}
	c.keepInFiles(e, n, &h)
	found, err := l.Train(e.ctx, e.device, state, h)
	if err != nil {
		if e.ctx.Err() != nil && c.Out != "" && exists(lastOf(c.fileOf(e, n.Role, c.Out))) {
			e.console.Print("The training is saved; it goes on with: %s", c.goOn())
		}
		return nil, err
	}
	return c.trained(n, found, r), nil
}

// keepInFiles has the best classifier and the state written.
func (c *linearCmd) keepInFiles(e *evaluation, n evalNetwork, h *eval.LinearHooks) {
	if c.Out == "" {
		return
	}
	out, about := c.fileOf(e, n.Role, c.Out), c.about(n)
	h.Best = func(_ int, _ eval.LinearScore, p eval.LinearProbe) error {
		best := about
		best.LRs = []float64{p.LR}
		return eval.WriteLinear(out, best, []eval.LinearProbe{p}, nil)
	}
	h.Save = func(s *eval.LinearState) error { return eval.WriteLinear(lastOf(out), about, s.Probes, s) }
	h.Load = func() (eval.LinearProbe, error) {
		f, err := eval.ReadLinear(out)
		if err != nil {
			return eval.LinearProbe{}, err
		}
		return f.Probes[0], sameBackbone(f, n)
	}
}

// goOn is the command that goes on.
func (c *linearCmd) goOn() string {
	words := []string{programName()}
	for _, arg := range c.args {
		words = append(words, argument(arg))
	}
	if !c.Resume {
		words = append(words, "--resume")
	}
	return strings.Join(words, " ")
}

// epochWords tell what an epoch gave.
func (c *linearCmd) epochWords(x eval.LinearEpoch) string {
	var parts []string
	for i, loss := range x.Losses {
		text := fmt.Sprintf("loss %.4f", loss)
		if len(x.Scores) > 0 {
			text += fmt.Sprintf(", top-1 %.2f %%, top-5 %.2f %%", x.Scores[i].Top1, x.Scores[i].Top5)
		}
		if len(c.LR) > 1 {
			text = fmt.Sprintf("lr %g: %s", c.LR[i], text)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}
