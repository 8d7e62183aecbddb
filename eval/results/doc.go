// Package results keeps what evaluations measured: a line of JSON each in a run's folder, which the report and eval table
// read, and the paper's numbers to stand beside them.
package results
