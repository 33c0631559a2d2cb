// Package media makes pictures of strangers safe to show, and keeps them.
//
// What comes in is decoded and written anew, so nothing of the original file
// reaches a browser but its pixels. What is kept lies in a folder with a budget of
// bytes. Addresses of pictures carry a MAC, so that only what a page showed can be
// asked for. The package fetches nothing and knows nothing of posts and people.
package media

import "fmt"

// Size is a size in which pictures are kept.
type Size string

// The sizes. A picture is never made larger than it came.
const (
	Avatar Size = "avatar" // a square of 96 px, cut out of the middle
	Thumb  Size = "thumb"  // within 320 px
	Whole  Size = "whole"  // 1,472 px wide and 8,192 px high at most
)

// sign is for pictures that stand among words: within 128 px, in the place of Thumb and Whole.
const sign Size = "sign"

// Known reports whether there is such a size.
func (s Size) Known() bool { return s == Avatar || s == Thumb || s == Whole }

// The types in which pictures are kept.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
)

// Limits of what is decoded.
const (
	// MaxBytes is the largest file that is looked at.
	MaxBytes = 16 << 20
	// MaxPixels is the largest picture, and maxSide its longest side.
	MaxPixels = 40_000_000
	maxSide   = 16_384
	// maxMemory is what decoding may take. A progressive JPEG needs five times as
	// much as another of its size, a PNG of 16 bits twice as much as one of 8.
	maxMemory = 200 << 20
	// maxScans bounds the work that a progressive JPEG makes: each scan passes over
	// the whole picture and can be a few bytes long.
	maxScans = 100
)

// Kind says why a picture cannot be shown.
type Kind string

// The kinds of Error.
const (
	Unknown  Kind = "unknown format" // none of JPEG, PNG, GIF and WebP, or an animation that cannot be read
	TooLarge Kind = "too large"
	Broken   Kind = "broken"
)

// Error is why a picture cannot be shown. The same bytes fail in the same way.
type Error struct {
	Kind   Kind
	Detail string
}

func (e *Error) Error() string { return fmt.Sprintf("media: %s: %s", e.Kind, e.Detail) }

// Is makes errors.Is(err, &Error{Kind: TooLarge}) compare kinds only.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind
}

func fail(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}
