// Command dinogpu trains DINO vision transformers on the GPU that is there.
//
// This package reads the command line, says what happens and decides how the
// process ends. All mathematics is below it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// What a command returns to the shell.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitStopped = 130 // by a signal, with everything saved
)

// The commands.
type cli struct {
	Train      trainCmd      `cmd:"" help:"Train a model on images."`
	Study      studyCmd      `cmd:"" help:"Run one of the paper's comparisons on your images."`
	Eval       evalCmd       `cmd:"" help:"Judge trained weights on labeled images."`
	Data       dataCmd       `cmd:"" help:"Look over folders of images, or draw some to try commands on."`
	Embed      embedCmd      `cmd:"" help:"Write images' features to a file."`
	Neighbours neighboursCmd `cmd:"" name:"neighbours" aliases:"neighbors" help:"Find the images that are nearest to an image, near-duplicates or outliers."`
	Weights    weightsCmd    `cmd:"" help:"Fetch, look at and convert files of trained weights."`
	Report     reportCmd     `cmd:"" help:"Make one page of what runs left: curves, images, settings, in words."`
	View       viewCmd       `cmd:"" help:"Show what a network looks at in your images."`
	Devices    devicesCmd    `cmd:"" help:"List the adapters, and whether dinogpu can use them."`
	Bench      benchCmd      `cmd:"" help:"Measure the adapter, every matmul of a preset and its whole step."`
	Tune       tuneCmd       `cmd:"" help:"Measure which matmul kernels are best here, and remember it."`
	Selftest   selftestCmd   `cmd:"" help:"Test every kernel of a preset on the adapter against plain Go code."`
	Shaders    shadersCmd    `cmd:"" help:"Write a preset's kernels as WGSL files."`
	Doctor     doctorCmd     `cmd:"" help:"Look a GPU and its driver over, and make a report to send."`
	DoctorPart doctorPartCmd `cmd:"" name:"doctor-part" hidden:""`
	HelpAll    helpAllFlag   `help:"Show every flag of a command."`
	Version    versionFlag   `help:"Print version, commit, binding and wgpu."`
}

// What commands need from the process around them, so that tests can give
// them another.
type app struct {
	ctx     context.Context
	stdout  io.Writer
	console *console
	env     func(name string) (string, bool)
	now     func() time.Time

	args       []string     // of the program, for the process that train starts
	supervises bool         // train starts the process that trains
	signals    *signalRelay // that this process gets; nil: none
	link       *parentLink  // to a process that supervises this one; nil: none does
}

// A mistake in what was asked for, as against work that failed.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// errInterrupted is returned by a command that Ctrl-C ended and that keeps nothing.
var errInterrupted = errors.New("stopped")

// Kong's --help and --version want to leave from deep inside; main leaves from
// one place.
type leave int

func main() {
	link, err := openParentLink()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailed)
	}
	a := &app{stdout: os.Stdout, env: os.LookupEnv, now: time.Now, args: os.Args[1:], supervises: link == nil, link: link}
	exit := func(code int) {
		link.end(code)
		os.Exit(code)
	}
	if link == nil {
		a.console, a.signals = newConsole(os.Stderr), &signalRelay{from: ownSignals()}
	} else {
		a.console, a.signals = newConsole(link.stderr), &signalRelay{from: link.signals}
	}
	var stop context.CancelFunc
	a.ctx, stop = withSignals(context.Background(), a.console, stopWordsOf(a.args), a.signals, exit)
	code := execute(a, a.args)
	stop()
	exit(code)
}

func execute(a *app, args []string) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case leave:
			code = int(r)
		default:
			code = exitFailed
			a.console.Error(bugReport(r, args))
		}
	}()

	var commands cli
	parser, err := kong.New(&commands,
		kong.Name("dinogpu"),
		kong.Description("Trains DINO vision transformers on any GPU that speaks Vulkan, Metal or DX12. One program, no Python, no CUDA.\n\nTry: dinogpu train --preset demo"),
		kong.Writers(a.stdout, a.console.w),
		kong.Exit(func(code int) { panic(leave(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110, ValueFormatter: helpText}),
		kong.Help(printHelp),
		kong.ExplicitGroups(flagGroups()),
		paths,
		kong.Bind(a),
	)
	if err != nil {
		panic(err) // a mistake in the structs' tags
	}
	hideRareFlags(parser.Model.Node)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(dashed(args))
	if readerGone(err) { // "--help | head"
		return exitDone
	}
	if err != nil {
		command := commandOf(parser, args)
		text := strings.TrimPrefix(err.Error(), command+": ")
		lacking := strings.Replace(text, "expected one of ", "expected ", 1)
		if names, ok := strings.CutPrefix(lacking, `expected "`); ok {
			what := "one of its commands: "
			if strings.HasPrefix(names, "<") {
				what = "" // an argument, not a command
			}
			text = "dinogpu " + command + " needs " + what + strings.ReplaceAll(names, `"`, "")
		}
		a.console.Error(fmt.Sprintf("dinogpu: %s\n%s lists what there is.", text, strings.Join(strings.Fields("dinogpu "+command+" --help"), " ")))
		return exitUsage
	}
	err = ctx.Run()
	code = exitCode(err)
	switch {
	case errors.As(err, new(childEnd)), errors.As(err, new(toldEnd)): // another process says why, or said it
	case readerGone(err): // "| head": whoever asked has what they wanted
	case err == nil:
	case code == exitDone, code == exitStopped:
		a.console.Print("%v", err)
	default:
		a.console.Error("dinogpu: " + err.Error())
	}
	return code
}

// paths has a flag of paths take all that it is given.
var paths = kong.TypeMapper(reflect.TypeFor[settings.Paths](), kong.MapperFunc(addPath))

// addPath takes a path for each time that its flag is given.
func addPath(ctx *kong.DecodeContext, target reflect.Value) error {
	var path string
	if err := ctx.Scan.PopValueInto("path", &path); err != nil {
		return err
	}
	target.SetString(string(settings.Paths(target.String()).Add(path)))
	return nil
}

func exitCode(err error) int {
	var (
		usage   usageError
		stopped *run.Stopped
		child   childEnd
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &child):
		return int(child)
	case errors.As(err, &stopped) && stopped.Reason != run.Canceled:
		return exitDone // it stopped where it was asked to
	case errors.Is(err, run.ErrStopped), errors.Is(err, run.ErrNotBegun), errors.Is(err, errInterrupted):
		return exitStopped
	case errors.As(err, &usage):
		return exitUsage
	default:
		return exitFailed
	}
}

// The environment variable of every flag would fill the help; its rule stands
// there once.
func helpText(v *kong.Value) string { return v.Help }

// The reference's flags have underscores; its command lines work here. A
// negative number belongs to the flag before it: kong would take it for one.
func dashed(args []string) []string {
	var out []string
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		if last := len(out) - 1; negative(arg) && last >= 0 && strings.HasPrefix(out[last], "--") && !strings.Contains(out[last], "=") {
			out[last] += "=" + arg
			continue
		}
		if strings.HasPrefix(arg, "--") {
			name, value, hasValue := strings.Cut(arg, "=")
			arg = strings.ReplaceAll(name, "_", "-")
			if hasValue {
				arg += "=" + value
			}
		}
		out = append(out, arg)
	}
	return out
}

func negative(arg string) bool {
	return len(arg) > 1 && arg[0] == '-' && (arg[1] == '.' || '0' <= arg[1] && arg[1] <= '9')
}

// The command that was meant, with the group it is in, or empty.
func commandOf(parser *kong.Kong, args []string) string {
	node, path := parser.Model.Node, []string(nil)
	for _, arg := range args {
		i := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == arg || slices.Contains(n.Aliases, arg) })
		if i < 0 {
			break
		}
		node = node.Children[i]
		path = append(path, arg)
	}
	return strings.Join(path, " ")
}

// A panic is our mistake, not the user's: one sentence to read, and the trace
// in a file for the report.
func bugReport(reason any, args []string) string {
	message := fmt.Sprintf("dinogpu: this is a bug in dinogpu, not in what you did: %v.", reason)
	detail := fmt.Sprintf("%s\ndinogpu %s\n%v\n\n%s", versionText(), strings.Join(args, " "), reason, debug.Stack())
	path, err := reportFile("dinogpu-bug-*.txt", []byte(detail))
	if err != nil {
		return message + " Please report it, with the command you gave, at " + issuesURL
	}
	return message + " Please report it at " + issuesURL + " with the file " + path
}

// reportFile leaves a report in the folder for temporary files, which others may write to: under a name that nobody can
// guess, so that none of their links is followed, and to be read by its owner alone.
func reportFile(pattern string, data []byte) (path string, err error) {
	f, err := os.CreateTemp("", pattern)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

const issuesURL = "https://github.com/dinogpu/dinogpu/issues"
