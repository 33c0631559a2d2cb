package web

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"testing"
)

// axeCore is axe-core 4.14.1 as its makers publish it (MPL-2.0, notice at its
// head), so that the pages are held to the same rules on every machine, with
// nothing to fetch.
//
//go:embed testdata/axe.min.js.gz
var axeCore []byte

// axeSource is the text of axe-core.
func axeSource(t *testing.T) string {
	t.Helper()
	packed, err := gzip.NewReader(bytes.NewReader(axeCore))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
