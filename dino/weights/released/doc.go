// Package released knows the networks that the authors of DINO published, and fetches their files into the user's cache
// folder.
//
// [Catalog] lists them, [Pull] fetches one, and [Path] is where it lies after that. What comes over the network has its
// name only once it was read as the network that it is to be; the servers publish no checksums. The package fetches by
// itself, with net/http: libraries that resume a download do not ask whether the file is still the one that they began.
package released
