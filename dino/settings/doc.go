// Package settings holds every number that a user can choose, once. [Config] changes what is learned, [Run] does not;
// [Settings] is both with the name of the recipe. The command line, the environment, config.yaml and a checkpoint's
// header are views of it: a field's tags give its name, default and help.
//
// Begin with [FromPreset] or [Default]; [Sources] lays flags, environment and files over each other; Validate says what
// cannot work. [Advise] and the preset auto look at how many images there are.
package settings
