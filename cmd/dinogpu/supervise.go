package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/dinogpu/dinogpu/dino/run"
)

// A supervisor trains in another process, which it watches, and goes on with the run where that process dies: a lost device
// ends a process from within a driver, and nothing in it can answer that.
type supervisor struct {
	app     *app
	signals <-chan os.Signal // that this process gets
	asked   stops            // what they asked for

	policy restartPolicy
	watch  stepWatch

	first, setup memorySetup // of the first process, and of the last
	apart        bool        // a restart put the crops apart
	maxSteps     int
	until        time.Time  // when max_time is over; zero: never
	folder       string     // the run's; empty: it has none yet
	lines        []run.Line // for its log
}

// A childEnd is the status with which a training process ended that said why.
type childEnd int

func (e childEnd) Error() string {
	return fmt.Sprintf("the training process ended with status %d", int(e))
}

// supervise trains in a process that it watches, with at most so many restarts in a row without a newer checkpoint.
func supervise(a *app, restarts int) error {
	runtime.LockOSThread() // see startTraining
	defer runtime.UnlockOSThread()
	signals := make(chan os.Signal, 8)
	defer a.signals.passTo(signals)()
	s := &supervisor{
		app: a, signals: signals,
		policy: restartPolicy{most: restarts, saved: -1}, watch: stepWatch{rule: hangs},
	}
	for args, env := a.args, os.Environ(); ; args, env = s.again(), s.environment() {
		kills := memoryKills()
		p, err := startTraining(args, env)
		if err != nil {
			return fmt.Errorf("the process that is to train did not start: %w; with --no-supervise this one trains", err)
		}
		life, err := s.follow(p)
		if err != nil {
			return err
		}
		life.killed = p.wait()
		life.raw, life.forMemory = string(p.words.text), memoryKills() > kills
		if life.end != nil && life.end.Kind == "" {
			s.keepRaw(life.raw)
			return childEnd(life.end.Code)
		}
		if err := s.answer(life); err != nil {
			return err
		}
	}
}

// A life is how a training process ended.
type life struct {
	end       *message      // what it said; nil: it died
	hung      time.Duration // how long no step had come when it was ended for that
	atOnce    bool          // it was ended as it had been asked twice to stop
	killed    bool          // from outside
	forMemory bool          // the system killed processes for want of memory meanwhile
	raw       string        // what it wrote to its own stderr
}

// endsAfterKill is how long a process that was killed may take to end.
const endsAfterKill = time.Minute

// follow hears a process until it can say nothing more.
func (s *supervisor) follow(p *childProcess) (l life, err error) {
	s.watch.begin()
	ticks := time.NewTicker(s.watch.rule.every())
	defer ticks.Stop()
	var sure, stuck <-chan time.Time
	for last := time.Now(); ; {
		select {
		case m, ok := <-p.messages:
			if !ok {
				return l, nil
			}
			if m.Is == ended {
				l.end = &m
			}
			s.hear(m)
		case now := <-ticks.C:
			if s.watch.tick(now.Sub(last)) && l.hung == 0 {
				l.hung, stuck = s.watch.waited, time.After(endsAfterKill)
				p.kill()
			}
			last = now
		case sig := <-s.signals:
			p.pass(sig)
			if _, atOnce := s.asked.take(sig, time.Now(), stopWords{}); atOnce && sure == nil {
				sure = time.After(3 * wordsWithin) // it ends by itself, unless it no longer can
			}
		case <-sure:
			l.atOnce, stuck = true, time.After(endsAfterKill)
			p.kill()
		case <-stuck:
			return l, errors.New("the training process hangs and cannot be ended, as its driver holds it: restart the machine")
		}
	}
}

// hear takes in what a process tells.
func (s *supervisor) hear(m message) {
	switch m.Is {
	case planned:
		if s.first.Batch > 0 {
			return
		}
		s.first, s.setup, s.maxSteps = m.Setup, m.Setup, m.MaxSteps
		if m.MaxTime > 0 {
			s.until = time.Now().Add(m.MaxTime)
		}
	case begun:
		if s.folder == "" && m.Step > 0 {
			s.policy.saved = m.Step
		}
		s.folder, s.setup.Apart = m.Folder, m.Apart
	case ended:
		s.setup.Apart = s.setup.Apart || m.Apart // auto had come to that before the run began
	case stepped:
		s.watch.step()
	case stepping:
		s.folder = m.Folder
		s.watch.aside(!m.On)
	}
}

// answer says that a process died, and that the run goes on after a pause; an error says why it does not.
func (s *supervisor) answer(l life) error {
	d := s.deathOf(l)
	switch {
	case l.atOnce:
		return s.giveUp(l, "stopped at once; what came after the last checkpoint is lost")
	case s.asked.asked:
		return s.giveUp(l, d.sentence()+" as it stopped")
	case d.kind == absent && s.folder == "" && s.policy.tried == 0:
		return errors.New(l.end.Words)
	}
	next, pause, ok := s.policy.after(d, s.setup)
	if !ok {
		return s.giveUp(l, d.sentence()+s.policy.tries())
	}
	how := goesOn(s.folder != "", d.saved, next.flagsFrom(s.setup))
	s.apart = s.apart || next.Apart && !s.setup.Apart
	s.setup = next
	s.app.console.clearLine()
	s.say("%s. It %s; restart %d of at most %d without a new checkpoint.", capital(d.sentence()), how, s.policy.tried, s.policy.most)
	s.keepRaw(l.raw)
	select {
	case <-time.After(pause):
		return nil
	case sig := <-s.signals:
		s.asked.take(sig, time.Now(), stopWords{})
		return fmt.Errorf("%w before the restart%s", errInterrupted, s.resume())
	}
}
