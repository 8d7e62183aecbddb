package main

import (
	"fmt"
	"io/fs"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval/featurecache"
)

// keepEvery is how often features are saved while more of them are made.
const keepEvery = time.Minute

// A featureKeeper keeps features from one search to the next. That it cannot is said once, and is no error.
type featureKeeper struct {
	app   *app
	cache *featurecache.Cache // nil: nothing is kept, or not any more
	saved time.Time
}

// cacheFolder is where features are kept, for the help.
func cacheFolder() string {
	dir, err := featurecache.Folder()
	if err != nil {
		return "there is none here"
	}
	return dir
}

// newFeatureKeeper opens the cache for a set, if its images are files.
func newFeatureKeeper(a *app, c *neighboursCmd, model *weights.Model, source augment.Source) *featureKeeper {
	k := &featureKeeper{app: a, saved: a.now()}
	files := false
	for i := 0; i < source.Len() && !files; i++ {
		files = augment.Path(source, i) != ""
	}
	if !files {
		return k
	}
	network, _ := model.Network(c.CheckpointKey) // which it has, as fit knows
	e := c.embedding(model, nil)
	cache, err := featurecache.Open(featurecache.Key{
		Program: versionText(),
		Network: featurecache.NetworkSum(network.Backbone, model.ViT, model.Mean, model.Std),
		View:    fmt.Sprintf("%s %d, %d blocks", c.view(), c.ImageSize, c.Blocks),
		Dim:     e.Dim(), Paths: c.Data.List(),
	})
	switch {
	case cache == nil:
		a.console.Print("features are not kept: %v", err)
	case err != nil:
		a.console.Print("features of earlier searches are made anew: %v", err)
	}
	k.cache = cache
	return k
}

// known are the features of a file that are kept, nil if there are none, and what to keep new ones under.
func (k *featureKeeper) known(path string, info fs.FileInfo) ([]float32, featurecache.Image) {
	if k.cache == nil {
		return nil, featurecache.Image{}
	}
	im, err := featurecache.Of(path, info)
	if err != nil {
		return nil, featurecache.Image{}
	}
	return k.cache.Get(im), im
}

// keep takes a file's new features, which it saves now and then.
func (k *featureKeeper) keep(im featurecache.Image, features []float32) {
	if k.cache == nil || im == (featurecache.Image{}) {
		return
	}
	k.cache.Add(im, features)
	if now := k.app.now(); now.Sub(k.saved) >= keepEvery {
		k.save()
		k.saved = k.app.now() // a slow disk is not to take all the time
	}
}

func (k *featureKeeper) save() {
	if k.cache == nil {
		return
	}
	if err := k.cache.Save(); err != nil {
		k.app.console.Print("features are not kept: %v", err)
		k.cache = nil
	}
}

// path is where features are kept, or empty.
func (k *featureKeeper) path() string {
	if k.cache == nil {
		return ""
	}
	return k.cache.Path
}

// words say what an end before the end leaves, of so many images.
func (k *featureKeeper) words(of int) string {
	if k.cache == nil || k.cache.Len() == 0 {
		return "no features are kept"
	}
	return fmt.Sprintf("the features of %s of %d are kept in %s, and the next search goes on from there", settings.Count(k.cache.Len(), "image"), of, k.cache.Path)
}
