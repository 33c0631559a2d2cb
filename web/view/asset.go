package view

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"slices"
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
var joined = map[string][]string{"stoa.css": {"thread.css"}, "stoa.js": {"endless.js", "keys.js", "links.js", "media.js"}}

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
