// Package report makes one page of what runs left in their folders: curves, images, settings and what they mean in words.
// The page loads nothing, so that it can be mailed and read anywhere. Package live serves it while runs train.
//
// Only what a folder holds is read, and nothing there is changed.
package report
