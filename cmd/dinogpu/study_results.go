package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// studyNumbers are what a study reads of a run, in the order of results.csv.
var studyNumbers = []string{
	"knn_teacher", "knn_student", "views_top1_teacher", "views_top1_student", "loss", "entropy", "kl", "output_std", "positive_top1",
	"train_top1", "images_per_second", "step",
}

// lastSteps is how many steps at a run's end their means are of, where each step has a number.
const lastSteps = 100

// A studyResult is what one run came to.
type studyResult struct {
	row    string
	seed   uint64
	folder string
	values map[string]float64 // by studyNumbers; what the run has not is left out
}

// readResult reads a run's metrics: of what is measured once in a while the last, of steps the mean of the last hundred.
func readResult(r studyRun) (studyResult, error) {
	result := studyResult{row: r.row.Name, seed: r.seed, folder: r.folder, values: map[string]float64{}}
	file, err := os.Open(filepath.Join(r.folder, "metrics.jsonl"))
	if err != nil {
		return result, err
	}
	defer file.Close()
	all := map[string][]float64{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line map[string]any
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue // the half line of a crash
		}
		for _, key := range studyNumbers {
			if v, ok := line[key].(float64); ok {
				all[key] = append(all[key], v)
			}
		}
	}
	for key, values := range all {
		switch key {
		case "loss", "entropy", "kl", "output_std", "positive_top1", "train_top1":
			values = values[max(0, len(values)-lastSteps):]
			sum := 0.0
			for _, v := range values {
				sum += v
			}
			result.values[key] = sum / float64(len(values))
		case "images_per_second":
			slices.Sort(values)
			result.values[key] = values[len(values)/2]
		default:
			result.values[key] = values[len(values)-1]
		}
	}
	return result, lines.Err()
}

// shared are a study's name and the settings of all its runs, but for those of one sitting.
func (c *studyCmd) shared() string {
	lines := []string{"study " + c.study.Name, "preset " + c.Settings.Preset}
	if c.Config != "" {
		lines = append(lines, "config "+c.Config)
	}
	for _, key := range slices.Sorted(maps.Keys(c.given)) {
		if !slices.Contains([]string{"adapter", "num_workers"}, key) {
			lines = append(lines, key+" "+strings.ReplaceAll(c.given[key], "\n", ", "))
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// A studyFolder holds a study's runs and what they came to.
type studyFolder struct {
	path    string
	results []studyResult
}

const resultsFile = "results.csv"

// openFolder makes the study's folder, or opens it where it is one of the same study.
func (c *studyCmd) openFolder(runs []studyRun) (*studyFolder, error) {
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return nil, fmt.Errorf("%w; choose another folder with --out", err)
	}
	f := &studyFolder{path: c.Out}
	mark := filepath.Join(c.Out, "study.txt")
	what := c.shared()
	begun, _ := filepath.Glob(filepath.Join(c.Out, "*-seed*")) // the pattern is right
	switch text, err := os.ReadFile(mark); {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(begun) == 0: // nothing to be compared with yet
		if err := disk.WriteBytes(mark, []byte(what)); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case string(text) != what:
		return nil, usageError{fmt.Errorf("%s holds a study of other settings (its study.txt says which), so the rows could not be compared: choose another folder with --out", c.Out)}
	}
	return f, f.read(runs)
}

// read takes in results.csv.
func (f *studyFolder) read(runs []studyRun) error {
	path := filepath.Join(f.path, resultsFile)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil || len(lines) == 0 || len(lines[0]) != 3+len(studyNumbers) {
		return fmt.Errorf("%s is not what a study writes: %w", path, errors.Join(err, errors.New("move it away; runs that lie there are read again")))
	}
	for _, line := range lines[1:] {
		seed, err := strconv.ParseUint(line[1], 10, 64)
		if err != nil {
			return fmt.Errorf("%s: %q is no seed: move the file away; runs that lie there are read again", path, line[1])
		}
		r := studyResult{row: line[0], seed: seed, folder: filepath.Join(f.path, line[2]), values: map[string]float64{}}
		for i, key := range studyNumbers {
			if v, err := strconv.ParseFloat(line[3+i], 64); err == nil {
				r.values[key] = v
			}
		}
		f.results = append(f.results, r)
	}
	return nil
}

// has tells whether a run is finished.
func (f *studyFolder) has(r studyRun) bool {
	return slices.ContainsFunc(f.results, func(x studyResult) bool { return x.row == r.row.Name && x.seed == r.seed })
}

// add writes results.csv with one run more.
func (f *studyFolder) add(r studyResult) error {
	f.results = append(f.results, r)
	return disk.WriteFile(filepath.Join(f.path, resultsFile), func(w io.Writer) error {
		out := csv.NewWriter(w)
		if err := out.Write(append([]string{"row", "seed", "run"}, studyNumbers...)); err != nil {
			return err
		}
		for _, r := range f.results {
			line := []string{r.row, fmt.Sprint(r.seed), filepath.Base(r.folder)}
			for _, key := range studyNumbers {
				text := ""
				if v, ok := r.values[key]; ok {
					text = strconv.FormatFloat(v, 'g', -1, 64)
				}
				line = append(line, text)
			}
			if err := out.Write(line); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	})
}

// spread is the mean of values, and their standard deviation (n - 1); NaN where there is none.
func spread(values []float64) (mean, deviation float64) {
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	for _, v := range values {
		mean += v / float64(len(values))
	}
	if len(values) < 2 {
		return mean, math.NaN()
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / float64(len(values)-1))
}
