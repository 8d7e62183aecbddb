package explore

import (
	"fmt"
	"image"
	"image/color"
	"time"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/settings"
	"github.com/dinogpu/dinogpu/dino/weights"
	"github.com/dinogpu/dinogpu/eval"
	"github.com/dinogpu/dinogpu/gpu"
	"github.com/dinogpu/dinogpu/viewer"
)

// Options say what is looked at, and how.
type Options struct {
	Device *gpu.Device
	Target gpu.Target
	Model  *weights.Model
	Role   string   // which of the model's networks
	Images []string // image files, GIF animations, folders, lists, idx files

	ImageSize int     // pixels of the short side; 0: DefaultSize
	Threshold float64 // the share of a head's attention that its mask keeps, above 0 and below 1
	Block     int     // 1 is the first; 0: the last
	Head      int     // 1 is the first; 0: their mean
	Features  bool    // patch features too: cosine similarity needs them
	PCA       bool    // their first three components as colors, one basis for all images

	// Watch follows a run that trains: Pending looks for a newer checkpoint about once a second. Nil: nothing is followed.
	Watch *Watcher

	// Keep writes a page that the user wants to keep and says where it is. Nil: nothing is kept.
	Keep func(*image.RGBA) (path string, err error)
}

// DefaultSize is the short side of images that suits a network: 480 pixels for one that was trained at 224, as the
// reference's visualize_attention, and as much larger than their own size for others.
func DefaultSize(m *weights.Model) int {
	size := m.ViT.ImageSize * 480 / 224
	return max(size-size%m.ViT.Patch, m.ViT.Patch)
}

// mode is what is shown over the large image.
type mode int

const (
	attention mode = iota
	cosine
	principal
)

// An Explorer looks at images through a network. It is a viewer.Scene. Close gives its memory back.
type Explorer struct {
	o        Options
	net      *network
	pictures *pictures
	composer viewer.Composer

	// What the user looks at.
	index     int
	block     int // from 0
	head      int // from 0; -1: the mean
	threshold float64
	colors    *viewer.ColorMap
	opacity   float64
	mode      mode
	token     int  // that attends: 0 is the class token, 1 + k patch k
	pinned    bool // the mouse no longer chooses it
	part      viewer.Region
	help      bool
	done      bool
	told      string // of the last thing that was done, until the next event
	drag      drag
	size      image.Point // of the last page
	scale     float64

	have  view      // what the fields below are of
	due   bool      // a newer checkpoint is there
	asked time.Time // when it was looked for
	seen  map[seenKey]*seen
	held  []seenKey // of seen, the oldest first
	image *augment.Image
	shown *image.RGBA // the same
	from  int         // the picture that image is of
	now   *seen       // what the class token looks at
	maps  [][]float32 // of each head, of the token that attends
	basis *basis
	err   error // why there is nothing to be seen of an image
}

// A view is what of the state needs the network.
type view struct{ index, block, token, model, list int }

// basis is the principal components of all images' patches after a block.
type basis struct {
	block, model, list int
	*eval.Basis
	low, high [3]float64
}

// New checks the options and opens the images; nothing is run yet.
func New(o Options) (*Explorer, error) {
	v := o.Model.ViT
	switch {
	case o.Block < 0 || o.Block > v.Depth:
		return nil, fmt.Errorf("block %d was asked for, and these weights have blocks 1 to %d", o.Block, v.Depth)
	case o.Head < 0 || o.Head > v.Heads:
		return nil, fmt.Errorf("head %d was asked for, and these weights have heads 1 to %d", o.Head, v.Heads)
	case !(o.Threshold > 0 && o.Threshold < 1):
		return nil, fmt.Errorf("a share of %g of the attention cannot be kept: it is above 0 and below 1 (0.6 is usual)", o.Threshold)
	case o.ImageSize != 0 && (o.ImageSize < v.Patch || o.ImageSize > settings.MaxSide):
		return nil, fmt.Errorf("images of `image_size` %d are outside %d, one patch, to %d pixels", o.ImageSize, v.Patch, settings.MaxSide)
	}
	pictures, err := openPictures(o.Images)
	if err != nil {
		return nil, err
	}
	if o.ImageSize == 0 {
		o.ImageSize = DefaultSize(o.Model)
	}
	if o.Block == 0 {
		o.Block = v.Depth
	}
	net, err := newNetwork(o.Device, o.Target, o.Model, o.Role, o.Features || o.PCA)
	if err != nil {
		return nil, err
	}
	e := &Explorer{
		o: o, net: net, pictures: pictures, block: o.Block - 1, head: o.Head - 1, threshold: o.Threshold,
		colors: viewer.Inferno, opacity: 0.6, part: viewer.Whole, seen: map[seenKey]*seen{}, have: view{index: -1}, from: -1,
	}
	return e, nil
}

// Close releases the network.
func (e *Explorer) Close() { e.net.release() }

// Len is the number of images.
func (e *Explorer) Len() int { return e.pictures.n }

// Err tells why there is nothing to be seen of the image that is looked at; nil if there is.
func (e *Explorer) Err() error { return e.err }

// want is what the user looks at, as far as it needs the network.
func (e *Explorer) want() view {
	return view{e.index, e.block, e.token, e.have.model, e.have.list}
}

// mean is the mean of the heads' maps.
func (e *Explorer) mean() []float32 { return eval.MeanMap(e.maps...) }

// cosines are those of every patch's features to the chosen patch's, or to the class token's neighborhood where none is.
func (e *Explorer) cosines() []float32 {
	if e.now == nil || e.token == 0 || len(e.now.features) == 0 {
		return nil
	}
	dim := e.now.dim
	return eval.Cosines(e.now.features, dim, e.now.features[(e.token-1)*dim:][:dim])
}

// principalColors are the patches' first three components as colors, or nil where there is no basis.
func (e *Explorer) principalColors() (colors []color.RGBA, share float64) {
	b := e.basis
	if b == nil || b.Basis == nil || e.now == nil || b.block != e.have.block || len(e.now.features) == 0 {
		return nil, 0
	}
	for _, s := range b.Share {
		share += s
	}
	return viewer.PrincipalColors(b.Scores(e.now.features), b.low, b.high), share
}
