//go:build !unix

package main

func ignoreFileSignals() {}
