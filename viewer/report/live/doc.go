// Package live serves the page of package report while runs train: it looks at their files each second and sends the
// parts of the page that became others to every browser that shows them, as server-sent events.
//
// A request names runs, never files: only runs that were found are served. Requests under a name that is not this
// machine's are refused, as another site's page may have its name lead here.
package live
