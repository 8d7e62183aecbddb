package run

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/dinogpu/dinogpu/dino"
)

// What a reader makes of one event.
type readEvent struct {
	Wall    float64
	Step    int64
	Version string
	Start   bool
	Scalars map[string]float32
}

// readEvents reads whole records until the file's end, or until what a killed
// run left there.
func readEvents(t *testing.T, data []byte) []readEvent {
	t.Helper()
	var events []readEvent
	for len(data) >= 12 {
		n := binary.LittleEndian.Uint64(data)
		if got, want := binary.LittleEndian.Uint32(data[8:]), maskedCRC(data[:8]); got != want {
			t.Fatalf("event %d: checksum of the length is %08x, want %08x", len(events), got, want)
		}
		if uint64(len(data)) < 16+n {
			break
		}
		record := data[12 : 12+n]
		if got, want := binary.LittleEndian.Uint32(data[12+n:]), maskedCRC(record); got != want {
			t.Fatalf("event %d: checksum %08x, want %08x", len(events), got, want)
		}
		events = append(events, parseEvent(t, record))
		data = data[16+n:]
	}
	return events
}

// fieldsOf walks a message.
func fieldsOf(t *testing.T, b []byte, visit func(n protowire.Number, number uint64, bytes []byte)) {
	t.Helper()
	for len(b) > 0 {
		n, kind, used := protowire.ConsumeTag(b)
		if used < 0 {
			t.Fatal(protowire.ParseError(used))
		}
		b = b[used:]
		var number uint64
		var bytes []byte
		switch kind {
		case protowire.VarintType:
			number, used = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			number, used = protowire.ConsumeFixed64(b)
		case protowire.Fixed32Type:
			var v uint32
			v, used = protowire.ConsumeFixed32(b)
			number = uint64(v)
		default:
			bytes, used = protowire.ConsumeBytes(b)
		}
		if used < 0 {
			t.Fatal(protowire.ParseError(used))
		}
		visit(n, number, bytes)
		b = b[used:]
	}
}

func parseEvent(t *testing.T, record []byte) (e readEvent) {
	fieldsOf(t, record, func(n protowire.Number, number uint64, bytes []byte) {
		switch n {
		case 1:
			e.Wall = math.Float64frombits(number)
		case 2:
			e.Step = int64(number)
		case 3:
			e.Version = string(bytes)
		case 5:
			e.Scalars = map[string]float32{}
			fieldsOf(t, bytes, func(_ protowire.Number, _ uint64, value []byte) {
				tag, v := "", float32(0)
				fieldsOf(t, value, func(n protowire.Number, number uint64, bytes []byte) {
					switch n {
					case 1:
						tag = string(bytes)
					case 2:
						v = math.Float32frombits(uint32(number))
					}
				})
				e.Scalars[tag] = v
			})
		case 7:
			fieldsOf(t, bytes, func(n protowire.Number, number uint64, _ []byte) { e.Start = n == 1 && number == 1 })
		}
	})
	return e
}

func eventFiles(t *testing.T, folder string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "events.out.tfevents.*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// The mask is TFRecord's; 0xe3069283 is the CRC-32C of "123456789" in every
// table of checksums.
func TestMaskedCRC(t *testing.T) {
	crc := uint32(0xe3069283)
	if got, want := maskedCRC([]byte("123456789")), (crc>>15|crc<<17)+0xa282ead8; got != want {
		t.Errorf("got %08x, want %08x", got, want)
	}
}

// A run's numbers are in its events, and one that goes on begins a file that
// takes back the steps done again.
func TestEventsOfARunThatGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := create(t, dir, demoSettings(t))
	for step := 1; step <= 3; step++ {
		m := dino.NoReadouts()
		m.Step, m.Epoch, m.Loss, m.Entropy, m.KL, m.LR, m.WeightDecay = step, 7, 2.5, 1, 1.5, 1e-3, 0.04
		m.Momentum, m.TeacherTemp, m.GradNorm, m.ImagesPerSecond, m.DataWait = 0.996, 0.04, math.NaN(), 9, 0.25
		if err := r.Metric(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Metric(EvalMetrics{Step: 3, KNNTeacher: 61, KNNStudent: 60}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	on, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := on.GoOn(demoSettings(t), 2); err != nil {
		t.Fatal(err)
	}
	if err := on.Metric(dino.StepMetrics{Step: 3, Loss: 2}); err != nil {
		t.Fatal(err)
	}
	if err := on.Close(); err != nil {
		t.Fatal(err)
	}

	paths := eventFiles(t, dir)
	if len(paths) != 2 {
		t.Fatalf("files %v, want two", paths)
	}
	first, second := readEvents(t, []byte(read(t, paths[0]))), readEvents(t, []byte(read(t, paths[1])))
	if len(first) != 5 || len(second) != 3 {
		t.Fatalf("%d and %d events", len(first), len(second))
	}
	if first[0].Version != "brain.Event:2" || second[0].Version != "brain.Event:2" {
		t.Errorf("first events %+v, %+v", first[0], second[0])
	}
	got := first[2].Scalars
	if v := got["grad_norm"]; !math.IsNaN(float64(v)) {
		t.Errorf("grad_norm is %g", v)
	}
	delete(got, "grad_norm")
	want := map[string]float32{
		"loss": 2.5, "entropy": 1, "kl": 1.5, "lr": 1e-3, "weight_decay": 0.04, "momentum": 0.996,
		"teacher_temp": 0.04, "images_per_second": 9, "data_wait": 0.25,
	}
	if diff := cmp.Diff(want, got); diff != "" || first[2].Step != 2 {
		t.Errorf("step %d:\n%s", first[2].Step, diff)
	}
	if d := time.Since(time.UnixMicro(int64(first[2].Wall * 1e6))); d < 0 || d > time.Minute {
		t.Errorf("written %v ago", d)
	}
	if diff := cmp.Diff(map[string]float32{"knn_teacher": 61, "knn_student": 60}, first[4].Scalars); diff != "" || first[4].Step != 3 {
		t.Errorf("evaluation at step %d:\n%s", first[4].Step, diff)
	}
	if !second[1].Start || second[1].Step != 3 || second[2].Step != 3 || second[2].Scalars["loss"] != 2 {
		t.Errorf("the second sitting begins with %+v", second[1:])
	}
	for _, e := range first {
		if e.Start {
			t.Error("a new run takes steps back")
		}
	}
}

// What a killed run leaves reads up to its last whole record.
func TestEventsOfAKilledRun(t *testing.T) {
	r := create(t, filepath.Join(t.TempDir(), "run"), demoSettings(t))
	for step := 1; step <= 2; step++ {
		if err := r.Metric(dino.StepMetrics{Step: step}); err != nil {
			t.Fatal(err)
		}
	}
	data := []byte(read(t, eventFiles(t, r.Path())[0])) // not closed
	if events := readEvents(t, data); len(events) != 3 || events[2].Step != 2 {
		t.Errorf("%d events are on disk while the run goes on", len(events))
	}
	if events := readEvents(t, data[:len(data)-5]); len(events) != 2 {
		t.Errorf("%d events before half a record", len(events))
	}
}

// Sittings within one second, and a clock put back, keep the order.
func TestEventsFilesSortByTheirTime(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for _, now := range []int64{1_700_000_000, 1_700_000_000, 1_600_000_000} {
		e, err := newEventsFile(dir, time.Unix(now, 0), 1)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Base(e.Name()))
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range names {
		if want := []string{"1700000000.", "1700000001.", "1700000002."}[i]; !strings.HasPrefix(name, "events.out.tfevents."+want) {
			t.Errorf("file %d is %s", i, name)
		}
	}
}
