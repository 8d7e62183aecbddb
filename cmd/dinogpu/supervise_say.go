package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dinogpu/dinogpu/dino/run"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/gpu"
)

// deathOf is what a life's end was.
func (s *supervisor) deathOf(l life) death {
	d := death{kind: died, words: lastWords(l.raw), saved: s.saved()}
	switch {
	case l.end != nil:
		d.kind = l.end.Kind
		d.words, _, _ = strings.Cut(l.end.Words, "\n")
	case l.hung > 0:
		usual, _ := s.watch.usual()
		d.kind, d.words = hung, fmt.Sprintf("no step came for %s, where one takes %s", rounded(l.hung), rounded(usual))
	case l.killed && l.forMemory:
		d.kind, d.words = killed, "by the system, for want of memory"
	case l.killed:
		d.kind, d.words = killed, "by the system or by hand"
	case d.words == "":
		d.words = "it said nothing"
	case gpu.OutOfMemory(d.words):
		d.kind = starved
	}
	return d
}

// saved is the step of the run's newest checkpoint; -1: there is none.
func (s *supervisor) saved() int {
	if s.folder == "" {
		return s.policy.saved
	}
	paths, _ := weights.Checkpoints(s.folder) // going on tells what is wrong
	if len(paths) == 0 {
		return -1
	}
	step, _ := weights.CheckpointStep(paths[0])
	return step
}

// sentence says how a process ended, as a part of a sentence.
func (d death) sentence() string {
	how := map[deathKind]string{
		died: "the training process died", killed: "the training process was killed", hung: "the training process hung",
		starved: "the training process had too little memory", absent: "the training process found no adapter",
	}[d.kind]
	return fmt.Sprintf("%s (%s)", how, d.words)
}

// goesOn is how a run goes on, after the step of its newest checkpoint and with other flags.
func goesOn(hasFolder bool, saved int, flags []string) string {
	how := "starts again"
	switch {
	case hasFolder && saved < 0:
		how = "starts again at its first step"
	case hasFolder:
		how = fmt.Sprintf("goes on after step %d", saved)
	}
	if len(flags) > 0 {
		how += " with " + strings.Join(flags, " ")
	}
	return how
}

// tries says how many restarts were of no use.
func (p restartPolicy) tries() string {
	if p.tried == 0 {
		return ""
	}
	return fmt.Sprintf("; %s brought no new checkpoint", settings.Count(p.tried, "restart"))
}

// giveUp is the error of a run that does not go on.
func (s *supervisor) giveUp(l life, sentence string) error {
	s.app.console.clearLine()
	switch {
	case l.end != nil && l.end.Words != "": // it says more, and how to go on
		sentence = l.end.Words + s.policy.tries()
	default:
		sentence += s.resume()
	}
	if file := s.rawFile(l.raw); file != "" {
		sentence += "\nAll that it said is in " + file
	}
	s.lines = append(s.lines, run.Line{At: s.app.now(), Text: sentence})
	s.keepRaw(l.raw)
	return errors.New(sentence)
}

// rawFile is where raw words are left: the run's log, or a file for a report where there is no run yet.
func (s *supervisor) rawFile(raw string) string {
	switch {
	case raw == "":
		return ""
	case s.folder != "":
		return filepath.Join(s.folder, "train.log")
	}
	path, err := reportFile("dinogpu-died-*.txt", []byte(versionText()+"\n\n"+raw))
	if err != nil {
		return ""
	}
	return path
}

// resume says how the run goes on later.
func (s *supervisor) resume() string {
	if s.folder == "" {
		return ""
	}
	return "; it goes on with: " + resumeCommand(s.folder)
}

// say prints a sentence, and keeps it for the run's log.
func (s *supervisor) say(format string, args ...any) {
	sentence := fmt.Sprintf(format, args...)
	s.app.console.show(sentence)
	s.lines = append(s.lines, run.Line{At: s.app.now(), Text: sentence})
}

// keepRaw adds to the run's log what was said since, and the raw words of its last process. A run that has no log yet has
// its sentences there once it has one; raw words of a process that ended by itself are printed then.
func (s *supervisor) keepRaw(raw string) {
	if s.folder == "" {
		if raw != "" && len(s.lines) == 0 {
			s.app.console.show(strings.TrimRight(raw, "\n"))
		}
		return
	}
	if raw != "" {
		s.lines = append(s.lines, run.Line{At: s.app.now(), Text: "the training process wrote:\n" + strings.TrimRight(raw, "\n")})
	}
	if len(s.lines) == 0 {
		return
	}
	if err := run.AddToLog(s.folder, s.lines); err != nil {
		s.app.console.show(fmt.Sprintf("the run's log lacks what was said last: %v", err))
	}
	s.lines = nil
}

// again are the arguments of the next process. A run that has a folder goes on with what that says, and what was for this
// sitting alone.
func (s *supervisor) again() []string {
	if s.folder == "" {
		return append(slices.Clone(s.app.args), s.setup.flagsFrom(s.first)...)
	}
	args := []string{"train", "--resume", s.folder, "--batch-size", settings.Text(s.setup.Batch), "--accumulate", settings.Text(s.setup.Accumulate)}
	if s.apart {
		args = append(args, "--crops", string(settings.CropsApart))
	}
	if s.maxSteps > 0 {
		args = append(args, "--max-steps", settings.Text(s.maxSteps))
	}
	if !s.until.IsZero() {
		args = append(args, "--max-time", max(time.Until(s.until), 1).String())
	}
	return args
}

// environment is that of the next process: settings in it are the folder's by then, with those that beat them.
func (s *supervisor) environment() []string {
	env := os.Environ()
	if s.folder == "" {
		return env
	}
	own := map[string]bool{}
	for _, key := range append((trainCmd{}).ownEnv(), (settings.Settings{}).Keys()...) {
		own[settings.EnvName(key)] = true
	}
	return slices.DeleteFunc(env, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return own[name]
	})
}

// rounded is a duration as people say it.
func rounded(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}

// capital begins a sentence.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
