package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/dinogpu/dinogpu/augment"
	"github.com/dinogpu/dinogpu/dino/disk"
)

// duplicates finds the groups of near-duplicates in the set.
func (s *search) duplicates(threshold float64) error {
	gallery, err := s.gallery()
	if err != nil {
		return err
	}
	groups, err := gallery.Duplicates(s.ctx, s.device, threshold, s.counted("compared"))
	if err != nil {
		return err
	}
	r := &duplicatesReport{Threshold: threshold, Groups: []groupReport{}}
	s.report.Duplicates = r
	for _, g := range groups {
		group := groupReport{Size: len(g.Members), LeastCosine: g.Least}
		var images []int
		for _, row := range g.Members {
			images = append(images, s.set.rows[row])
		}
		same, err := sameBytes(s.ctx, s.set, images)
		if err != nil {
			return err
		}
		for n, i := range images {
			m := memberReport{Image: imageName(s.set.source, i), Class: className(s.set.source, i)}
			if same[n] != n {
				m.SameBytesAs = imageName(s.set.source, images[same[n]])
			}
			group.Members = append(group.Members, m)
		}
		r.Groups = append(r.Groups, group)
		r.Images += len(images)
		s.sheet.addGroup(s.set, images, same)
	}
	s.sheet.title = fmt.Sprintf("Each row: images that hang together by pairs with a cosine of %g or more", threshold)
	return nil
}

// sameBytes gives for each of some images the first of them that has the same bytes, itself at least. Images that are no
// files are compared by their pixels.
func sameBytes(ctx context.Context, set *featureSet, images []int) ([]int, error) {
	sizes := map[int64]int{}
	for _, i := range images {
		if info := set.infos[i]; info != nil {
			sizes[info.Size()]++
		}
	}
	first := map[[sha256.Size]byte]int{}
	same := make([]int, len(images))
	for n, i := range images {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		same[n] = n
		if info := set.infos[i]; info != nil && sizes[info.Size()] == 1 {
			continue
		}
		sum, err := bytesOf(set.source, i)
		if err != nil {
			continue // gone meanwhile: nothing is known of it
		}
		if of, there := first[sum]; there {
			same[n] = of
		} else {
			first[sum] = n
		}
	}
	return same, nil
}

// bytesOf is the SHA-256 of an image's file, or of its pixels.
func bytesOf(source augment.Source, i int) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	if path := augment.Path(source, i); path != "" {
		f, _, err := disk.OpenRegular(path)
		if err != nil {
			return sum, err
		}
		defer f.Close()
		if _, err := io.Copy(h, f); err != nil {
			return sum, err
		}
		return [sha256.Size]byte(h.Sum(nil)), nil
	}
	im, err := source.Decode(i)
	if err != nil {
		return sum, err
	}
	_, _ = fmt.Fprintf(h, "%d x %d\n", im.W, im.H) // a hash takes everything
	_, _ = h.Write(im.Pix)
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// outliers finds the images of the set that are least like any other.
func (s *search) outliers(top int) error {
	gallery, err := s.gallery()
	if err != nil {
		return err
	}
	all, err := gallery.Outliers(s.ctx, s.device, outlierNeighbors, s.counted("compared"))
	if err != nil {
		return err
	}
	all = all[:min(top, len(all))]
	r := &outliersReport{Top: top, Used: len(all), Of: outlierNeighbors, OfUsed: len(all[0].Nearest)}
	s.report.Outliers = r
	for k, o := range all {
		i := s.set.rows[o.Index]
		r.Images = append(r.Images, outlierReport{
			Rank: k + 1, MeanCosine: o.Mean, Image: imageName(s.set.source, i), Class: className(s.set.source, i), Nearest: s.neighbors(o.Nearest[:1])[0],
		})
		s.sheet.add(s.set.source, i, className(s.set.source, i), fmt.Sprintf("%.3f %s", o.Mean, shortName(r.Images[k].Image)), s.set, o.Nearest)
	}
	s.sheet.title = fmt.Sprintf("Each row: an image that is little like any other, then the %d nearest to it, with their cosines", r.OfUsed)
	return nil
}
