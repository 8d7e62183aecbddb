package report

import (
	"bytes"
	"embed"
	"fmt"
	"hash/fnv"
	"html"
	"html/template"
	"io"
	"regexp"
	"strings"

	"github.com/dinogpu/dinogpu/dino/disk"
)

//go:embed page.html sections.html page.css
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"settings": settingNames, "printable": disk.Printable}).ParseFS(files, "page.html", "sections.html"))

// A Section is a part of the page, which a live page replaces when its version is another.
type Section struct {
	ID      string
	Plot    bool // stands among the plots
	Version string
	HTML    template.HTML
}

// A Live is what a page has beside its sections while it is served.
type Live struct {
	Nonce  string      // of its one script
	Script template.JS // which replaces sections
}

// A Choice is a run that can be laid over others.
type Choice struct {
	ID      string
	Name    string
	Checked bool
}

// Write writes the page of some runs, whole in itself.
func Write(w io.Writer, runs []*Run) error {
	sections, err := Sections(runs)
	if err != nil {
		return err
	}
	return writePage(w, Title(runs), sections, nil)
}

// WriteFile writes the page to a file, whole or not at all.
func WriteFile(path string, runs []*Run) error {
	return disk.WriteFile(path, func(w io.Writer) error { return Write(w, runs) })
}

// WriteLive writes the page for a server that goes on to send its sections.
func WriteLive(w io.Writer, title string, sections []Section, l Live) error {
	return writePage(w, title, sections, &l)
}

func writePage(w io.Writer, title string, sections []Section, l *Live) error {
	css, err := files.ReadFile("page.css")
	if err != nil {
		return err
	}
	return pages.ExecuteTemplate(w, "page.html", map[string]any{
		"Title": title, "Style": template.CSS(css), "Sections": sections, "Live": l,
	})
}

// Title names the runs of a page.
func Title(runs []*Run) string {
	var names []string
	for _, r := range runs {
		names = append(names, disk.Printable(r.Name))
	}
	return strings.Join(names, ", ")
}

// Sections are all parts of the page of some runs, those with nothing to show empty. Their number and order are always
// the same.
func Sections(runs []*Run) ([]Section, error) {
	var list []Section
	add := func(id string, plot bool, name string, data any) error {
		var out bytes.Buffer
		if err := pages.ExecuteTemplate(&out, name, data); err != nil {
			return err
		}
		list = append(list, section(id, plot, strings.TrimSpace(out.String())))
		return nil
	}
	if err := add("colors", false, "colors", colors(len(runs))); err != nil {
		return nil, err
	}
	if err := add("runs", false, "runs", cards(runs)); err != nil {
		return nil, err
	}
	if err := add("curves", false, "curves", thinning(runs)); err != nil {
		return nil, err
	}
	for _, c := range curves {
		text, err := plotOf(c, runs)
		if err != nil {
			return nil, fmt.Errorf("plot of %s: %w", c.key, err)
		}
		list = append(list, section("plot-"+c.ID, true, text))
	}
	if err := add("numbers", false, "numbers", table{runs, numbers(runs)}); err != nil {
		return nil, err
	}
	list = append(list, imageSection(runs))
	if err := add("settings", false, "settings", table{runs, changes(runs)}); err != nil {
		return nil, err
	}
	if err := add("results", false, "results", evaluations(runs)); err != nil {
		return nil, err
	}
	return list, nil
}

// ChoiceSection is the list of runs as a section, which changes as runs come and go.
func ChoiceSection(choices []Choice) (Section, error) {
	var out bytes.Buffer
	err := pages.ExecuteTemplate(&out, "choices", choices)
	return section("choices", false, strings.TrimSpace(out.String())), err
}

func section(id string, plot bool, text string) Section {
	return Section{ID: id, Plot: plot, Version: versionOf(text), HTML: template.HTML(text)}
}

func versionOf(text string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return fmt.Sprintf("%x", h.Sum64())
}

// A table is rows of runs.
type table struct {
	Runs []*Run
	Rows []row
}

// imageSection puts the figures of all runs behind each other. They are large, so their version goes by the files.
func imageSection(runs []*Run) Section {
	var out, version strings.Builder
	for _, r := range runs {
		fmt.Fprintln(&version, r.Folder, r.images.version())
		shown := 0
		for _, i := range r.images.list {
			if i.html == "" {
				continue
			}
			if shown == 0 {
				fmt.Fprintf(&out, "<h3>%s</h3><div class=\"images\">", html.EscapeString(disk.Printable(r.Name)))
			}
			out.WriteString(i.html)
			shown++
		}
		if shown > 0 {
			out.WriteString("</div>")
		}
		if n := len(r.images.leftOut); n > 0 {
			fmt.Fprintf(&out, "<p>Too many or too large for this page: %s, in %s.</p>",
				html.EscapeString(disk.Printable(strings.Join(r.images.leftOut[:min(n, 10)], ", ")+more(n-10))), html.EscapeString(disk.Printable(r.Folder)))
		}
	}
	text := out.String()
	if text != "" {
		text = "<h2>Images</h2>" + text
	}
	return Section{ID: "images", Version: versionOf(version.String()), HTML: template.HTML(text)}
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

var settingName = regexp.MustCompile("`([a-z][a-z0-9_]*)`")

// settingNames sets what packages name in backquotes in the letters of code.
func settingNames(sentence string) template.HTML {
	return template.HTML(settingName.ReplaceAllString(html.EscapeString(disk.Printable(sentence)), "<code>$1</code>"))
}
