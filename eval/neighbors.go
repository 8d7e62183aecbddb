package eval

import (
	"context"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Gallery are images and, for the first of them, which others are nearest by each of several networks.
type Gallery struct {
	Images []int          // their numbers in the source
	Near   [][][]Neighbor // of each network and query: indices into Images
}

// NewGallery embeds images by networks of one size and finds the k nearest others of the first so many queries. Images that
// cannot be read are left out, and so are those behind the one at which r says that it is enough. c says how the networks
// run.
func NewGallery(ctx context.Context, d *gpu.Device, target gpu.Target, c dino.BackboneConfig, m Images, r Reading, queries, k int, networks ...*layers.Arena) (*Gallery, error) {
	c.Batch = evenBatch(c, len(m.Which))
	r.Batch, r.LeftOut = c.Batch, func(string, error) {}
	m.Labels = m.Which // so that features tell whose they are
	backbones, err := newBackbones(d, target, c, networks...)
	if err != nil {
		return nil, err
	}
	defer backbones.release()
	features, err := m.Embed(ctx, r, backbones.embedders()...)
	if err != nil {
		return nil, err
	}
	g := &Gallery{Images: features[0].Labels}
	var which []int
	for i := range min(queries, len(g.Images)) {
		which = append(which, i)
	}
	for _, f := range features {
		near, err := Others(ctx, d, f, which, k)
		if err != nil {
			return nil, err
		}
		g.Near = append(g.Near, near)
	}
	return g, nil
}

// Others are the k nearest by cosine of each of the features in which, nearest first, itself left out; fewer than k where
// there are fewer features.
func Others(ctx context.Context, d *gpu.Device, f Features, which []int, k int) ([][]Neighbor, error) {
	queries := Features{Dim: f.Dim}
	for _, i := range which {
		queries.Values = append(queries.Values, f.Values[i*f.Dim:][:f.Dim]...)
		queries.Labels = append(queries.Labels, 0)
	}
	bank := Features{Values: f.Values, Dim: f.Dim, Labels: make([]int, f.Len()), Names: f.Names}
	_, near, err := KNN(ctx, d, bank, queries, []int{k + 1}, Temperature, 1)
	if err != nil {
		return nil, err
	}
	out := make([][]Neighbor, len(which))
	for q, all := range near {
		for _, n := range all {
			if n.Index != which[q] && len(out[q]) < k {
				out[q] = append(out[q], n)
			}
		}
	}
	return out, nil
}
