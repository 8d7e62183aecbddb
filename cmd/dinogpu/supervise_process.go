package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A childProcess is this program once more, which trains or does a part of doctor.
type childProcess struct {
	cmd      *exec.Cmd
	words    rawWords       // all that it wrote to its own stderr; to be read after wait
	messages <-chan message // closed when it can say nothing any more
	orders   *os.File
	release  func()
}

// startTraining starts this program with other arguments, on this process's stdin, stdout and stderr.
func startTraining(args, env []string) (*childProcess, error) {
	return startChild(args, env, os.Stdin, os.Stdout, os.Stderr)
}

// startChild starts this program with other arguments. What it says to its console goes to a file. It ends when this process
// does, however that ends. The calling goroutine must keep its thread until then: Linux ends the child with the thread that
// started it.
func startChild(args, env []string, stdin io.Reader, stdout io.Writer, console *os.File) (*childProcess, error) {
	path, err := ownProgram()
	if err != nil {
		return nil, err
	}
	fromChild, toParent, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	fromParent, toChild, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, fromChild.Close(), toParent.Close())
	}
	p := &childProcess{orders: toChild, cmd: exec.Command(path, args...)}
	p.cmd.Args[0] = os.Args[0]
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, stdout, &p.words
	p.cmd.WaitDelay = 10 * time.Second
	handed := []*os.File{console, toParent, fromParent}
	numbers, err := handOver(p.cmd, handed)
	if err == nil {
		mark := strings.Trim(fmt.Sprint(append(numbers, uintptr(os.Getpid()))), "[]")
		p.cmd.Env = append(env, childMark+"="+strings.ReplaceAll(mark, " ", ","))
		err = p.cmd.Start()
	}
	_, _ = toParent.Close(), fromParent.Close() // they are the child's
	if err == nil {
		if p.release, err = endTogether(p.cmd.Process); err != nil {
			_, _ = p.cmd.Process.Kill(), p.cmd.Wait()
		}
	}
	if err != nil {
		return nil, errors.Join(err, fromChild.Close(), toChild.Close())
	}
	messages := make(chan message, 64)
	p.messages = messages
	go func() {
		defer close(messages)
		defer fromChild.Close() // nothing was written
		for lines := bufio.NewReader(fromChild); ; {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			var m message
			if json.Unmarshal(line, &m) == nil {
				messages <- m
			}
		}
	}()
	return p, nil
}

// pass hands a signal on.
func (p *childProcess) pass(sig os.Signal) {
	for i, s := range passedSignals {
		if s == sig {
			_, _ = p.orders.Write([]byte{signalLetters[i]}) // it may have ended
		}
	}
}

// kill ends it at once.
func (p *childProcess) kill() { _ = p.cmd.Process.Kill() } // it may have ended

// wait waits for the end of a process that can say nothing any more. wasKilled says that nothing of its own ended it.
func (p *childProcess) wait() (wasKilled bool) {
	_ = p.cmd.Wait() // the state says it
	_ = p.orders.Close()
	p.release()
	return killedFromOutside(p.cmd.ProcessState)
}
