package eval

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dinogpu/dinogpu/dino/disk"
	"github.com/dinogpu/dinogpu/dino/settings"
)

// How the copies of a block know their originals.
const (
	ByName    = "name"          // the original's, or the original's and more behind a sign: cat.png, cat_2.png
	ByLetters = "first letters" // equal first four letters, in the block strong, as the reference has it
	ByOrder   = "order"         // as many copies as originals, each in its place, as the reference has it
)

// lettersOf are what strong copies share with their originals.
func lettersOf(name string) string {
	runes := []rune(name)
	return string(runes[:min(4, len(runes))])
}

// matchCopies finds the original of each copy, -1 for none, by the way that finds most; by order only where no name fits.
// Names have no endings. block is a block's name.
func matchCopies(block string, originals, copies []string) (of []int, by string, err error) {
	named := make(map[string]int, len(originals))
	letters := make(map[string]int, len(originals)) // -1: of several
	for i, name := range originals {
		named[name] = i
		key := lettersOf(name)
		if _, twice := letters[key]; twice {
			i = -1
		}
		letters[key] = i
	}
	of, found := match(copies, func(name string) int { return originalOf(named, name) })
	by = ByName
	if block == "strong" && found < len(copies) {
		other, n := match(copies, func(name string) int {
			if i, ok := letters[lettersOf(name)]; ok {
				return i
			}
			return -1
		})
		if n > found {
			of, found, by = other, n, ByLetters
		}
	}
	switch {
	case found > 0:
		return of, by, nil
	case len(copies) == len(originals):
		of, _ = match(copies, func(string) int { return 0 })
		for i := range of {
			of[i] = i
		}
		return of, ByOrder, nil
	}
	return nil, "", fmt.Errorf("none of the %s in %s has the name of one of the %s, or that name and more behind it: name them alike", settings.Count(len(copies), "image"), disk.Quote(block), settings.Count(len(originals), "original"))
}

// match finds the original of each copy, and how many have one.
func match(copies []string, original func(name string) int) (of []int, found int) {
	for _, name := range copies {
		i := original(name)
		if i >= 0 {
			found++
		}
		of = append(of, i)
	}
	return of, found
}

// originalOf is the original with a copy's name, or with the longest begin of it that ends before a sign.
func originalOf(named map[string]int, name string) int {
	if i, ok := named[name]; ok {
		return i
	}
	for end := len(name); end > 0; {
		r, size := utf8.DecodeLastRuneInString(name[:end])
		end -= size
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			continue
		}
		if i, ok := named[name[:end]]; ok {
			return i
		}
	}
	return -1
}

// commonNames finds two images of one name, apart from their endings.
func commonNames(names []string) error {
	seen := map[string]bool{}
	for _, name := range names {
		key := strings.ToLower(name)
		if seen[key] {
			return fmt.Errorf("has two originals called %s: copies could not tell them apart", disk.Quote(name))
		}
		seen[key] = true
	}
	return nil
}
