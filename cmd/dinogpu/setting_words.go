package main

import (
	"regexp"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// settingName is how the packages below this one name a setting in a sentence: `batch_size`.
var settingName = regexp.MustCompile("`([a-z][a-z0-9_]*)`")

// asFlags names settings by their flags: --batch-size.
func asFlags(sentence string) string {
	return settingName.ReplaceAllStringFunc(sentence, func(quoted string) string {
		key := strings.Trim(quoted, "`")
		if _, ok := (settings.Settings{}).Get(key); !ok && key != "run_dir" && key != "resume" && key != "config" {
			return quoted
		}
		return "--" + strings.ReplaceAll(key, "_", "-")
	})
}
