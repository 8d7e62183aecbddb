package results

import "time"

// The evaluations, as Record.Evaluation names them.
const (
	KNN           = "knn"
	KNNLowShot    = "knn-low-shot"
	Linear        = "linear"
	Retrieval     = "retrieval"
	CopyDetection = "copydetection"
	Video         = "video"
	Jaccard       = "jaccard"
)

// A Record is one evaluation of one network: a line of results.jsonl.
type Record struct {
	Time       time.Time `json:"time"`
	Evaluation string    `json:"evaluation"`
	// Network is teacher, student or untrained: of the same size, its weights drawn by Seed.
	Network  string  `json:"network"`
	Weights  string  `json:"weights"`  // the file they were read from
	Checksum string  `json:"checksum"` // of the backbone's values, the same whatever file holds them
	Program  string  `json:"program"`  // version and commit
	Data     string  `json:"data"`     // where the images lie
	Seed     uint64  `json:"seed"`
	Seconds  float64 `json:"seconds"`
	// Settings are what the numbers depend on beside weights and data: {"image_size": 224}.
	Settings map[string]any `json:"settings,omitempty"`
	// Counts say how much was measured: {"images": 2000, "classes": 10, "left_out": 1}.
	Counts map[string]int `json:"counts,omitempty"`
	// Values are what came out, in percent where the evaluation's are percentages: {"top1": 71.3}.
	Values map[string]float64 `json:"values"`
}

// Deviation ends the key of a value's standard deviation: top1_20nn_sd beside top1_20nn.
const Deviation = "_sd"
