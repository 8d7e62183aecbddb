package main

import "fmt"

// notes are what a command did otherwise than asked, a part of its report.
type notes struct {
	Notes []string `json:"notes,omitempty"`
}

// note says it on the console too.
func (n *notes) note(con *console, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	con.Print("%s", text)
	n.Notes = append(n.Notes, text)
}
