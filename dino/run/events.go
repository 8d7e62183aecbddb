package run

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/dinogpu/dinogpu/dino/disk"
)

// TensorBoard's events: a file of TFRecords, each a tensorflow.Event. Only
// what scalars need is written here; the numbers are the fields' in
// tensorflow/core/util/event.proto and core/framework/summary.proto.
const (
	eventWallTime    = 1 // double, seconds
	eventStep        = 2 // int64
	eventFileVersion = 3 // string, of a file's first event
	eventSummary     = 5
	eventSessionLog  = 7

	summaryValue       = 1
	valueTag           = 1
	valueSimple        = 2 // float
	sessionStatus      = 1
	sessionStatusStart = 1
)

// eventsPrefix begins the names of TensorBoard's files; the time follows, by
// which they are read in order.
const eventsPrefix = "events.out.tfevents."

// eventsFile writes a run's scalars.
type eventsFile struct{ *disk.Growing }

// newEventsFile makes a new file in a run's folder, behind those of its
// earlier sittings. Where the run goes on, with step again, TensorBoard drops
// what those hold of that step and later ones; again is 0 for a new run.
func newEventsFile(folder string, now time.Time, again int) (*eventsFile, error) {
	f, err := createEvents(folder, now.Unix())
	if err != nil {
		return nil, err
	}
	e := &eventsFile{f}
	err = e.record(appendString(header(now, 0), eventFileVersion, "brain.Event:2"))
	if err == nil && again > 0 {
		start := protowire.AppendVarint(protowire.AppendTag(nil, sessionStatus, protowire.VarintType), sessionStatusStart)
		err = e.record(appendBytes(header(now, again), eventSessionLog, start))
	}
	if err != nil {
		_ = f.Close() // the first error is the one to tell; the next numbers try again
		_ = os.Remove(f.Name())
		return nil, err
	}
	return e, nil
}

// scalars adds to the run's events, in a file that its first numbers make.
func (r *Folder) scalars(now time.Time, v any) error {
	if r.events != nil && r.events.Cut() { // by others: behind half a record nothing can be read
		_ = r.events.Close()
		r.events, r.again = nil, 0
	}
	if r.events == nil {
		var err error
		if r.events, err = newEventsFile(r.path, now, r.again); err != nil {
			return err
		}
	}
	return r.events.Scalars(now, v)
}

// createEvents takes the time now, or the second after the newest file's: the
// order of the names is the order in which they are read.
func createEvents(folder string, unix int64) (*disk.Growing, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if rest, ok := strings.CutPrefix(entry.Name(), eventsPrefix); ok {
			second, _, _ := strings.Cut(rest, ".")
			if there, err := strconv.ParseInt(second, 10, 64); err == nil && there < math.MaxInt64 {
				unix = max(unix, there+1)
			}
		}
	}
	name := fmt.Sprintf("%s%010d.%s", eventsPrefix, unix, hostName())
	return disk.Create(filepath.Join(folder, name))
}

// hostName is this machine's, as far as it suits a file's name.
func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "localhost"
	}
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, name)
}

// Scalars writes the float64 fields of a metrics line under their names, at
// its step.
func (e *eventsFile) Scalars(now time.Time, v any) error {
	step, summary := 0, []byte(nil)
	for i, value := 0, reflect.ValueOf(v); i < value.NumField(); i++ {
		name := value.Type().Field(i).Tag.Get("json")
		switch x := value.Field(i).Interface().(type) {
		case int:
			if name == "step" {
				step = x
			}
		case float64:
			if absent(value, i) {
				continue
			}
			scalar := appendString(nil, valueTag, name)
			scalar = protowire.AppendTag(scalar, valueSimple, protowire.Fixed32Type)
			scalar = protowire.AppendFixed32(scalar, math.Float32bits(float32(x)))
			summary = appendBytes(summary, summaryValue, scalar)
		}
	}
	return e.record(appendBytes(header(now, step), eventSummary, summary))
}

func header(now time.Time, step int) []byte {
	b := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, math.Float64bits(float64(now.UnixMicro())/1e6))
	b = protowire.AppendTag(b, eventStep, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(step))
}

func appendString(b []byte, field protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text)
}

func appendBytes(b []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), message)
}

// record writes a TFRecord: length, its checksum, the bytes, theirs; little
// endian. Source: tensorflow/core/lib/io/record_writer.cc.
func (e *eventsFile) record(data []byte) error {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, len(data)+16), uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, maskedCRC(b))
	b = append(b, data...)
	b = binary.LittleEndian.AppendUint32(b, maskedCRC(data))
	return e.Add(b)
}

// maskedCRC is TFRecord's checksum: CRC-32C turned and moved, so that bytes
// that hold checksums themselves have no weak ones.
func maskedCRC(data []byte) uint32 {
	c := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return (c>>15 | c<<17) + 0xa282ead8
}
