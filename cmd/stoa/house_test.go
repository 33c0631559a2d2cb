package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// room says what a package may import of ours, and which packages of others it
// must not know, itself or below.
type room struct {
	may     []string
	mustNot []string
}

var (
	sql  = []string{"database/sql", "github.com/jackc/", "github.com/riverqueue/"}
	html = []string{"html/template", "github.com/yuin/goldmark", "github.com/microcosm-cc/bluemonday"}
)

func and(lists ...[]string) []string { return slices.Concat(lists...) }

// house is every package that is planned. One that is not in it does not belong:
// a new room is a decision, and is written down here. Programs may import all.
var house = map[string]room{
	"federation/forum": {nil, and(sql, html, []string{"net/http", "encoding/json"})},

	"federation/account": {[]string{"federation/forum"}, and(sql, html, []string{"net/http", "encoding/json"})},

	"activitypub":        {nil, and(sql, html)},
	"activitypub/sig":    {nil, and(sql, html)},
	"activitypub/proof":  {nil, and(sql, html, []string{"net/http"})},
	"activitypub/markup": {nil, sql},

	"storage":             {[]string{"federation/forum", "storage/domain", "storage/fault"}, and(html, []string{"net/http"})},
	"storage/private":     {[]string{"federation/forum", "federation/account", "storage"}, and(html, []string{"net/http"})},
	"storage/domain":      {nil, and(sql, html, []string{"net/http"})},
	"storage/fault":       {nil, and(sql, html, []string{"net/http"})},
	"storage/media":       {nil, and(html, []string{"net/http"})},
	"storage/bucket":      {[]string{"storage/media"}, and(sql, html)},
	"storage/cluster":     {nil, and(html, []string{"net/http"})},
	"storage/storagetest": {[]string{"storage/cluster"}, and(html, []string{"net/http"})},

	"storage/bucket/buckettest": {[]string{"storage/bucket"}, and(sql, html)},

	"federation/outbox": {[]string{"federation/forum", "activitypub", "activitypub/proof"}, and(sql, html, []string{"net/http"})},
	"federation/fetch":  {[]string{"activitypub", "activitypub/sig", "activitypub/proof"}, and(sql, html)},

	// What comes in is rendered once, when it arrives: hence the markup.
	"federation/inbox":   {and(servers, []string{"activitypub/markup"}), html},
	"federation/serve":   {servers, html},
	"federation/deliver": {servers, html},
	"federation/reach":   {[]string{"federation/forum", "activitypub", "federation/fetch", "federation/inbox", "storage"}, html},
	"federation/gather":  {[]string{"federation/forum", "federation/fetch", "storage", "storage/media"}, html},
	"federation/fedtest": {[]string{"activitypub", "activitypub/sig", "activitypub/proof"}, and(sql, html)},

	"web":         {and(pages, []string{"storage", "storage/media"}), nil},
	"web/api":     {and(pages, []string{"storage", "storage/media"}), nil},
	"web/view":    {[]string{"federation/forum", "web/words"}, sql},
	"web/compose": {and(pages, []string{"storage", "storage/media", "storage/private", "web"}), nil},
	"web/member":  {and(pages, []string{"storage", "storage/media", "storage/private", "web"}), nil},
	"web/webtest": {nil, and(sql, html)},
	// The catalogue depends on nothing, so that whoever says something can use it.
	"web/words": {nil, and(sql, html, []string{"net/http"})},
}

// pages show what the rules know in words of the catalogue.
var pages = []string{"federation/forum", "federation/account", "activitypub/markup", "web/view", "web/words"}

var servers = []string{"federation/forum", "activitypub", "activitypub/sig", "activitypub/proof", "federation/outbox", "federation/fetch", "storage", "storage/fault"}

const (
	maxChain = 5   // packages of ours from a program to the last it imports
	maxFiles = 25  // of a package, tests left out
	maxLines = 600 // of a file
)

// listed is a package as the go command sees it.
type listed struct {
	ImportPath     string   `json:"ImportPath"`
	Dir            string   `json:"Dir"`
	Doc            string   `json:"Doc"`
	Name           string   `json:"Name"`
	Imports        []string `json:"Imports"`
	GoFiles        []string `json:"GoFiles"`
	IgnoredGoFiles []string `json:"IgnoredGoFiles"` // on this system
}

func (p *listed) room() string { return strings.TrimPrefix(p.ImportPath, "stoa/") }

func packages(t *testing.T) map[string]*listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Doc,Name,Imports,GoFiles,IgnoredGoFiles", "./...")
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	all := map[string]*listed{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &listed{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.room()] = p
	}
	if len(all) < 10 {
		t.Fatalf("the go command lists only %d packages", len(all))
	}
	return all
}

// The rooms of the house know only those that they are built on.
func TestHouse(t *testing.T) {
	all := packages(t)
	for name, p := range all {
		if strings.TrimSpace(p.Doc) == "" {
			t.Errorf("%s: no comment says what the package is", name)
		}
		if files := len(p.GoFiles) + len(p.IgnoredGoFiles); files > maxFiles {
			t.Errorf("%s: %d files, at most %d", name, files, maxFiles)
		}
		if strings.HasPrefix(name, "cmd/") {
			continue
		}
		r, planned := house[name]
		if !planned {
			t.Errorf("%s: a room that is not in the plan", name)
			continue
		}
		for _, i := range p.Imports {
			ours, isOurs := strings.CutPrefix(i, "stoa/")
			if isOurs && !slices.Contains(r.may, ours) {
				t.Errorf("%s imports %s", name, ours)
			}
			for _, no := range r.mustNot {
				if i == no || strings.HasSuffix(no, "/") && strings.HasPrefix(i, no) || strings.HasPrefix(i, no+"/") {
					t.Errorf("%s knows %s", name, i)
				}
			}
		}
	}
	for name := range all {
		if chain := longest(all, name); len(chain) > maxChain {
			t.Errorf("a chain of %d imports: %s", len(chain), strings.Join(chain, " → "))
		}
	}
}

// longest finds the longest chain of imports that begins with a package.
func longest(all map[string]*listed, name string) []string {
	var below []string
	for _, i := range all[name].Imports {
		ours, isOurs := strings.CutPrefix(i, "stoa/")
		if !isOurs || all[ours] == nil {
			continue
		}
		if chain := longest(all, ours); len(chain) > len(below) {
			below = chain
		}
	}
	return append([]string{name}, below...)
}

// kinds are names of files that say what sort of code is in them and not what it
// is about.
var kinds = regexp.MustCompile(`^(utils?|types?|helpers?|common|misc|shared|interfaces?|constants?|models?|base)\.go$`)

// registries are the hosts that packages come from. The clients know them; what
// names one itself cannot be built behind a mirror.
var registries = regexp.MustCompile(`\b(proxy\.golang\.org|sum\.golang\.org|registry\.npmjs\.org|deb\.debian\.org|archive\.ubuntu\.com|pypi\.org|` +
	`files\.pythonhosted\.org|crates\.io|ghcr\.io|docker\.io|unpkg\.com|cdn\.jsdelivr\.net|cdnjs\.cloudflare\.com|fonts\.googleapis\.com)\b`)

// Spelled so that this file does not find itself.
var promises = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)

// Every file is about something, is short, and promises nothing for later.
func TestFiles(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			// bin and data are what the program makes; testdata is of others.
			if name == ".git" || name == "testdata" || name == "bin" || name == "data" {
				return filepath.SkipDir
			}
			return nil
		}
		code := slices.Contains([]string{".go", ".sql", ".html", ".css", ".js"}, filepath.Ext(name))
		script := name == "Makefile" || strings.Contains(path, ".ci"+string(filepath.Separator)) && filepath.Ext(name) == ""
		if !code && !script {
			return nil
		}
		seen++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if kinds.MatchString(name) {
			t.Errorf("%s: a file is named after what it is about", path)
		}
		if lines := bytes.Count(text, []byte{'\n'}); filepath.Ext(name) == ".go" && lines > maxLines {
			t.Errorf("%s: %d lines, at most %d", path, lines, maxLines)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if found := promises.FindString(line); found != "" {
				t.Errorf("%s:%d: %s: what is missing is said in an issue", path, i+1, found)
			}
			if found := registries.FindString(line); found != "" && name != "house_test.go" {
				t.Errorf("%s:%d: names the host %s", path, i+1, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 100 {
		t.Errorf("only %d files were looked at", seen)
	}
}

// The walls hold: each kind of fault is found. The plan itself is judged, so that
// an entry struck out by mistake is seen too.
func TestHousePlan(t *testing.T) {
	for name, r := range house {
		for _, i := range r.may {
			if _, ok := house[i]; !ok {
				t.Errorf("%s may import %s, which is not in the plan", name, i)
			}
			if i == name || slices.Contains(house[i].may, name) {
				t.Errorf("%s and %s may import each other", name, i)
			}
		}
	}
	if len(house["federation/forum"].may) != 0 {
		t.Error("the heart of the house imports no room")
	}
	for text, want := range map[string]bool{"utils.go": true, "helpers.go": true, "types.go": true, "vote.go": false, "commons.go": false} {
		if kinds.MatchString(text) != want {
			t.Errorf("%s: judged %v", text, !want)
		}
	}
}

// Every test that FEDERATION.md names is there, under that name.
func TestTestsThatAreNamed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "FEDERATION.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllSubmatch(text, -1)
	if len(named) < 50 {
		t.Errorf("only %d tests are named: the search is broken", len(named))
	}
	there := map[string]bool{}
	err = filepath.WalkDir(filepath.Join("..", ".."), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, f := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(code, -1) {
			there[string(f[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range named {
		if !there[string(name[1])] {
			t.Errorf("there is no %s", name[1])
		}
	}
}
