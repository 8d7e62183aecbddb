package eval

import (
	"context"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/layers"
)

// Others are images and, for the first of them, which others are nearest by each of several networks.
type Others struct {
	Images []int          // their numbers in the source
	Near   [][][]Neighbor // of each network and query, nearest first: indices into Images
}

// FindOthers embeds images by networks of one size and finds the k nearest others of the first so many queries. Images that
// cannot be read are left out, and so are those behind the one at which r says that it is enough. c says how the networks
// run.
func FindOthers(ctx context.Context, d *gpu.Device, target gpu.Target, c dino.BackboneConfig, m Images, r Reading, queries, k int, networks ...*layers.Arena) (*Others, error) {
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
	o := &Others{Images: features[0].Labels}
	var which []int
	for i := range min(queries, len(o.Images)) {
		which = append(which, i)
	}
	for _, f := range features {
		g, err := NewGallery(f.Values, f.Dim)
		if err != nil {
			return nil, err
		}
		near, err := g.others(ctx, d, which, k)
		if err != nil {
			return nil, err
		}
		o.Near = append(o.Near, near)
	}
	return o, nil
}

// others are the k nearest by cosine of each of some rows, nearest first, itself left out; fewer than k where there are
// fewer rows.
func (g *Gallery) others(ctx context.Context, d *gpu.Device, which []int, k int) ([][]Neighbor, error) {
	near, err := g.Nearest(ctx, d, g.Rows(which), k+1, nil)
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
