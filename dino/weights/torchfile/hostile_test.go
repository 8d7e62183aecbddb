package torchfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dinogpu/dinogpu/testdata/golden"
	"github.com/dinogpu/dinogpu/testdata/hostile"
)

// readAll opens a file and reads every tensor once. What it gives has to be whole.
func readAll(path string) error {
	f, err := Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for i, x := range f.Tensors {
		values, e := f.Values(i)
		if count := product(x.Shape); e == nil && len(values) != count {
			return fmt.Errorf("tensor %q of shape %v has %d values", x.Name, x.Shape, len(values)) // without the file's name
		}
		if e != nil {
			err = e
		}
	}
	return err
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// A member is a file in a zip archive.
type member struct {
	name, data string
}

// zipOf packs members as torch.save does.
func zipOf(members ...member) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, m := range members {
		n := uint64(len(m.data))
		f, err := w.CreateRaw(&zip.FileHeader{Name: m.name, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(m.data)), CompressedSize64: n, UncompressedSize64: n})
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

// storageBytes is what the tests' zip archives have as storage 0.
const storageBytes = 64

func withPickle(pickle string) []byte {
	return zipOf(member{"archive/data.pkl", pickle}, member{"archive/data/0", strings.Repeat("\x01", storageBytes)})
}

func u32(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
func u64(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }

// Pieces of pickles.
const (
	proto    = "\x80\x02"
	aTensor  = tensorOf + "K\x10\x85K\x01\x85tR" // of 16 float32, offset 0
	tensorOf = "ctorch._utils\n_rebuild_tensor_v2\n(" + storage0 + "K\x00"
	storage0 = "(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x10tQ"
)

func TestHandmadePickle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, withPickle(proto+"}U\x01a"+aTensor+"s."), 0o666); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	if len(f.Tensors) != 1 || f.Tensors[0].Name != "a" {
		t.Fatalf("%v", f.Tensors)
	}
	wantValues(t, f, 0, []int{16}, slices.Repeat([]float32{math.Float32frombits(0x01010101)}, 16))
}

// Pickles that no honest program makes, and what is said of them.
func TestHostilePickles(t *testing.T) {
	long := strings.Repeat("k", 60000)
	// A tuple that holds the one before it twice, n times over.
	doubling := func(n int) string { return strings.Repeat("2\x86", n) }
	for what, c := range map[string]struct{ pickle, want string }{
		"os.system":             {proto + "cos\nsystem\n(U\x02lstR.", `Python class "os.system"`},
		"os.system, protocol 4": {"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.", `Python class "posix.system"`},
		"a class of the user's": {proto + "c__main__\nNet\n)\x81}b.", `torch.save(model.state_dict()`},
		"control characters":    {proto + "cos\x1b[2J\nx\r\n.", `Python class "os\x1b[2J.x\r"`},
		"getattr":               {proto + "c__builtin__\ngetattr\n.", `"__builtin__.getattr"`},
		"a huge BINUNICODE8":    {"\x80\x04\x8d" + u64(1<<40) + "abc.", "asks for 1099511627776 bytes"},
		"a negative one":        {"\x80\x04\x8d" + u64(math.MaxUint64) + "abc.", "asks for 18446744073709551615 bytes"},
		"a huge BINUNICODE":     {proto + "X" + u32(math.MaxUint32) + "abc.", "asks for 4294967295 bytes"},
		"a huge LONG4":          {proto + "\x8b" + u32(math.MaxInt32) + "abc.", "asks for 2147483647 bytes"},
		"huge bytes":            {"\x80\x05\x96" + u64(1<<62) + ".", "asks for 4611686018427387904 bytes"},
		"a frame that lies":     {"\x80\x04\x95" + u64(1<<50) + "N.", "frame of 1125899906842624 bytes"},
		"protocol 0":            {"I1\n.", "opcode 0x49"},
		"protocol 9":            {"\x80\x09N.", "protocol 9"},
		"an empty stack":        {proto + ".", "empty stack"},
		"a pop below a mark":    {proto + "N(0.", "empty stack"},
		"a tuple below a mark":  {proto + "NN(\x86.", "empty stack"},
		"no mark":               {proto + "Nt.", "no mark"},
		"an unknown memo":       {proto + "h\x05.", "value 5"},
		"half an entry":         {proto + "}(Nu.", "with 1 values"},
		"an item of None":       {proto + "NNa.", "no list and no dictionary"},
		"no end":                {proto + "N", "asks for 1 bytes, and 0 are left"},
		"bytes behind the end":  {proto + "N.N", "behind its end"},
		"a call of None":        {proto + "N)R.", "no class"},
		"a call of a dtype":     {proto + "ctorch\nfloat16\n)R.", "no class"},
		"no storage":            {proto + "U\x01xQ.", "no storage"},
		"another storage's key": {proto + "(U\x07storagectorch\nFloatStorage\nU\x019U\x03cpuK\x10tQ.", `storage "9" should have 64 bytes, and has 0`},
		"a storage too long":    {proto + "(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuM\x00\x01tQ.", `storage "0" should have 1024 bytes, and has 64`},
		"two storages in one":   {proto + "(" + storage0 + "(U\x07storagectorch\nHalfStorage\nU\x010U\x03cpuK\x10tQt.", "in two ways"},
		"a negative storage":    {proto + "(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuJ\xff\xff\xff\xfftQ.", "in another way"},
		"beyond the storage":    {proto + tensorOf + "K\x11\x85K\x01\x85tR.", "reaches to element 16 of a storage of 16"},
		"strides beyond":        {proto + tensorOf + "K\x02\x85K\x10\x85tR.", "reaches to element 16"},
		"a wrapping stride":     {proto + tensorOf + "K\x05\x85\x8a\x08" + u64(1<<62) + "\x85tR.", "reaches to element"},
		"a negative stride":     {proto + tensorOf + "K\x02\x85J\xff\xff\xff\xff\x85tR.", "arguments"},
		"a negative shape":      {proto + tensorOf + "J\xff\xff\xff\xff\x85K\x01\x85tR.", "arguments"},
		"a wrapping shape":      {proto + tensorOf + "\x8a\x08" + u64(1<<62) + "K\x08\x86K\x00K\x00\x86tR.", "no memory holds"},
		"a shape of text":       {proto + tensorOf + "U\x01x\x85K\x01\x85tR.", "arguments"},
		"65 dimensions":         {proto + tensorOf + "(" + strings.Repeat("K\x01", 65) + "t2tR.", "arguments"},
		"a lazy negation":       {proto + tensorOf + "K\x01\x85K\x01\x85\x89}}U\x03neg\x88stR.", "resolve_neg"},
		"10^12 by expand":       {proto + "}U\x01a" + tensorOf + "\x8a\x06" + u64(1e12)[:6] + "K\x02\x86K\x00K\x01\x86tRs.", `tensor "a" of shape [1000000000000 2]`},
		"a dictionary in itself": {
			proto + "}q\x00U\x01ah\x00s.", "hold each other",
		},
		"a list in itself twice":      {proto + "]q\x00h\x00ah\x00a.", "hold each other"},
		"2^60 tuples":                 {proto + "]" + doubling(60) + ".", "far more memory"},
		"2^60 tensors":                {proto + aTensor + doubling(60) + ".", "far more memory"},
		"one long name for all":       {proto + "](}X" + u32(uint32(len(long))) + long + "q\x00" + aTensor + "q\x01s" + strings.Repeat("}h\x00h\x01s", 5000) + "e.", "far more memory"},
		"two tensors of one name":     {proto + "}U\x01a" + aTensor + "sU\x01a" + aTensor + "s.", `would both be called "a"`},
		"a name that is no text":      {proto + "}U\x01\xff" + aTensor + "s.", "not UTF-8"},
		"a state given over and over": {proto + "cargparse\nNamespace\n)\x81}(" + strings.Repeat("K\x01N", 1000) + "uq\x000" + strings.Repeat("h\x00b", 20000) + ".", "far more memory"},
		"dictionaries copied":         {proto + "](ccollections\nOrderedDict\nq\x00}(" + strings.Repeat("K\x01N", 1000) + "u\x85q\x01" + strings.Repeat("h\x00h\x01R", 20000) + "e.", "far more memory"},
		"memo":                        {proto + "N" + strings.Repeat("\x94", 1<<20) + ".", "far more memory"},
	} {
		err := hostile.Try(t, withPickle(c.pickle), readAll)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", what, err, c.want)
		}
	}
}

// Every opcode repeated for half a MB: what is allocated stays in its bound, which
// hostile.Try checks.
func TestNoOpcodeCostsTooMuch(t *testing.T) {
	const size = 1 << 19
	for _, unit := range []string{
		"N", "(", "]", "}", ")", "K\x01", "M\xff\xff", "J\xff\xff\xff\x7f", "G12345678", "\x8a\x01\x05", "U\x00", "U\x0212", "X\x04\x00\x00\x001234",
		"C\x00", "N0", "N2", "N\x85", "NN\x86", "NNN\x87", "(NNNNNNNNt", "N\x94", "]q\x00", "]Na", "](NNNNe", "}NNs", "}(NNNNNNNNu",
		"\x8f", "(\x91", "cargparse\nNamespace\n", "cargparse\nNamespace\n)R", "ccollections\nOrderedDict\n)R", storage0, aTensor,
	} {
		for _, around := range [][2]string{{"", ""}, {"](", "e"}} {
			pickle := proto + around[0] + strings.Repeat(unit, size/len(unit)) + around[1] + "."
			if err := hostile.Try(t, withPickle(pickle), readAll); err == nil && len(unit) == 1 {
				t.Errorf("%d times %q are read", size/len(unit), unit)
			}
		}
	}
}

func TestMutatedFiles(t *testing.T) {
	zips, legacy := seeds(t)
	t.Run("zip", func(t *testing.T) { hostile.Mutate(t, zips, 2*time.Second, readAll) })
	t.Run("legacy", func(t *testing.T) { hostile.Mutate(t, legacy, 3*time.Second, readAll) })
}

// A zip archive's checksums keep mutations from its pickle, so here they come before the checksums.
func TestMutatedPickles(t *testing.T) {
	hostile.Mutate(t, pickles(t), 4*time.Second, readPickle)
}

// readPickle reads a zip archive around a pickle.
func readPickle(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	members := []member{{"archive/data.pkl", string(data)}}
	for i := range 30 {
		members = append(members, member{fmt.Sprint("archive/data/", i), strings.Repeat("\x01", 512)})
	}
	path += ".zip" // another file, and removed: see hostile.Try
	if err := os.WriteFile(path, zipOf(members...), 0o666); err != nil {
		return err
	}
	defer os.Remove(path)
	return readAll(path)
}

// seeds are PyTorch's files, and some of which no part is right.
func seeds(t testing.TB) (zips, legacy [][]byte) {
	files, err := filepath.Glob(golden.Path(t, "../torch/*.pth"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if isZip(data) {
			zips = append(zips, data)
		} else {
			legacy = append(legacy, data)
		}
	}
	return append(zips, zips[0][:len(zips[0])/2], nil), append(legacy, legacy[0][:40])
}

// pickles are data.pkl of PyTorch's files.
func pickles(t testing.TB) [][]byte {
	var all [][]byte
	zips, _ := seeds(t)
	for _, data := range zips {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			continue // half a file
		}
		for _, f := range z.File {
			if offset, err := f.DataOffset(); err == nil && strings.HasSuffix(f.Name, "/data.pkl") {
				all = append(all, data[offset:][:f.UncompressedSize64])
			}
		}
	}
	if len(all) < 5 {
		t.Fatalf("%d pickles", len(all))
	}
	return all
}

func FuzzOpen(f *testing.F) {
	zips, legacy := seeds(f)
	for _, seed := range append(zips, legacy...) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { _ = hostile.Try(t, data, readAll) })
}

func FuzzPickle(f *testing.F) {
	for _, seed := range pickles(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { _ = hostile.Try(t, data, readPickle) })
}
