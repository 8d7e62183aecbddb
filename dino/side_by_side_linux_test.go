package dino

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// A device that really has too little memory for all crops side by side trains with fewer.
func TestFewerCropsWhereMemoryEnds(t *testing.T) {
	d := openDevice(t)
	if !d.Adapter.Software {
		t.Fatal("only a software driver's memory is this process's own")
	}
	c := tinyConfig()
	c.BatchSize, c.LocalCropsNumber, c.Dim, c.Depth = 400, 14, 48, 3
	record := func(crops settings.Crops) *Trainer {
		tr, err := Record(c, d.Target(), 4, Options{Crops: crops})
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	least := record(settings.CropsApart)
	if err := least.Build(d); err != nil { // its kernels stay compiled
		t.Fatal(err)
	}
	least.Release()
	together := record(settings.CropsAuto)
	most, err := together.Memory()
	if err != nil {
		t.Fatal(err)
	}
	small, err := least.Memory()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("together takes %d MiB, apart %d MiB", most>>20, small>>20)
	stat, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(stat))[0])
	if err != nil {
		t.Fatal(err)
	}
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &before); err != nil {
		t.Fatal(err)
	}
	within := before
	within.Cur = uint64(pages*os.Getpagesize() + most/2)
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &within); err != nil {
		t.Fatal(err)
	}
	var said []string
	tr, err := together.BuildFitting(d, nil, func(sentence string) { said = append(said, sentence) })
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &before); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Release()
	if tr.Crops() != settings.CropsApart || len(said) != 2 || !strings.Contains(said[0], "out of memory: ") {
		t.Errorf("crops %s; it says %q", tr.Crops(), said)
	}
}
