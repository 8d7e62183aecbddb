package weights

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dinogpu/dinogpu/layers"
)

// An Inspection is what a file holds, whether Open takes it or not.
type Inspection struct {
	File     string
	Format   string            // what it is, in words
	Bytes    uint64            // of the file
	ViT      *layers.ViTConfig // the backbones' size; nil where the tensors do not give one
	Networks []NetworkSize     // the teacher first
	Tensors  []TensorSummary   // in the file's order
	Metadata map[string]string // of a safetensors file, or of a checkpoint's header; nil where there is none
	Unusable error             // why Open refuses the file; nil where it takes it
}

// A NetworkSize counts a network's values.
type NetworkSize struct {
	Role           string
	Backbone, Head int // values in the backbone's tensors, and in the head's
}

// A TensorSummary is one tensor, and what its values are like.
type TensorSummary struct {
	Name, DType string
	Shape       []int
	Optimizer   bool // a moment of the optimizer, or the like: not a network's
	// Values are nil where they were not asked for or are of a type that is no float; then Unread says why, or nothing.
	Values *ValueSummary
	Unread error
}

// A ValueSummary is what a tensor's values are like. Norm, Min and Max leave out those that are not finite.
type ValueSummary struct {
	Norm      float64 // the root of the sum of squares
	Min, Max  float64 // 0 where there is no finite value
	NotFinite int     // NaNs and infinities
}

// Inspect lists a file's tensors and looks at their values, one tensor after the other. It takes all that Open takes,
// and every other file of those formats. moments looks at the optimizer's values too.
func Inspect(path string, moments bool, notice func(error)) (*Inspection, error) {
	l, err := locate(path, notice)
	if err != nil {
		return nil, err
	}
	defer l.close()
	p, unusable := l.plan(false)
	s := &Inspection{File: l.path, Format: p.model.Format, Bytes: l.size, Metadata: l.metadata(), Unusable: unusable}
	if v := p.model.ViT; v.Depth > 0 && v.Heads > 0 {
		s.ViT = &v
	}
	sorted := sortOut(l.tensors)
	inNetwork := map[string]bool{}
	for _, n := range sorted.networks {
		size := NetworkSize{Role: n.role}
		for _, t := range n.parts {
			inNetwork[t.name] = true
			if count, ok := elementsOf(t.shape); !ok {
				continue
			} else if ofHead(t.of) {
				size.Head += int(count)
			} else {
				size.Backbone += int(count)
			}
		}
		s.Networks = append(s.Networks, size)
	}
	for _, t := range l.tensors {
		x := TensorSummary{Name: t.name, DType: t.dtype, Shape: t.shape, Optimizer: !inNetwork[t.name] && ofOptimizer(t.name)}
		if moments || !x.Optimizer {
			values, err := t.values()
			if err != nil {
				x.Unread = err
			} else {
				sum := summarize(values)
				x.Values = &sum
			}
		}
		s.Tensors = append(s.Tensors, x)
	}
	return s, nil
}

// ofOptimizer tells the tensors of an optimizer by their names: torch's "optimizer.state.0.exp_avg", and dinogpu's
// "moment1.backbone.cls_token".
func ofOptimizer(name string) bool {
	key := firstKey(name)
	return strings.HasPrefix(key, "optimizer") || strings.HasPrefix(key, "moment")
}

// metadata is what the file says of itself beside its tensors.
func (l *located) metadata() map[string]string {
	h := l.header
	if h == nil {
		return maps.Clone(l.meta)
	}
	return map[string]string{
		"step": strconv.Itoa(h.Step), "epoch": strconv.Itoa(h.Epoch), "batch": strconv.Itoa(h.Batch), "seed": fmt.Sprint(h.Seed),
		"matmul": h.Matmul, "adapter": h.Adapter, "images": h.Images, "config.yaml": h.Config,
	}
}

func summarize(values []float32) ValueSummary {
	finite := func(v float32) bool { return math.Float32bits(v)&0x7f800000 != 0x7f800000 }
	s := ValueSummary{}
	first := slices.IndexFunc(values, finite)
	if first < 0 {
		s.NotFinite = len(values)
		return s
	}
	low, high, sum := values[first], values[first], 0.0
	for _, v := range values {
		if !finite(v) {
			s.NotFinite++
			continue
		}
		low, high = min(low, v), max(high, v)
		sum += float64(v) * float64(v)
	}
	s.Norm, s.Min, s.Max = math.Sqrt(sum), float64(low), float64(high)
	return s
}
