// Package window shows a [viewer.Scene] in a window of the desktop, pixel for pixel. It needs the headers of the window
// system, so it is built only with the tag "window" (make viewer does that); without it the package is empty.
package window
