package results

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strconv"
	"unicode"
)

// A Kind is how an evaluation is shown beside others.
type Kind struct {
	Evaluation string   // as in Record
	Title      string   // for people
	Main       []string // patterns (path.Match) of the values that a table shows, in its order
	Read       string   // how to read them, in a sentence or two
}

// Kinds are the evaluations in the order of tables.
var Kinds = []Kind{
	{
		KNN, "k-NN",
		[]string{"top1_*nn"},
		"The share of images whose class the nearest labeled images name: 10 or 20 that vote are usually best. It needs no training, so it tells of the features alone.",
	},
	{
		KNNLowShot, "k-NN, low-shot",
		[]string{"top1_*nn"},
		"The same with few labeled images of each class, the mean of some draws. The fewer, the more it says of the features and the less of how many images vote.",
	},
	{
		Linear, "Linear",
		[]string{"top1", "top5"},
		"The share of images that a linear classifier on the frozen features gets right. In DINO it is a few points above k-NN; far above, and the features hold classes that lie not close together.",
	},
	{
		Retrieval, "Retrieval",
		[]string{"easy_map", "medium_map", "hard_map", "medium_mp10", "hard_mp10"},
		"Mean average precision of finding other photographs of the same place; hard ones are small, hidden, or seen from elsewhere.",
	},
	{
		CopyDetection, "Copy detection",
		[]string{"map_strong", "map_*"},
		"Mean average precision of finding the original of a changed copy. Strong copies are printed, scanned, blurred or painted over; light ones are found by any network.",
	},
	{
		Video, "Video objects",
		[]string{"j_and_f_mean", "j_mean", "j_recall", "j_decay", "f_mean", "f_recall", "f_decay"},
		"Objects of a video's first frame are followed by patches that look alike: J is how well their masks overlap, F how well their outlines agree. Decay, what is lost from the first frames to the last, is better low.",
	},
	{
		Jaccard, "Objects in the attention",
		[]string{"jaccard"},
		"How well the best head's attention covers an object. An untrained network has far more than nothing here, so look at the distance from it.",
	},
}

// KindOf is how an evaluation is shown. One that Kinds lacks is shown with all its values.
func KindOf(evaluation string) Kind {
	for _, k := range Kinds {
		if k.Evaluation == evaluation {
			return k
		}
	}
	return Kind{Evaluation: evaluation, Title: evaluation, Main: []string{"*"}}
}

// order is the evaluation's place in tables.
func order(evaluation string) int {
	at := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Evaluation == evaluation })
	if at < 0 {
		return len(Kinds)
	}
	return at
}

// mainKeys are those of the keys that a table shows, each once, in its order; numbers within keys are ordered as numbers.
// Where it shows none of them, they are all.
func (k Kind) mainKeys(keys []string) []string {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, byNumbers)
	keys = slices.Compact(keys)
	var shown []string
	for _, pattern := range k.Main {
		for _, key := range keys {
			if matches(pattern, key) && !slices.Contains(shown, key) {
				shown = append(shown, key)
			}
		}
	}
	if len(shown) == 0 {
		return keys
	}
	return shown
}

// Headline is the key of the value that tells most of some records: the first that a table shows which was published too,
// or else the first.
func (k Kind) Headline(records []Record) string {
	var keys []string
	for _, r := range records {
		keys = slices.AppendSeq(keys, maps.Keys(r.Values))
	}
	keys = k.mainKeys(keys)
	for _, key := range keys {
		for _, p := range Paper {
			if _, ok := p.Values[key]; ok && p.Evaluation == k.Evaluation {
				return key
			}
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return keys[0]
}

func matches(pattern, key string) bool {
	ok, err := path.Match(pattern, key)
	return err == nil && ok
}

// byNumbers compares words with numbers in them: top1_5nn comes before top1_20nn.
func byNumbers(a, b string) int {
	for a != "" && b != "" {
		n, m := digits(a), digits(b)
		if n > 0 && m > 0 {
			x, errX := strconv.Atoi(a[:n])
			y, errY := strconv.Atoi(b[:m])
			if errX == nil && errY == nil && x != y {
				return cmp.Compare(x, y)
			}
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits is how many of them a word begins with.
func digits(word string) (n int) {
	for n < len(word) && unicode.IsDigit(rune(word[n])) {
		n++
	}
	return n
}
