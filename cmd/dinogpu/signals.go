package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// The first Ctrl-C (or a polite kill, or a terminal that closes) cancels the
// context, so that a run can finish its step and save; the second ends the
// process where it stands.
func withSignals(parent context.Context, con *console) (context.Context, context.CancelFunc) {
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
		con.Print("Stopping after this step. Ctrl-C again stops at once, without saving.")
		cancel()
		<-signals
		con.Error("dinogpu: stopped at once; what came after the last checkpoint is lost")
		os.Exit(exitFailed)
	}()
	return ctx, cancel
}
