package augment

import (
	"bytes"
	"fmt"

	"github.com/dinogpu/dinogpu/testdata"
)

// The demo's split of the embedded set, in file order.
const (
	demoTrain = 8000
	demoAll   = 10000
)

// Demo gives the embedded Fashion-MNIST images (28 x 28 gray, ten classes):
// the first 8,000 to train on, the last 2,000 to test on.
func Demo() (train, test Source, err error) {
	images, labels := testdata.FashionImages(), testdata.FashionLabels()
	s, err := newIDX(testdata.FashionImagesName, bytes.NewReader(images), int64(len(images)),
		testdata.FashionLabelsName, bytes.NewReader(labels), int64(len(labels)))
	if err != nil {
		return nil, nil, fmt.Errorf("the embedded demo set: %w", err)
	}
	if s.Len() != demoAll {
		return nil, nil, fmt.Errorf("the embedded demo set holds %d images where %d are expected: rebuild the program", s.Len(), demoAll)
	}
	s.classes = testdata.FashionClasses()
	return Slice(s, 0, demoTrain), Slice(s, demoTrain, demoAll), nil
}
