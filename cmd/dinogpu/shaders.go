package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dinogpu/dinogpu/dino"
	"github.com/dinogpu/dinogpu/gpu"
)

type shadersCmd struct {
	Out    string `required:"" group:"run" placeholder:"DIR" help:"Folder for the .wgsl files; made if it is not there."`
	Preset string `default:"demo" group:"run" placeholder:"NAME" help:"Whose kernels (demo)."`
}

// Help is what --help says before the flags.
func (shadersCmd) Help() string {
	return "Writes every kernel that training the preset runs, for GPUs and for software adapters, as a complete WGSL file. Needs no GPU and no driver."
}

// Run writes the kernels.
func (c *shadersCmd) Run(a *app) error {
	s, err := dino.PresetSettings(c.Preset)
	if err != nil {
		return usageError{err}
	}
	files := map[string]string{}
	for _, target := range []gpu.Target{gpu.GPUTarget, gpu.SoftwareTarget} {
		t, err := recordWhatFits(&s, target, a.console)
		if err != nil {
			return err
		}
		for _, p := range t.Programs() {
			for _, k := range p.Kernels() {
				files[shaderFile(k)] = k.Source
			}
		}
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return fmt.Errorf("%w; choose another folder with --out", err)
	}
	for name, source := range files {
		if err := os.WriteFile(filepath.Join(c.Out, name), []byte(source), 0o644); err != nil {
			return fmt.Errorf("%w; choose another folder with --out", err)
		}
	}
	fmt.Fprintf(a.stdout, "%d kernels of preset %s in %s\n", len(files), c.Preset, c.Out)
	return nil
}

// recordWhatFits records the settings' training. Where a tensor passes what one binding holds by default, it halves
// the batch, here and in the settings, and says so.
func recordWhatFits(s *dino.Settings, target gpu.Target, con *console) (*dino.Trainer, error) {
	asked := s.Config.BatchSize
	for {
		// how many steps make an epoch is in no kernel
		t, err := dino.Record(s.Config, target, 1, dino.Options{Crops: s.Run.Crops})
		if err == nil || s.Config.BatchSize == 1 {
			if s.Config.BatchSize < asked && err == nil {
				con.Print("batch %d instead of %d, which does not fit the default limits", s.Config.BatchSize, asked)
			}
			return t, err
		}
		s.Config.BatchSize /= 2
	}
}

// shaderFile tells a kernel's specialisations apart by their text, and is the same from one build to the next.
func shaderFile(k gpu.Kernel) string {
	hash := sha256.Sum256([]byte(k.Source))
	return fmt.Sprintf("%s-%x.wgsl", k.Name, hash[:4])
}
