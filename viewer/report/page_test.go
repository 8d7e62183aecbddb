package report

import (
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/dinogpu/dinogpu/dino/settings"
)

// lines is a metrics.jsonl as a run of n steps may leave it.
func lines(n int, seed float64) (all []string) {
	for step := 1; step <= n; step++ {
		wave := math.Sin(seed + float64(step)*0.7)
		all = append(all, fmt.Sprintf(`{"step":%d,"epoch":%d,"loss":%v,"entropy":%v,"kl":%v,"lr":%v,"weight_decay":0.04,"momentum":0.99,"teacher_temp":0.04,"grad_norm":%v,"images_per_second":%v,"data_wait":%v}`+"\n",
			step, (step-1)/25, 5+wave/3, 4+wave/5, 1+wave*(1/3.0-1/5.0), 0.001*float64(step)/float64(n), math.Exp(5*wave), 100+wave, 0.5+wave/2))
		if step%25 == 0 {
			all = append(all, fmt.Sprintf(`{"step":%d,"knn_teacher":%v,"knn_student":%v}`+"\n", step, 50+wave, 49+wave),
				fmt.Sprintf(`{"step":%d,"rankme_teacher":%v,"rankme_student":12.5,"views_top1_teacher":%v,"views_top1_student":71,"views_top1_chance":0.25,"prototypes_used":%d}`+"\n", step, 20+wave, 70+wave, step))
		}
	}
	return all
}

var (
	tableRow  = regexp.MustCompile(`<tr><th>([^<]*)</th>(.*?)</tr>`)
	tableCell = regexp.MustCompile(`<td>(?:<data value="([^"]*)">)?`)
)

// TestNumbersAreTheFiles holds the table beside metrics.jsonl as another reader reads it.
func TestNumbersAreTheFiles(t *testing.T) {
	names := map[string]string{}
	for _, c := range curves {
		names[c.Title], names[c.Title+": teacher"], names[c.Title+": student"], names[c.Title+": chance"] = c.key, c.key, c.student, c.chance
	}
	folders := []string{newRun(t, "one", nil, lines(2500, 0)...), newRun(t, "two", nil, lines(60, 1)...)}
	add(t, filepath.Join(folders[1], metricsFile), `{"step":60,"demo_teacher":33.25}`+"\n"+`{"step":61,"loss":9`)
	page := pageOf(t, mustOpen(t, folders[0]), mustOpen(t, folders[1]))
	got := map[string][]string{}
	for _, row := range tableRow.FindAllStringSubmatch(page, -1) {
		key := names[html.UnescapeString(row[1])]
		if row[1] == demoNames["demo_teacher"] {
			key = "demo_teacher"
		}
		for _, cell := range tableCell.FindAllStringSubmatch(row[2], -1) {
			got[key] = append(got[key], cell[1])
		}
	}
	checked := 0
	for i, folder := range folders {
		data, err := os.ReadFile(filepath.Join(folder, metricsFile))
		if err != nil {
			t.Fatal(err)
		}
		last := map[string]float64{}
		for line := range strings.SplitSeq(string(data), "\n") {
			var fields map[string]float64
			if json.Unmarshal([]byte(line), &fields) == nil {
				for key, v := range fields {
					last[key] = v
				}
			}
		}
		for key, want := range last {
			if key == "step" || key == "epoch" {
				continue
			}
			if len(got[key]) != 2 {
				t.Fatalf("%s has %q", key, got[key])
			}
			if v, err := strconv.ParseFloat(got[key][i], 64); err != nil || v != want {
				t.Errorf("run %d: %s is %q on the page, not %v", i, key, got[key][i], want)
			}
			checked++
		}
	}
	if checked != 2*18+1 || got["demo_teacher"][0] != "" {
		t.Errorf("%d numbers held beside the file: %q", checked, got)
	}
}

// drawn is the corners of a run's first line in a plot.
func drawn(t *testing.T, page, id string, run int) (x, y []float64) {
	t.Helper()
	_, plot, ok := strings.Cut(page, `<section id="plot-`+id+`"`)
	plot, _, _ = strings.Cut(plot, "</section>")
	found := regexp.MustCompile(`<path d="M([^"]*)" style="fill:none;stroke:var\(--run-` + strconv.Itoa(run) + `\)`).FindStringSubmatch(plot)
	if !ok || found == nil {
		t.Fatalf("plot %s has no line of run %d", id, run)
	}
	for corner := range strings.SplitSeq(found[1], "L") {
		a, b, _ := strings.Cut(corner, ",")
		for _, each := range []struct {
			text string
			to   *[]float64
		}{{a, &x}, {b, &y}} {
			v, err := strconv.ParseFloat(each.text, 64)
			if err != nil {
				t.Fatalf("plot %s: %v", id, err)
			}
			*each.to = append(*each.to, v)
		}
	}
	return x, y
}

// TestCurvesAreTheFiles: a plot moves and stretches values, so where two of a curve's corners are is where all must be.
func TestCurvesAreTheFiles(t *testing.T) {
	const n = 300
	page := pageOf(t, mustOpen(t, newRun(t, "one", nil, lines(n, 0)...)), mustOpen(t, newRun(t, "two", nil, lines(n, 1)...)))
	for run := range 2 {
		for id, value := range map[string]func(wave float64) float64{
			"loss": func(w float64) float64 { return 5 + w/3 }, "entropy": func(w float64) float64 { return 4 + w/5 },
			"wait": func(w float64) float64 { return 50 + w*50 }, "grad": func(w float64) float64 { return 5 * w }, // the axis is logarithmic
		} {
			x, y := drawn(t, page, id, run)
			if len(y) != n {
				t.Fatalf("%s has %d corners", id, len(y))
			}
			at := func(i int) float64 { return value(math.Sin(float64(run) + float64(i+1)*0.7)) }
			a, b := 0, 2 // far from each other
			stretch := (y[b] - y[a]) / (at(b) - at(a))
			for i := range y {
				if want := y[a] + stretch*(at(i)-at(a)); math.Abs(y[i]-want) > 0.1 {
					t.Errorf("run %d: %s of step %d is drawn at %v, not %v", run, id, i+1, y[i], want)
				}
				if want := x[0] + (x[n-1]-x[0])*float64(i)/(n-1); math.Abs(x[i]-want) > 0.1 {
					t.Errorf("run %d: step %d of %s is drawn at %v, not %v", run, i+1, id, x[i], want)
				}
			}
		}
	}
}

func TestLongRunsAreThinned(t *testing.T) {
	page := pageOf(t, mustOpen(t, newRun(t, "long", nil, lines(5000, 0)...)))
	if _, y := drawn(t, page, "loss", 0); len(y) > mostBuckets || len(y) < mostBuckets/2 {
		t.Errorf("%d corners", len(y))
	}
	if !strings.Contains(page, "each is the mean of some steps, and behind it is the span") || !strings.Contains(page, "fill:var(--run-0);fill-opacity") {
		t.Error("that it is thinned is not said, or no span is drawn")
	}
}

func TestLevelsOfRunsThatDiffer(t *testing.T) {
	a := mustOpen(t, newRun(t, "a", nil, lines(30, 0)...))
	b := mustOpen(t, newRun(t, "b", func(s *settings.Settings) { s.Config.OutDim = 1024 }, lines(30, 0)...))
	page := pageOf(t, a, b, a)
	for text, want := range map[string]int{"ln K = 6.238": 2, "ln K = 6.931": 2, ">chance<": 1} {
		if got := strings.Count(page, text); got != want {
			t.Errorf("%q is there %d times, not %d", text, got, want)
		}
	}
}

// What files hold is text, whatever it looks like, and the page asks for nothing from elsewhere.
func TestHostileTextStaysText(t *testing.T) {
	const evil = `<script>alert(1)</script>"'&<img src=x onerror=alert(2)>`
	folder := newRun(t, `<img src=x onerror=alert(3)>`, func(s *settings.Settings) {
		s.Config.Data, s.Run.Adapter = settings.Paths(evil), evil
	}, `{"step":1,"loss":2,"<script>alert(4)</script>":3}`+"\n")
	write(t, filepath.Join(folder, logFile), "2026-11-25T14:05:08Z adapter "+evil+"\n2026-11-25T14:05:08Z advice: `</p>"+evil+"`\n")
	write(t, filepath.Join(folder, resultsFile), `{"eval":"`+strings.ReplaceAll(evil, `"`, `\"`)+`","<b>":[1,{"<i>":2}]}`+"\n")
	quoted := strings.ReplaceAll(evil, `"`, `\"`)
	add(t, filepath.Join(folder, resultsFile), `{"evaluation":"`+quoted+`","network":"`+quoted+`","weights":"`+quoted+`","data":"`+quoted+`","settings":{"`+quoted+`":"`+quoted+`"},"values":{"`+quoted+`":3}}`+"\n")
	pngFile(t, filepath.Join(folder, "x' onerror='alert(5)'.png"), 3, 2)
	page := pageOf(t, mustOpen(t, folder))
	for _, bad := range []string{"<script", "<img src=x", "onerror='", "<b>\"", "<i>", "</p>\"", "href=\"http", "src=\"http", "url(", "@import"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, want := range []string{"&lt;script&gt;alert(1)", "&lt;script&gt;alert(4)", "x&#39; onerror=&#39;alert(5)&#39;.png", "default-src 'none'"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if got := strings.Count(page, "<img "); got != 1 {
		t.Errorf("%d images", got)
	}
}

func TestRunsOfOneNameAreToldApart(t *testing.T) {
	runs := []*Run{mustOpen(t, newRun(t, "same", nil)), mustOpen(t, newRun(t, "same", nil)), mustOpen(t, newRun(t, "other", nil))}
	NameApart(runs)
	if runs[0].Name == runs[1].Name || runs[2].Name != "other" {
		t.Errorf("names %q, %q, %q", runs[0].Name, runs[1].Name, runs[2].Name)
	}
}

// Lines that are no records are shown as they are, the newest of them; what is no line of results is counted.
func TestOtherResultsAreShown(t *testing.T) {
	folder := newRun(t, "a", nil)
	text := "no result\n"
	for i := range mostOthers + 10 {
		text += fmt.Sprintf(`{"evaluation":"knn","top1":{"k":%d,"percent":61.25},"note":null}`+"\n", 1000+i)
	}
	write(t, filepath.Join(folder, resultsFile), text+"half")
	page := pageOf(t, mustOpen(t, folder))
	if strings.Contains(page, "1009") || !strings.Contains(page, "<small>top1.k</small> 1010") || !strings.Contains(page, "<small>top1.percent</small> 61.25") {
		t.Error("the newest evaluations are not those shown")
	}
	if !strings.Contains(page, "results.jsonl: passed over 1 line that no evaluation wrote") {
		t.Error("the line that is no result is not counted")
	}
}
