package layers

// A Mode says what a network's layers of statistics do.
type Mode int

// Training takes batch norm's statistics from the batch and moves its running ones; Evaluating takes the running ones
// and leaves them. A layer without statistics does the same in both.
const (
	Training Mode = iota
	Evaluating
)
