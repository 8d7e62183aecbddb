package augment

// Path is the path of the file that image i of src is, from the working folder or absolute; empty for images that share
// a file, as those of an idx file do.
func Path(src Source, i int) string {
	switch s := src.(type) {
	case *folder:
		return s.full(i)
	case *list:
		return s.full(s.paths[i])
	case files:
		return s.full(s.paths[i])
	case *joined:
		part, number := s.at(i)
		return Path(s.parts[part], number)
	case part:
		return Path(s.Source, s.at(i))
	case picked:
		return Path(s.Source, s.which[i])
	case ranged:
		return Path(s.Source, i)
	}
	return ""
}
