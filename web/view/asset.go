package view

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"path"
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

func readAssets(files fs.FS) (Assets, error) {
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		return nil, err
	}
	assets := Assets{}
	for _, e := range entries {
		content, err := fs.ReadFile(files, "assets/"+e.Name())
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
