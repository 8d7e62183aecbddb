//go:build unix && !linux

package main

import "syscall"

// diesWithParent is not to be had: the child watches a pipe.
func diesWithParent() *syscall.SysProcAttr { return nil }
