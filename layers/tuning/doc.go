// Package tuning finds the matmul variants that suit a device by measuring them, once per adapter, driver and version of
// the program, and keeps them in the user's cache folder. Begin with [Tuner].
package tuning
