// Package eval judges features by what can be told from them, one evaluation per file.
//
// Begin with [OpenQuestion] or [OpenLeaveOneOut], which open labeled images, and [Vote], which asks several networks about
// them by k-NN; [KNN] and [LeaveOneOut] do the same for [Features] that are there already. [Demo] is the question of the
// demo's table.
package eval
