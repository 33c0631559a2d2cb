package view

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"math"
	"mime"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed assets/*
var embeddedAssets embed.FS

// AssetPrefix begins the address of every asset.
const AssetPrefix = "/assets/"

// Asset is a file that pages refer to. Its address changes with its content, so
// it can be kept for ever.
type Asset struct {
	Address string // path on this node
	Type    string // media type
	Content []byte
}

// Assets finds an asset by its file name in the source ("stoa.css").
type Assets map[string]Asset

// At finds an asset by its address.
func (a Assets) At(address string) (Asset, bool) {
	for _, asset := range a {
		if asset.Address == address {
			return asset, true
		}
	}
	return Asset{}, false
}

// joined are the files that are served as one: what belongs to all pages costs
// one request, however many files it is written in.
var joined = map[string][]string{
	"stoa.css": {"thread.css", "people.css"},
	"stoa.js":  {"endless.js", "keys.js", "links.js", "media.js"},
	"self.js":  {"write.js", "complete.js"}, // for those who are signed in
}

// content is an asset with what is served along with it.
func content(files fs.FS, name string) ([]byte, error) {
	var all []byte
	for _, part := range append([]string{name}, joined[name]...) {
		text, err := fs.ReadFile(files, "assets/"+part)
		if err != nil {
			return nil, err
		}
		all = append(all, text...)
	}
	return all, nil
}

// isPart reports whether a file is served as part of another.
func isPart(name string) bool {
	for _, parts := range joined {
		if slices.Contains(parts, name) {
			return true
		}
	}
	return false
}

func readAssets(files fs.FS) (Assets, error) {
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		return nil, err
	}
	assets := Assets{}
	for _, e := range entries {
		if isPart(e.Name()) {
			continue
		}
		content, err := content(files, e.Name())
		if err != nil {
			return nil, err
		}
		if e.Name() == "stoa.css" {
			content = append(content, chosenDark(content)...)
		}
		ext := path.Ext(e.Name())
		kind := mime.TypeByExtension(ext)
		if ext == ".js" || ext == ".css" || ext == ".svg" {
			// The machine's table of media types must not decide these.
			kind = map[string]string{
				".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
			}[ext]
		}
		if kind == "" {
			return nil, fmt.Errorf("no media type for %s", e.Name())
		}
		sum := sha256.Sum256(content)
		hash := base64.RawURLEncoding.EncodeToString(sum[:9])
		assets[e.Name()] = Asset{
			Address: AssetPrefix + strings.TrimSuffix(e.Name(), ext) + "." + hash + ext,
			Type:    kind,
			Content: content,
		}
	}
	return assets, nil
}

var darkPattern = regexp.MustCompile(`(?s)@media \(prefers-color-scheme: dark\) \{\s*:root:not\(\[data-theme="light"\]\) (\{[^}]*\})`)

// chosenDark are the colours of dark devices again, for those who chose the dark theme
// on another: written once, so that the two cannot drift apart.
func chosenDark(css []byte) []byte {
	var out []byte
	for _, m := range darkPattern.FindAllSubmatch(css, -1) {
		out = append(append(append(out, "\n:root[data-theme=\"dark\"] "...), m[1]...), '\n')
	}
	return out
}

// Colour is a colour of the stylesheet in both themes, as #rrggbb.
type Colour struct{ Name, Light, Dark string }

// Colours are the custom properties of the stylesheet that are colours, in its order.
func (v *View) Colours() []Colour {
	light, dark, _ := strings.Cut(string(v.assets["stoa.css"].Content), "@media (prefers-color-scheme: dark)")
	inDark := map[string]string{}
	for _, m := range colourPattern.FindAllStringSubmatch(dark, -1) {
		inDark[m[1]] = m[2]
	}
	var all []Colour
	for _, m := range colourPattern.FindAllStringSubmatch(light, -1) {
		c := Colour{m[1], m[2], m[2]}
		if d, ok := inDark[c.Name]; ok {
			c.Dark = d
		}
		all = append(all, c)
	}
	return all
}

var colourPattern = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)

// Pair is a colour on a ground, with the contrast that it needs: 4.5 for text, 3 for
// what is large or is no text (WCAG 2.2 §1.4.3, §1.4.11).
type Pair struct {
	Text, Ground string // names of Colours
	Least        float64
}

// Pairs are all that the stylesheet puts on each other.
func Pairs() []Pair {
	var all []Pair
	for _, ground := range []string{"ground", "raised", "sunk", "marked"} {
		for _, text := range []string{"ink", "quiet", "link", "link-hover", "visited", "ochre"} {
			all = append(all, Pair{text, ground, 4.5})
		}
		all = append(all, Pair{"focus", ground, 3})
	}
	return append(all, Pair{"edge", "ground", 3}, Pair{"edge", "raised", 3}, Pair{"ochre", "ochre-ground", 4.5}, Pair{"raised", "link", 4.5}, Pair{"ink", "bar", 4.5})
}

// Contrast is the ratio of two colours, #rrggbb each, from 1 to 21 (WCAG 2.2).
func Contrast(a, b string) float64 {
	l, m := luminance(a), luminance(b)
	return (max(l, m) + 0.05) / (min(l, m) + 0.05)
}

func luminance(colour string) float64 {
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		return 0
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}
