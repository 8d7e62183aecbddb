package results

import (
	"fmt"
	"strings"
)

// A Published result is one of a network of DINO's authors, under the keys that a Record has.
type Published struct {
	Evaluation string             `json:"evaluation"`
	Model      string             `json:"model"`
	Data       string             `json:"data"`
	Values     map[string]float64 `json:"values"` // percent
	Source     string             `json:"source"`
	// Settings are those that a record has to share to stand beside it.
	Settings map[string]any `json:"settings,omitempty"`
}

// Where the numbers stand: the paper, arXiv 2104.14294, and the README of its code, github.com/facebookresearch/dino.
const (
	readmeModels  = "README, released models; paper, Table 2"
	readmeXCiT    = "README, released models"
	readmeRecipes = "README, training recipes"
	paperFewData  = "paper's appendix, k-NN on few data"
	paperPlaces   = "paper, Table 3"
	paperCopies   = "paper, Table 4"
	readmeCopies  = "README, copy detection"
	paperVideo    = "paper, Table 5"
	paperObjects  = "paper, Figure 4"
)

// Data sets of the published numbers.
const (
	imageNet = "ImageNet"
	oxford   = "ROxford5k"
	paris    = "RParis6k"
	copydays = "Copydays"
	davis    = "DAVIS 2017"
	voc      = "VOC 2012"
)

// Paper are the published results. The k-NN accuracies are those of 20 neighbors, with which the paper's are best.
var Paper = published()

func published() (all []Published) {
	for _, m := range []struct {
		model, source string
		knn, linear   float64
	}{
		{"ViT-S/16", readmeModels, 74.5, 77.0},
		{"ViT-S/8", readmeModels, 78.3, 79.7},
		{"ViT-B/16", readmeModels, 76.1, 78.2},
		{"ViT-B/8", readmeModels, 77.4, 80.1},
		{"ResNet-50", readmeModels, 67.5, 75.3},
		{"XCiT-S12/16", readmeXCiT, 76.0, 77.8},
		{"XCiT-S12/8", readmeXCiT, 77.1, 79.2},
		{"XCiT-M24/16", readmeXCiT, 76.4, 78.8},
		{"XCiT-M24/8", readmeXCiT, 77.9, 80.3},
		{"ViT-S/16, 100 epochs", readmeRecipes, 69.3, 74.0},
		{"ViT-S/16, 300 epochs", readmeRecipes, 73.3, 76.0},
	} {
		all = append(all,
			Published{KNN, m.model, imageNet, map[string]float64{"top1_20nn": m.knn}, m.source, nil},
			Published{Linear, m.model, imageNet, map[string]float64{"top1": m.linear}, m.source, nil})
	}
	for _, m := range []struct {
		model      string
		one, tenth float64
	}{
		{"ViT-S/16", 61.3, 69.1},
		{"ResNet-50", 47.2, 59.3},
	} {
		all = append(all,
			Published{KNNLowShot, m.model, imageNet, map[string]float64{"top1_20nn": m.one}, paperFewData, map[string]any{"fraction": 0.01}},
			Published{KNNLowShot, m.model, imageNet, map[string]float64{"top1_20nn": m.tenth}, paperFewData, map[string]any{"fraction": 0.1}})
	}
	for _, m := range []struct {
		model, data  string
		medium, hard float64
	}{
		{"ViT-S/16", oxford, 41.8, 13.7},
		{"ViT-S/16", paris, 63.1, 34.4},
		{"ViT-S/16, GLDv2", oxford, 51.5, 24.3},
		{"ViT-S/16, GLDv2", paris, 75.3, 51.6},
		{"ResNet-50", oxford, 35.4, 11.1},
		{"ResNet-50", paris, 55.9, 27.5},
	} {
		all = append(all, Published{Retrieval, m.model, m.data, map[string]float64{"medium_map": m.medium, "hard_map": m.hard}, paperPlaces, nil})
	}
	return append(all,
		Published{CopyDetection, "ViT-B/16, 224 pixels", copydays, map[string]float64{"map_strong": 81.7}, paperCopies, nil},
		Published{CopyDetection, "ViT-B/8, 320 pixels", copydays, map[string]float64{"map_strong": 85.5}, paperCopies, nil},
		Published{CopyDetection, "ViT-B/8, 320 pixels", copydays, map[string]float64{"map_strong": 85.8}, readmeCopies, nil},
		Published{Video, "ViT-S/16", davis, map[string]float64{"j_and_f_mean": 61.8, "j_mean": 60.2, "f_mean": 63.4}, paperVideo, nil},
		Published{Video, "ViT-S/8", davis, map[string]float64{"j_and_f_mean": 69.9, "j_mean": 66.6, "f_mean": 73.1}, paperVideo, nil},
		Published{Video, "ViT-B/16", davis, map[string]float64{"j_and_f_mean": 62.3}, paperVideo, nil},
		Published{Video, "ViT-B/8", davis, map[string]float64{"j_and_f_mean": 71.4, "j_mean": 67.9, "f_mean": 74.9}, paperVideo, nil},
		Published{Jaccard, "ViT-S/16", voc, map[string]float64{"jaccard": 45.9}, paperObjects, nil},
		Published{Jaccard, "ViT-S/8", voc, map[string]float64{"jaccard": 44.7}, paperObjects, nil},
		Published{Jaccard, "ViT-S/16, random weights", voc, map[string]float64{"jaccard": 22.0}, paperObjects, nil},
		Published{Jaccard, "ViT-S/16, supervised", voc, map[string]float64{"jaccard": 27.3}, paperObjects, nil},
	)
}

// PaperFor are the published results to stand beside a record's: those of its evaluation with its settings, and where the
// path of its data names one of the data sets, of that one alone.
func PaperFor(r Record) (list []Published) {
	for _, p := range Paper {
		if p.Evaluation != r.Evaluation || !shared(p.Settings, r.Settings) {
			continue
		}
		if named := placeNamed(r.Data); r.Evaluation == Retrieval && named != "" && p.Data != named {
			continue
		}
		list = append(list, p)
	}
	return list
}

// placeNamed is the data set of photographs of places that a path names, or empty.
func placeNamed(path string) string {
	path = strings.ToLower(path)
	switch isOxford, isParis := strings.Contains(path, "oxford"), strings.Contains(path, "paris"); {
	case isOxford && !isParis:
		return oxford
	case isParis && !isOxford:
		return paris
	default:
		return ""
	}
}

// shared tells whether all of some settings are among others.
func shared(some, others map[string]any) bool {
	for key, v := range some {
		if fmt.Sprint(others[key]) != fmt.Sprint(v) {
			return false
		}
	}
	return true
}
