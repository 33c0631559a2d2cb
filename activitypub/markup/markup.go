// Package markup makes strangers' text safe and legible.
//
// Whatever arrives, Markdown or HTML, ends as one small dialect of HTML: a
// fixed list of elements and attributes, always balanced, with links of a few
// harmless schemes. The same dialect is read back for plain text, titles and
// Markdown. All functions are pure: no clock, no network, no state, and safe
// to call from many goroutines at once.
//
// HTML is not parsed the way a browser parses it. The tokens of the source are
// put together anew under a strict content model (blocks hold blocks or one run
// of inline text, inline elements never cross a block's edge), so that a
// browser reading the output builds exactly the tree that was written. A
// second, independent sanitiser then reads the result; where the two disagree
// the text is shown without any markup.
package markup

import "fmt"

// Version is the number kept as render_version beside rendered HTML. It changes
// whenever the same source would render differently.
const Version = 2

// Limits of this package. Callers set lower ones by their own rules.
const (
	// MaxMarkdown is the longest Markdown source taken, in bytes.
	MaxMarkdown = 100 << 10
	// MaxHTML is the longest HTML source taken, in bytes; longer ones are
	// shown as plain text.
	MaxHTML = 1 << 20
	// MaxOutput bounds the HTML returned by FromMarkdown and FromHTML, in bytes.
	MaxOutput = 1 << 20

	maxDepth    = 64        // open blocks; deeper ones are flattened
	maxElements = 20_000    // elements in one text; more: plain text
	maxFallback = 100 << 10 // bytes of plain text shown when markup is given up
	maxHref     = 2048
	maxTitle    = 300
)

// Options says where the text will be shown.
type Options struct {
	// LocalURL is the public address of this node, without a slash at its
	// end: https://example.org. With it, @user@host becomes a link to
	// {LocalURL}/u/user@host and !name@host one to {LocalURL}/c/name@host (no
	// host when it is ours), #tag one to {LocalURL}/tag/tag, as do links of class
	// "hashtag", and links into it are not marked as foreign. Empty: mentions stay text.
	LocalURL string
	// Base resolves relative links in foreign HTML: the URL of the object it
	// came from. Empty: relative links lose their target and keep their text.
	Base string
	// IDPrefix keeps the ids of footnotes apart between the texts of one page:
	// "c123" makes fn-c123-…. Letters, digits and hyphens; anything else is
	// dropped. Empty: footnotes are shown without links.
	IDPrefix string
}

// Kind says which limit a text broke.
type Kind int

// The kinds of LimitError.
const (
	TooLarge     Kind = iota + 1 // longer than MaxMarkdown
	TooDeep                      // quotes or lists nested more than 100 deep
	TooExpensive                 // small, but out of proportion to render
)

func (k Kind) String() string {
	switch k {
	case TooLarge:
		return "too large"
	case TooDeep:
		return "too deeply nested"
	case TooExpensive:
		return "too expensive to render"
	}
	return "unknown limit"
}

// LimitError is what FromMarkdown returns for a text it will not render. The
// caller then shows Escape of the source, or refuses the text.
type LimitError struct {
	Kind   Kind
	Detail string // for logs
}

func (e *LimitError) Error() string { return fmt.Sprintf("markup: %s: %s", e.Kind, e.Detail) }

// Is makes errors.Is(err, &LimitError{Kind: TooDeep}) compare kinds only.
func (e *LimitError) Is(target error) bool {
	t, ok := target.(*LimitError)
	return ok && t.Kind == e.Kind
}
