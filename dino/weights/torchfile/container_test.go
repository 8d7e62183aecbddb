package torchfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/testdata/golden"
	"github.com/dinogpu/dinogpu/testdata/hostile"
)

func readSeed(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(golden.Path(t, "../torch/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestIs(t *testing.T) {
	zipped, legacy := readSeed(t, "tensor.pth"), readSeed(t, "types-legacy.pth")
	framed := "\x80\x04\x95" + u64(13) + "\x8a\x0a" + magicNumber + "."
	for _, head := range [][]byte{zipped[:32], legacy[:32], []byte(framed), zipped[:4], legacy[:15]} {
		if !Is(head) {
			t.Errorf("%q looks like none", head)
		}
	}
	for _, head := range []string{"", "P", "PK\x05\x06", "\x80", "\x80\x02", "\x80\x02}.", "\x80\x01" + string(legacy[2:32]), "\x80\x02\x95", string(legacy[:14]), "{\"a\"", framed[:20]} {
		if Is([]byte(head)) {
			t.Errorf("%q looks like one", head)
		}
	}
}

// deflated packs members as a zip program does.
func deflated(members ...member) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, m := range members {
		f, err := w.Create(m.name)
		if err == nil {
			_, err = f.Write([]byte(m.data))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func TestZipArchivesRefused(t *testing.T) {
	data := func(pickle string, more ...member) []byte {
		return zipOf(append([]member{{"x/data.pkl", pickle}, {"x/data/0", strings.Repeat("\x01", storageBytes)}}, more...)...)
	}
	good := data(proto + aTensor + ".")
	changed := func(from, to string, times int) []byte { return []byte(strings.Replace(string(good), from, to, times)) }
	directory := func(of []byte) int { return bytes.Index(of, []byte("PK\x01\x02")) }
	second := directory(good) + 4 + bytes.Index(good[directory(good)+4:], []byte("PK\x01\x02"))
	overlap := bytes.Clone(good)
	binary.LittleEndian.PutUint32(overlap[second+42:], 0) // the storage's local header is the pickle's
	encrypted := bytes.Clone(good)
	encrypted[second+8] |= 1
	far := bytes.Clone(good)
	binary.LittleEndian.PutUint32(far[second+20:], 0xfffffff0)
	binary.LittleEndian.PutUint32(far[second+24:], 0xfffffff0)
	for what, c := range map[string]struct {
		file []byte
		want string
	}{
		"compressed":         {deflated(member{"x/data.pkl", proto + "}."}), `"x/data.pkl" is compressed`},
		"encrypted":          {encrypted, `"x/data/0" is compressed or encrypted`},
		"a name twice":       {data(proto+"}.", member{"x/data/0", "1234"}), `it holds "x/data/0" twice`},
		"two pickles":        {data(proto+"}.", member{"y/data.pkl", "1234"}), "two pickles"},
		"over each other":    {overlap, "lie over each other"},
		"beyond the file":    {far, `its "x/data/0" has 4294967280 bytes`},
		"big endian":         {data(proto+"}.", member{"x/byteorder", "big"}), "big endian"},
		"no byte order":      {data(proto+"}.", member{"x/byteorder", "middle and so on for long"}), `byte order is "middle and so on"`},
		"TorchScript":        {data(proto+"}.", member{"x/constants.pkl", ""}), "TorchScript program"},
		"another zip":        {zipOf(member{"word/document.xml", ""}), "without PyTorch's data.pkl"},
		"arrays of NumPy":    {zipOf(member{"data.pkl.npy", ""}, member{"a/b/data.pkl", ""}, member{"/data.pkl", ""}), "without PyTorch's data.pkl"},
		"no storage":         {zipOf(member{"x/data.pkl", proto + aTensor + "."}), `storage "0" should have 64 bytes, and has 0`},
		"a changed value":    {changed("\x01\x01\x01\x01", "\x01\x01\x02\x01", 1), `tensor "tensor": bytes`},
		"a changed pickle":   {changed("K\x10\x85", "K\x0f\x85", 1), "do not have their checksum"},
		"an empty pickle":    {data(""), "asks for 1 bytes"},
		"no directory":       {good[:directory(good)], "directory at its end is missing"},
		"nothing but a name": {[]byte("PK\x03\x04"), "directory at its end is missing"},
		"nothing":            {nil, "begins as no PyTorch file"},
		"text":               {[]byte("<!DOCTYPE html>"), "begins as no PyTorch file"},
		"tar":                {append(bytes.Repeat([]byte{0}, 257), "ustar\x00 "...), "tar format"},
	} {
		err := hostile.Try(t, c.file, readAll)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", what, err, c.want)
		}
		if refused := strings.Contains(c.want, "compressed") || strings.Contains(c.want, "big") || strings.Contains(c.want, "Torch") && !strings.Contains(c.want, "begins") || strings.Contains(c.want, "tar"); refused == errors.Is(err, ErrDamaged) {
			t.Errorf("%s: damaged is %t: %v", what, !refused, err)
		}
	}
	if err := hostile.Try(t, good, readAll); err != nil {
		t.Errorf("the file to break is refused: %v", err)
	}
}

// A directory that fills the file.
func TestLongDirectoriesAreRefused(t *testing.T) {
	members := make([]member, 100_000)
	for i := range members {
		members[i].name = fmt.Sprintf("archive/data/%d", i)
	}
	err := hostile.Try(t, zipOf(members...), readAll)
	if err == nil || !strings.Contains(err.Error(), "directory of more than") {
		t.Error(err)
	}
}

func TestCutsAreSeen(t *testing.T) {
	for _, name := range []string{"types.pth", "types-legacy.pth"} {
		whole := readSeed(t, name)
		for n := 0; n < len(whole); n += 1 + len(whole)/400 {
			if err := hostile.Try(t, whole[:n], readAll); !errors.Is(err, ErrDamaged) {
				t.Fatalf("%s cut at %d of %d: %v", name, n, len(whole), err)
			}
		}
	}
	if err := hostile.Try(t, append(readSeed(t, "types-legacy.pth"), 0), readAll); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "1 bytes more") {
		t.Errorf("a byte more: %v", err)
	}
}

func TestLegacyFilesRefused(t *testing.T) {
	begin := "\x80\x02\x8a\x0a" + magicNumber + "."
	version, little := "\x80\x02M\xe9\x03.", "\x80\x02}U\x0dlittle_endian\x88s."
	object, keys := proto+aTensor+".", "\x80\x02]U\x010a."
	storage := u64(16) + strings.Repeat("\x01", 64)
	for what, c := range map[string]struct{ file, want string }{
		"another protocol":      {begin + "\x80\x02M\xea\x03." + little + object + keys + storage, "protocol is not torch.save's"},
		"a protocol of text":    {begin + "\x80\x02).", "protocol is not torch.save's"},
		"big endian":            {begin + version + "\x80\x02}U\x0dlittle_endian\x89s." + object + keys + storage, "big endian"},
		"no byte order":         {begin + version + "\x80\x02}." + object + keys + storage, "in which order"},
		"no keys":               {begin + version + little + object + "\x80\x02]." + storage, "list of storages"},
		"keys of None":          {begin + version + little + object + "\x80\x02N." + storage, "list of storages"},
		"another key":           {begin + version + little + object + "\x80\x02]U\x011a." + storage, `has "1"`},
		"a key twice":           {begin + version + little + object + "\x80\x02](U\x010U\x010e." + storage, "list of storages"},
		"another count":         {begin + version + little + object + keys + u64(17) + storage[8:], "has 17 elements where there should be 16"},
		"a huge count":          {begin + version + little + object + keys + u64(math.MaxUint64) + storage[8:], "18446744073709551615 elements"},
		"a class in its system": {begin + version + "\x80\x02cos\nsystem\n.", `"os.system"`},
		"parts of storages":     {begin + version + little + strings.Replace(object, "K\x10tQ", "K\x10U\x011K\x00K\x10\x87tQ", 1) + keys + storage, "parts of others"},
	} {
		err := hostile.Try(t, []byte(c.file), readAll)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", what, err, c.want)
		}
	}
	if err := hostile.Try(t, []byte(begin+version+little+object+keys+storage), readAll); err != nil {
		t.Errorf("the file to break is refused: %v", err)
	}
}

// tensorFile is a file of one tensor that holds the bytes of values.
func tensorFile(storageClass string, count int, values string) []byte {
	tensor := strings.ReplaceAll(aTensor, "K\x10", "K"+string(rune(count)))
	return zipOf(member{"x/data.pkl", proto + strings.Replace(tensor, "FloatStorage", storageClass, 1) + "."}, member{"x/data/0", values})
}

func TestWhatFloat32CannotHold(t *testing.T) {
	folder := t.TempDir()
	for what, c := range map[string]struct {
		file []byte
		want string
	}{
		"float64":  {tensorFile("DoubleStorage", 2, u64(math.Float64bits(1))+u64(math.Float64bits(1e300))), "has the value 1e+300, which float32 cannot hold"},
		"int64":    {tensorFile("LongStorage", 1, u64(1<<24+1)), "has the value 16777217"},
		"negative": {tensorFile("LongStorage", 1, u64(1<<63)), "has the value -9223372036854775808"},
	} {
		path := filepath.Join(folder, "x.pth")
		if err := os.WriteFile(path, c.file, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, path).Values(0); err == nil || !strings.HasPrefix(err.Error(), path+`: tensor "tensor" `+c.want) || errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, want %q in it", what, err, c.want)
		}
	}
	path := filepath.Join(folder, "y.pth")
	if err := os.WriteFile(path, tensorFile("LongStorage", 2, u64(1<<24)+string(binary.LittleEndian.AppendUint64(nil, ^uint64(6)))), 0o666); err != nil {
		t.Fatal(err)
	}
	wantValues(t, open(t, path), 0, []int{2}, []float32{1 << 24, -7})
}

func TestValuesOfAClosedFile(t *testing.T) {
	path := golden.Path(t, "../torch/tensor.pth")
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Values(0); err == nil || !strings.Contains(err.Error(), path+" cannot be read") {
		t.Error(err)
	}
}

func TestOpenOfNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.pth")
	if _, err := Open(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}
