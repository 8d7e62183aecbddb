package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval/featurecache"
	"github.com/dinogpu/dinogpu/eval/results"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// An evaluator is one evaluation: what a command of the group eval does between reading the weights and saying the result.
type evaluator interface {
	// check finds what is wrong with the flags alone.
	check() error
	// prepare opens the data; the model is read, and a device need not be open yet.
	prepare(e *evaluation) error
	// measure measures every one of e.networks, and tells each result to e.record.
	measure(e *evaluation) (evalReport, error)
}

// An evalReport is what an evaluation found: JSON as it stands, and text.
type evalReport interface {
	print(out io.Writer) error
}

// evalRows is an evalReport with values for --csv: a header, then a row for each query, image or object.
type evalRows interface {
	rows() [][]string
}

// An evaluation is what all evaluators work with.
type evaluation struct {
	*app
	flags    *evalFlags
	model    *weights.Model
	device   *gpu.Device
	networks []evalNetwork // never empty; of model.ViT's size
	records  []results.Record
	begun    time.Time
}

// An evalNetwork is one set of weights on the device.
type evalNetwork struct {
	Role     string // weights.RoleTeacher, RoleStudent or RoleUntrained
	Checksum string
	*layers.Arena
}

// runEvaluator is the way of every command of the group eval.
func runEvaluator(a *app, flags *evalFlags, x evaluator) error {
	if flags.Weights == "" {
		return usageError{errNoWeights}
	}
	if err := flags.check(); err != nil {
		return err
	}
	if err := x.check(); err != nil {
		return err
	}
	e := &evaluation{app: a, flags: flags}
	if err := e.open(); err != nil {
		return err
	}
	if err := x.prepare(e); err != nil {
		return err
	}
	if err := e.upload(); err != nil {
		return err
	}
	defer e.close()
	report, err := e.run(x)
	if report == nil {
		return err
	}
	if flags.JSON {
		return errors.Join(writeJSON(a.stdout, report), err)
	}
	return errors.Join(report.print(a.stdout), err) // what was measured is said, even if it could not be kept
}

// open reads the weights.
func (e *evaluation) open() (err error) {
	e.model, err = e.flags.open(e.app)
	if err != nil {
		return err
	}
	for _, role := range e.roles() {
		if _, err := e.model.Network(role); err != nil {
			return usageError{fmt.Errorf("%w; leave --student out or name the run's folder", err)}
		}
	}
	return nil
}

// roles are the networks of the file that are measured.
func (e *evaluation) roles() []string {
	roles := []string{e.flags.CheckpointKey}
	if e.flags.Student && e.flags.CheckpointKey != weights.RoleStudent {
		roles = append(roles, weights.RoleStudent)
	}
	return roles
}

// upload opens the adapter and puts the networks on it.
func (e *evaluation) upload() (err error) {
	if e.device, err = openDevice(e.flags.Adapter, e.console); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	var networks []weights.Network
	for _, role := range e.roles() {
		n, err := e.model.Network(role)
		if err != nil {
			return err
		}
		networks = append(networks, n)
	}
	if e.flags.Untrained {
		networks = append(networks, e.model.Untrained(e.flags.Seed))
	}
	for _, n := range networks {
		arena, err := e.model.UploadNetwork(e.device, n)
		if err != nil {
			return err
		}
		e.networks = append(e.networks, evalNetwork{n.Role, featurecache.NetworkSum(n.Backbone), arena})
	}
	return nil
}

func (e *evaluation) close() {
	for _, n := range e.networks {
		n.Release()
	}
	e.networks = nil
	if e.device != nil {
		e.device.Close()
		e.device = nil
	}
}

// run measures and keeps what came out: all of it, or nothing where it did not come to an end. A report with an error could
// not be kept.
func (e *evaluation) run(x evaluator) (evalReport, error) {
	e.begun, e.records = e.now(), nil
	report, err := x.measure(e)
	e.console.Status("")
	if err != nil {
		if e.ctx.Err() != nil {
			return nil, fmt.Errorf("%w: the evaluation did not come to its end, and nothing was recorded", errInterrupted)
		}
		return nil, err
	}
	if err := e.keep(); err != nil {
		return report, err
	}
	if e.flags.CSV == "" {
		return report, nil
	}
	rows, ok := report.(evalRows)
	if !ok {
		return report, errors.New("--csv: this evaluation has no values of single images")
	}
	return report, disk.WriteFile(e.flags.CSV, func(w io.Writer) error {
		return csv.NewWriter(w).WriteAll(rows.rows())
	})
}

// record notes a result, which is kept once the evaluation has come to its end. Values that do not exist, such as the mean
// of nothing, are left out of values: JSON has no NaN.
func (e *evaluation) record(n evalNetwork, r results.Record) {
	r.Network, r.Checksum, r.Weights = n.Role, n.Checksum, e.model.File
	r.Seed, r.Program = e.flags.Seed, versionText()
	e.records = append(e.records, r)
}

// keep appends the records to the run's results.
func (e *evaluation) keep() error {
	folder := e.flags.Results
	if folder == "" {
		folder = weights.RunFolder(e.model.File)
	}
	if folder == "" || len(e.records) == 0 {
		return nil
	}
	now := e.now()
	for i := range e.records {
		e.records[i].Time, e.records[i].Seconds = now.UTC(), now.Sub(e.begun).Seconds()
	}
	if err := results.Append(folder, e.records...); err != nil {
		return fmt.Errorf("the result was not recorded: %w", err)
	}
	return nil
}
