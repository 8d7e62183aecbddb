package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// settingName is how the packages below this one name a setting in a sentence: `batch_size`.
var settingName = regexp.MustCompile("`([a-z][a-z0-9_]*)`")

// otherKeys are flags beside the settings that sentences name in the same way.
var otherKeys = []string{"run_dir", "resume", "config", "partial", "checkpoint_key", "image_size", "gnd", "whitening", "distractors", "n_last_blocks", "avgpool_patchtokens", "topk", "n_last_frames", "size_mask_neighborhood"}

// asFlags names settings by their flags: --batch-size.
func asFlags(sentence string) string {
	return settingName.ReplaceAllStringFunc(sentence, func(quoted string) string {
		key := strings.Trim(quoted, "`")
		if _, ok := (settings.Settings{}).Get(key); !ok && !slices.Contains(otherKeys, key) {
			return quoted
		}
		return "--" + strings.ReplaceAll(key, "_", "-")
	})
}
