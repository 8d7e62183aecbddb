package main

import (
	"fmt"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// helpAllFlag shows the flags that --help leaves out.
type helpAllFlag bool

// BeforeReset prints and leaves, whatever else the command line holds.
func (helpAllFlag) BeforeReset(ctx *kong.Context) error {
	for _, flag := range rareFlags(ctx.Selected()) {
		flag.Hidden = false
	}
	for _, flag := range ctx.Model.Flags {
		flag.Hidden = flag.Name != "help" // the others are the program's
	}
	if err := ctx.PrintUsage(false); err != nil {
		return err
	}
	ctx.Exit(exitDone)
	return nil
}

// hideRareFlags takes from --help what most people never need.
func hideRareFlags(node *kong.Node) {
	for _, flag := range rareFlags(node) {
		flag.Hidden = true
	}
	for _, child := range node.Children {
		hideRareFlags(child)
	}
}

// rareFlags are the settings without the tag often, of a command that takes all settings, and its own with the tag rare.
func rareFlags(node *kong.Node) (rare []*kong.Flag) {
	often := func(flag *kong.Flag) bool { return flag.Tag.Has("often") }
	if node == nil || !slices.ContainsFunc(node.Flags, often) {
		return nil
	}
	for _, flag := range node.Flags {
		if _, ok := (settings.Settings{}).Get(flag.Name); ok && !often(flag) || flag.Tag.Has("rare") {
			rare = append(rare, flag)
		}
	}
	return rare
}

// printHelp adds to kong's help how to see the rest.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	rare := rareFlags(ctx.Selected())
	if len(rare) == 0 || !rare[0].Hidden {
		return nil
	}
	_, err := fmt.Fprintf(ctx.Stdout, "\n%s --help-all shows %d more flags.\n", ctx.Selected().FullPath(), len(rare))
	return err
}
