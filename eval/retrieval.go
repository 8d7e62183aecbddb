package eval

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// A Ranker is how a network ranks the images of a [Retrieval] for each query, as the reference's eval_image_retrieval does
// it: images become thumbnails by their long side, whole, and their class tokens are compared by cosine.
type Ranker struct {
	Backbone   dino.BackboneConfig // which network: ViT, Mean and Std
	Size       int                 // the most pixels that a side of a thumbnail has
	MultiScale bool                // features are the mean of those at 1, 1/sqrt(2) and 1/2 of the thumbnail

	LeftOut func(name string, err error) // told of each image that cannot be read; may be nil
	Done    func(n int)                  // told the number of images gone through, database first; may be nil
}

// A RetrievalResult is how well a network ranks.
type RetrievalResult struct {
	Mean [3]RankScore // of RetrievalLevels, from 0 to 1; NaN where no query counts
	Used [3]int       // the queries that it is the mean of: those with anything right at this level

	Queries         []QueryScore // of each query; NaN where nothing is right, or the query was left out
	LeftOut         []int        // the queries whose images cannot be read
	DatabaseLeftOut int          // images of the database that cannot be read: nothing can find them
}

// Rank measures a network. An image of the database that cannot be read is taken out of it and of all that it is right or
// junk for; a query that cannot be read counts nowhere. Where nothing is left to find, that is an error.
func (r *Retrieval) Rank(ctx context.Context, d *gpu.Device, n Ranker, weights *layers.Arena) (RetrievalResult, error) {
	database, there, err := n.features(ctx, d, r.Database, 0, weights)
	if err != nil {
		return RetrievalResult{}, fmt.Errorf("the database: %w", err)
	}
	queries, asked, err := n.features(ctx, d, r.Queries, r.Database.Len(), weights)
	if err != nil {
		return RetrievalResult{}, fmt.Errorf("the queries: %w", err)
	}
	result := RetrievalResult{Queries: make([]QueryScore, r.Queries.Len()), DatabaseLeftOut: r.Database.Len() - len(there)}
	for q := range result.Queries {
		result.Queries[q] = QueryScore{noScore, noScore, noScore}
	}
	relevant := r.among(there)
	err = database.cosines(ctx, d, queries, func(q int, cosines []float32) {
		result.Queries[asked[q]] = scoreQuery(ranking(cosines), relevant[asked[q]])
	})
	if err != nil {
		return RetrievalResult{}, err
	}
	result.LeftOut = absent(asked, r.Queries.Len())
	result.Mean, result.Used = meanScores(result.Queries)
	if math.IsNaN(result.Mean[1].AP) {
		return RetrievalResult{}, errors.New("no query that can be read has anything to find that can be read")
	}
	return result, nil
}

// among are the relevant images by their places in a database of which only some images are there.
func (r *Retrieval) among(there []int) []Relevance {
	place := make(map[int]int, len(there))
	for at, i := range there {
		place[i] = at
	}
	keep := func(list []int) (kept []int) {
		for _, i := range list {
			if at, ok := place[i]; ok {
				kept = append(kept, at)
			}
		}
		return kept
	}
	all := make([]Relevance, len(r.Relevant))
	for q, x := range r.Relevant {
		all[q] = Relevance{keep(x.Easy), keep(x.Hard), keep(x.Junk)}
	}
	return all
}

// absent are the numbers below n that a rising list lacks.
func absent(there []int, n int) []int {
	var lacking []int
	for i, at := 0, 0; i < n; i++ {
		if at < len(there) && there[at] == i {
			at++
			continue
		}
		lacking = append(lacking, i)
	}
	return lacking
}

// features gives those of a source's images that can be read, and which images these are. before is how many images were
// gone through before.
func (n Ranker) features(ctx context.Context, d *gpu.Device, images augment.Source, before int, weights *layers.Arena) (*Gallery, []int, error) {
	c := n.Backbone
	e := Embedding{Source: thumbnails{images, n.Size}, ViT: c.ViT, Mean: c.Mean, Std: c.Std, Size: n.Size, AsIs: true}
	times := 1
	if n.MultiScale {
		e.scales, times = multiScales, len(multiScales)
		e.Source = repeated{e.Source, times}
	}
	values := make([]float32, 0, images.Len()*c.ViT.Dim)
	var there []int
	var some [][]float32 // of one image
	_, err := e.Run(ctx, d, weights, func(row Embedded) error {
		i, scale := row.Index/times, row.Index%times
		if scale == 0 {
			some = some[:0]
		}
		if row.Err == nil {
			some = append(some, row.Features)
		} else if n.LeftOut != nil {
			n.LeftOut(images.Name(i), row.Err)
		}
		if scale < times-1 {
			return nil
		}
		if len(some) == times {
			there = append(there, i)
			values = append(values, atOnce(some)...)
		}
		if n.Done != nil {
			n.Done(before + i + 1)
		}
		return nil
	})
	if none := (*NoFeaturesError)(nil); errors.As(err, &none) {
		return nil, nil, &NoFeaturesError{images.Len(), none.First}
	}
	if err != nil {
		return nil, nil, err
	}
	if len(there) == 0 {
		return nil, nil, errors.New("no image has features at all scales: raise `image_size`")
	}
	g, err := NewGallery(values, c.ViT.Dim)
	return g, there, err
}

// thumbnails has a source's images no larger than most x most pixels.
type thumbnails struct {
	augment.Source
	most int
}

func (t thumbnails) Decode(i int) (*augment.Image, error) {
	im, err := t.Source.Decode(i)
	if err != nil {
		return nil, err
	}
	return augment.Thumbnail(im, t.most), nil
}
