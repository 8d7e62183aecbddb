package eval

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/layers"
)

// A LinearAbout says what the classifiers of a file are of: the metadata under the key "linear", as JSON.
type LinearAbout struct {
	Classes   []string `json:"classes"`       // the names, in the order of the rows
	Blocks    int      `json:"n_last_blocks"` // what the features are: see LinearInput
	AvgPool   bool     `json:"avgpool_patchtokens"`
	ImageSize int      `json:"image_size"`
	Checksum  string   `json:"backbone_checksum"` // of the backbone that gave the features

	Epochs    int       `json:"epochs"`
	BatchSize int       `json:"batch_size"`
	TestEvery int       `json:"val_freq"`
	LRs       []float64 `json:"lr"` // those of the file
	Cached    bool      `json:"cached"`
	Seed      uint64    `json:"seed"`
	Images    string    `json:"images"` // augment.Fingerprint of those it learned from
	Tests     string    `json:"tests"`  // and of those it was tested on
}

// A LinearFile is a file of classifiers.
type LinearFile struct {
	Path   string
	Probes []LinearProbe // of one size; at least one
	About  *LinearAbout  // nil in files of other programs
	State  *LinearState  // of a training that can go on; its Probes are those of the file
}

// The keys of the metadata.
const (
	linearAbout = "linear"
	linearState = "linear_training"
)

// linearName is a classifier's tensor: ours, that of the released files, or one of several rates: "2.linear.weight".
var linearName = regexp.MustCompile(`^(?:state_dict\.)?(?:module\.)?(?:(\d{1,4})\.)?(linear|momentum)\.(weight|bias)$`)

// WriteLinear writes classifiers as safetensors under the name path: linear.weight (Classes, Dim), linear.bias; of several
// rates 0.linear.weight, 1.linear.weight, ... With a state, a training can go on from it.
func WriteLinear(path string, about LinearAbout, probes []LinearProbe, state *LinearState) error {
	var tensors []layers.HostTensor
	for i, p := range probes {
		prefix := ""
		if len(probes) > 1 {
			prefix = strconv.Itoa(i) + "."
		}
		n, dim := len(p.Bias), len(p.Weight)/max(1, len(p.Bias))
		add := func(name string, weight, bias []float32) {
			tensors = append(tensors,
				layers.HostTensor{Name: prefix + name + ".weight", Shape: []int{n, dim}, Values: weight},
				layers.HostTensor{Name: prefix + name + ".bias", Shape: []int{n}, Values: bias})
		}
		add("linear", p.Weight, p.Bias)
		if state != nil {
			add("momentum", p.Momentum[0], p.Momentum[1])
		}
	}
	text, err := json.Marshal(about)
	if err != nil {
		return err
	}
	meta := map[string]string{"format": "pt", linearAbout: string(text)}
	if state != nil {
		s := *state
		s.Probes = nil
		if text, err = json.Marshal(s); err != nil {
			return err
		}
		meta[linearState] = string(text)
	}
	return weights.WriteSafetensors(path, tensors, meta)
}

// ReadLinear reads a file of WriteLinear, or one that the released eval_linear wrote or that lies beside the released
// weights: module.linear.weight and module.linear.bias.
func ReadLinear(path string) (*LinearFile, error) {
	tensors, meta, err := weights.ReadTensors(path, linearName.MatchString)
	if err != nil {
		return nil, err
	}
	f := &LinearFile{Path: path}
	if err := f.take(tensors); err != nil {
		return nil, err
	}
	if err := f.read(meta); err != nil {
		return nil, fmt.Errorf("%s is %w, or another program's: what it says of its classifiers cannot be read (%w)", path, weights.ErrDamaged, err)
	}
	return f, nil
}

// take sorts the tensors into classifiers.
func (f *LinearFile) take(tensors []layers.HostTensor) error {
	found := map[string]layers.HostTensor{} // "0.linear.weight"
	for _, t := range tensors {
		m := linearName.FindStringSubmatch(t.Name)
		at, _ := strconv.Atoi(m[1]) // nothing is the first
		key := fmt.Sprintf("%d.%s.%s", at, m[2], m[3])
		if _, twice := found[key]; twice {
			return fmt.Errorf("%s holds more than one %s.%s: name a file of one classifier", f.Path, m[2], m[3])
		}
		found[key] = t
	}
	for i := 0; ; i++ {
		pair := func(name string) (weight, bias []float32, err error) {
			w, ok := found[fmt.Sprintf("%d.%s.weight", i, name)]
			b, and := found[fmt.Sprintf("%d.%s.bias", i, name)]
			delete(found, fmt.Sprintf("%d.%s.weight", i, name))
			delete(found, fmt.Sprintf("%d.%s.bias", i, name))
			switch {
			case !ok && !and:
				return nil, nil, nil
			case !ok || !and:
				return nil, nil, fmt.Errorf("%s holds one of %s.weight and %s.bias, and both are needed", f.Path, name, name)
			case len(w.Shape) != 2 || len(b.Shape) != 1 || w.Shape[0] != b.Shape[0] || len(w.Values) == 0:
				return nil, nil, fmt.Errorf("%s: %s of shape %v and %s of shape %v are no classifier", f.Path, disk.Quote(w.Name), w.Shape, disk.Quote(b.Name), b.Shape)
			case len(f.Probes) > 0 && (len(w.Values) != len(f.Probes[0].Weight) || len(b.Values) != len(f.Probes[0].Bias)):
				return nil, nil, fmt.Errorf("%s holds classifiers of several sizes", f.Path)
			}
			return w.Values, b.Values, nil
		}
		var p LinearProbe
		var err error
		if p.Weight, p.Bias, err = pair("linear"); err != nil {
			return err
		}
		if p.Weight == nil {
			break
		}
		f.Probes = append(f.Probes, p)
		last := &f.Probes[i]
		if last.Momentum[0], last.Momentum[1], err = pair("momentum"); err != nil {
			return err
		}
	}
	switch {
	case len(f.Probes) == 0:
		return fmt.Errorf("%s holds no linear classifier, which would be the tensors linear.weight and linear.bias", f.Path)
	case len(found) > 0:
		return fmt.Errorf("%s lacks classifiers between others", f.Path)
	}
	return nil
}

// read takes the metadata, and holds it against the tensors.
func (f *LinearFile) read(meta map[string]string) error {
	text, ours := meta[linearAbout]
	if !ours {
		return nil
	}
	f.About = &LinearAbout{}
	if err := json.Unmarshal([]byte(text), f.About); err != nil {
		return err
	}
	a := f.About
	if len(a.Classes) != len(f.Probes[0].Bias) || len(a.LRs) != len(f.Probes) {
		return fmt.Errorf("it tells of %d classifiers of %d classes and holds %d of %d", len(a.LRs), len(a.Classes), len(f.Probes), len(f.Probes[0].Bias))
	}
	for i, lr := range a.LRs {
		f.Probes[i].LR = lr
	}
	text, unfinished := meta[linearState]
	if !unfinished {
		return nil
	}
	f.State = &LinearState{}
	if err := json.Unmarshal([]byte(text), f.State); err != nil {
		return err
	}
	s := f.State
	s.Probes = f.Probes
	if s.Epoch < 0 || s.At < 0 || len(s.History) != s.Epoch || s.At > 0 && len(s.Sums) != len(f.Probes) {
		return fmt.Errorf("it tells of %d epochs and %d images, with %d results", s.Epoch, s.At, len(s.History))
	}
	for _, e := range s.History {
		if len(e.Losses) != len(f.Probes) || len(e.Scores) != 0 && len(e.Scores) != len(f.Probes) {
			return fmt.Errorf("epoch %d has results of %d classifiers", e.Epoch, len(e.Losses))
		}
	}
	for _, p := range f.Probes {
		if p.Momentum[0] == nil {
			return fmt.Errorf("the momentum is missing")
		}
	}
	return nil
}
