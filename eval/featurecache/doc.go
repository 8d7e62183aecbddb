// Package featurecache keeps images' features from one command to the next, in files of the user's cache folder. A file
// holds those of one set of images, by one network, seen in one way ([Key]); each row belongs to a file as it was
// ([Image]). What is damaged, or belongs to something else, is made anew: a cache is never a reason to fail.
package featurecache
