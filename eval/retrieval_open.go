package eval

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// A Retrieval is a database of images, queries, and what each is to find, as the revisited Oxford and Paris sets
// (arXiv 1803.11285) are released.
type Retrieval struct {
	Images string // the folder of the images
	Truth  string // the ground truth's file

	Database, Queries         augment.Source
	DatabaseNames, QueryNames []string    // as the ground truth has them
	Relevant                  []Relevance // of each query
}

// A Relevance says which images of the database show what a query does: clearly, barely, and so little that they are
// neither right nor wrong. All others are wrong.
type Relevance struct{ Easy, Hard, Junk []int }

// OpenRetrieval opens a folder with images in jpg/, in images/ or by themselves, and a ground truth: gnd, or where that is
// empty the one file in the folder whose name begins with gnd. It is the pickle that is released, or JSON of the same
// shape: {"imlist": [names], "qimlist": [names], "gnd": [{"easy": [numbers in imlist], "hard": [...], "junk": [...]}]}.
// Names may lack their endings. No image is read. A folder without a ground truth is ErrOtherLayout.
func OpenRetrieval(dir, gnd string) (*Retrieval, error) {
	if gnd == "" {
		var err error
		if gnd, err = findTruth(dir); err != nil {
			return nil, err
		}
	}
	t, err := readTruth(gnd)
	if err != nil {
		return nil, err
	}
	folder, err := retrievalImages(dir)
	if err != nil {
		return nil, err
	}
	all, err := augment.OpenFolder(folder)
	if err != nil {
		return nil, err
	}
	r := &Retrieval{Images: folder, Truth: gnd, DatabaseNames: t.database, QueryNames: t.queries, Relevant: t.relevant}
	named := byName(all)
	if r.Database, err = named.pick(t.database, gnd, folder); err == nil {
		r.Queries, err = named.pick(t.queries, gnd, folder)
	}
	return r, err
}

// findTruth looks for the ground truth of a folder.
func findTruth(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", disk.CannotRead(dir, err)
	}
	var found []string
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if strings.HasPrefix(name, "gnd") && !e.IsDir() && slices.Contains([]string{".pkl", ".pickle", ".json"}, filepath.Ext(name)) {
			found = append(found, e.Name())
		}
	}
	switch len(found) {
	case 0:
		return "", otherLayoutf("%s has no ground truth for retrieval, gnd*.pkl or gnd*.json: put it there or name it by `gnd`", disk.Quote(dir))
	case 1:
		return filepath.Join(dir, found[0]), nil
	}
	return "", fmt.Errorf("%s has %d ground truths, %s and %s among them: name one by `gnd`", disk.Quote(dir), len(found), disk.Quote(found[0]), disk.Quote(found[1]))
}

// retrievalImages is where a folder's images lie.
func retrievalImages(dir string) (string, error) {
	for _, sub := range []string{"jpg", "images"} {
		path := filepath.Join(dir, sub)
		if isFolder(path) {
			return path, nil
		}
	}
	if !isFolder(dir) {
		return "", fmt.Errorf("%s is no folder: give one with images in jpg/ or images/, and a ground truth", disk.Quote(dir))
	}
	return dir, nil
}

// A namedImages finds the images of a source by their names, with and without the ending.
type namedImages struct {
	source augment.Source
	which  map[string][]int
}

func byName(s augment.Source) namedImages {
	n := namedImages{s, map[string][]int{}}
	for i := range s.Len() {
		name := filepath.ToSlash(s.Name(i))
		n.which[name] = append(n.which[name], i)
		n.which[stem(name)] = append(n.which[stem(name)], i)
	}
	return n
}

// stem is a name without its ending.
func stem(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

// pick gives the images of these names, which file has.
func (n namedImages) pick(names []string, file, folder string) (augment.Source, error) {
	var which []int
	var absent []string
	for _, name := range names {
		switch found := n.which[filepath.ToSlash(name)]; len(found) {
		case 0:
			absent = append(absent, name)
		case 1:
			which = append(which, found[0])
		default:
			return nil, fmt.Errorf("%s names an image %s, and %s has %s and %s: give its ending too",
				disk.Quote(file), disk.Quote(name), disk.Quote(folder), disk.Quote(n.source.Name(found[0])), disk.Quote(n.source.Name(found[1])))
		}
	}
	switch k := len(absent); {
	case k == 1:
		return nil, fmt.Errorf("%s names an image %s, which is not in %s: put it there, or take it out of the ground truth", disk.Quote(file), disk.Quote(absent[0]), disk.Quote(folder))
	case k > 1:
		return nil, fmt.Errorf("%s names %s that are not in %s, the first is %s: put them there, or take them out of the ground truth", disk.Quote(file), settings.Count(k, "image"), disk.Quote(folder), disk.Quote(absent[0]))
	}
	return augment.Pick(n.source, which), nil
}

// check finds lists that do not go together; database is how many images there are.
func (r Relevance) check(database int) error {
	seen := map[int]bool{}
	for _, list := range [][]int{r.Easy, r.Hard, r.Junk} {
		for _, i := range list {
			switch {
			case i < 0 || i >= database:
				return fmt.Errorf("lists image %d, and the database's are 0 to %d", i, database-1)
			case seen[i]:
				return fmt.Errorf("lists image %d twice", i)
			}
			seen[i] = true
		}
	}
	return nil
}

var errNothingToFind = errors.New("has no query with an easy or hard image: there is nothing to find")
