package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// stopWords are what the first and the second Ctrl-C say.
type stopWords struct{ first, second string }

// stopWordsOf are those of the command that args ask for: only training has something to save.
func stopWordsOf(args []string) stopWords {
	if len(args) > 0 && args[0] == "train" {
		return stopWords{
			"Stopping after this step. Ctrl-C again stops at once, without saving.",
			"stopped at once; what came after the last checkpoint is lost",
		}
	}
	return stopWords{"Stopping. Ctrl-C again stops at once.", "stopped at once"}
}

// The first Ctrl-C (or a polite kill, or a terminal that closes) cancels the
// context, so that a run can finish its step and save; the second ends the
// process where it stands.
func withSignals(parent context.Context, con *console, w stopWords) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup has it ignored: such a run outlives its terminal
		signal.Notify(signals, syscall.SIGHUP)
	}
	ignoreFileLimit()
	go func() {
		select {
		case <-signals:
		case <-ctx.Done():
			return
		}
		con.Print("%s", w.first)
		cancel()
		<-signals
		con.Error("dinogpu: " + w.second)
		os.Exit(exitFailed)
	}()
	return ctx, cancel
}
