package gpu

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// card tells cards apart by their vendor's and device's numbers; both are 0 where the backend does not tell them, as Metal.
type card struct{ vendor, device uint32 }

// order sorts adapters, the best first, and numbers them. A discrete GPU comes before an integrated one, that before an
// unknown one, and software last. Of the adapters of one card, Vulkan's comes first, whatever kind each backend takes the card
// for. Otherwise the order stays.
func order(all []Adapter) {
	type key struct {
		card
		name string
	}
	keyOf := func(a Adapter) key { return key{a.card, a.cardName()} }
	kindOf := func(a Adapter) int {
		return slices.Index([]string{"discrete", "integrated", "unknown", "software"}, a.Kind)
	}
	place, kind := map[key]int{}, map[key]int{} // of a card: where it first stands, and its best kind
	for i, a := range all {
		k := keyOf(a)
		if _, ok := place[k]; !ok {
			place[k], kind[k] = i, kindOf(a)
		}
		kind[k] = min(kind[k], kindOf(a))
	}
	backends := []string{"vulkan", "metal", "d3d12"}
	slices.SortStableFunc(all, func(a, b Adapter) int {
		return cmp.Or(
			cmp.Compare(kind[keyOf(a)], kind[keyOf(b)]),
			cmp.Compare(place[keyOf(a)], place[keyOf(b)]),
			cmp.Compare(slices.Index(backends, a.Backend), slices.Index(backends, b.Backend)),
		)
	})
	for i := range all {
		all[i].Index = i
	}
}

// cardName tells cards without numbers apart.
func (a Adapter) cardName() string {
	if a.card != (card{}) {
		return ""
	}
	return a.Name
}

// Find describes the adapter that Open would open.
func Find(name string) (Adapter, error) { return choose(Adapters(), name) }

// choose picks the adapter that the user named, by its index or by a part of its name, or else the best that can be used.
func choose(all []Adapter, name string) (Adapter, error) {
	if len(all) == 0 {
		return Adapter{}, ErrNoAdapter
	}
	a := all[0]
	switch name = strings.TrimSpace(name); {
	case name == "":
		if i := slices.IndexFunc(all, func(a Adapter) bool { return a.Missing == "" }); i >= 0 {
			a = all[i]
		}
	case strings.Trim(name, "0123456789") == "":
		i, err := strconv.Atoi(name)
		if err != nil || i >= len(all) {
			return Adapter{}, fmt.Errorf("there is no adapter %s: a number is an adapter's place in the list. The adapters are %s", name, listed(all))
		}
		a = all[i]
	default:
		found := named(all, name)
		switch {
		case len(found) == 0:
			return Adapter{}, fmt.Errorf("no adapter is called %q: take a part of a name, or a number, of these: %s", name, listed(all))
		case len(found) > 1 && !oneCard(found):
			return Adapter{}, fmt.Errorf("%q is a part of more than one adapter's name: take a longer part, or a number, of these: %s", name, listed(found))
		}
		a = found[0]
		for _, other := range found {
			if a.Missing != "" && other.Missing == "" {
				a = other
			}
		}
	}
	if a.Missing != "" {
		return a, fmt.Errorf("adapter %d, %s (%s), cannot be used: %s", a.Index, a.Name, a.Backend, a.Missing)
	}
	return a, nil
}

// named are the adapters with that name, or else those with it as a part of their name, whatever its capitals. The backend in
// parentheses may stand behind the name, as listed has it.
func named(all []Adapter, name string) (found []Adapter) {
	name = strings.ToLower(name)
	for _, fits := range []func(full string) bool{
		func(full string) bool { return full == name },
		func(full string) bool { return strings.Contains(full, name) },
	} {
		for _, a := range all {
			if fits(strings.ToLower(a.Name)) || fits(strings.ToLower(a.Name+" ("+a.Backend+")")) {
				found = append(found, a)
			}
		}
		if len(found) > 0 {
			break
		}
	}
	return found
}

// oneCard tells whether these adapters are one card, each by another backend.
func oneCard(all []Adapter) bool {
	for i, a := range all {
		for _, b := range all[:i] {
			if a.card != b.card || a.cardName() != b.cardName() || a.Backend == b.Backend {
				return false
			}
		}
	}
	return true
}

// listed names adapters for a message: "0: Arc A770 (vulkan), 1: llvmpipe (vulkan)".
func listed(all []Adapter) string {
	var names []string
	for _, a := range all {
		names = append(names, fmt.Sprintf("%d: %s (%s)", a.Index, a.Name, a.Backend))
	}
	return strings.Join(names, ", ")
}
