package activitypub

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Kind names a fault of a document for machines. The text is stable; it may be shown to a peer as the reason of a
// refusal.
type Kind string

// Kinds of a [SyntaxError].
const (
	KindMalformed     Kind = "malformed"       // not one JSON object, or bytes after it
	KindTooDeep       Kind = "too-deep"        // nested deeper than MaxDepth
	KindDuplicateKey  Kind = "duplicate-key"   // an object says one key twice
	KindBadUTF8       Kind = "bad-utf8"        // bytes that are not UTF-8
	KindTooLargeArray Kind = "too-large-array" // an array of more than MaxArray elements
	KindBadNumber     Kind = "bad-number"      // a number longer than MaxNumber or with a huge exponent
	KindKeyword       Kind = "json-ld-keyword" // a JSON-LD keyword that would rearrange the document
)

// Bounds that [Check] holds a document to.
const (
	MaxDepth  = 32
	MaxArray  = 10_000
	MaxNumber = 40 // bytes of a number's text; its exponent has at most three digits
)

// A SyntaxError says why a body is refused before it means anything, and at which byte.
type SyntaxError struct {
	Kind   Kind
	Offset int
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("activitypub: %s at byte %d", e.Kind, e.Offset)
}

// Check reports whether body is a document that every parser reads alike: exactly one JSON object (RFC 8259) and
// nothing after it, in valid UTF-8, at most MaxDepth deep, without a key said twice in any object (keys are compared
// decoded, so "a" equals "\u0061"), arrays of at most MaxArray elements, numbers of bounded length. At the top level
// the JSON-LD keywords @graph, @included, @reverse, @id and @type are refused: with them an inner activity can be made
// to look like the outer one to software that processes JSON-LD.
//
// The error is a *[SyntaxError]. Check allocates little and does not recurse.
func Check(body []byte) error {
	return check(body, true)
}

// check is Check, with the JSON-LD keywords refused only on demand: a WebFinger answer is no JSON-LD.
func check(body []byte, refuseKeywords bool) error {
	if !utf8.Valid(body) {
		return &SyntaxError{Kind: KindBadUTF8, Offset: badUTF8(body)}
	}
	c := checker{data: body, refuseKeywords: refuseKeywords}
	c.keys = c.keysBuf[:0]
	if kind := c.document(); kind != "" {
		return &SyntaxError{Kind: kind, Offset: c.pos}
	}
	return nil
}

// manyKeys is the size from which an object's keys are kept in a map: comparing each with all before it costs the
// square of their number, and a megabyte holds 150,000 keys.
const manyKeys = 24

// A level is an array or object that was opened and not yet closed.
type level struct {
	array    bool
	elements int                 // of an array
	firstKey int                 // of an object: where its keys begin in checker.keys
	seen     map[string]struct{} // of an object with many keys
}

type checker struct {
	data           []byte
	pos            int
	refuseKeywords bool
	depth          int
	levels         [MaxDepth]level
	keys           [][]byte // decoded keys of all open objects
	keysBuf        [64][]byte
}

// document reads everything. Like all methods of checker it returns the kind of the first fault, which is at c.pos,
// or "".
func (c *checker) document() Kind {
	c.space()
	if c.peek() != '{' {
		return KindMalformed
	}
	for {
		opened, kind := c.value()
		if kind != "" {
			return kind
		}
		if opened {
			continue
		}
		done, kind := c.afterValue()
		if kind != "" || done {
			return kind
		}
	}
}

// value reads a scalar, an empty array or object, or the opening of one up to its first value (opened is then true).
func (c *checker) value() (opened bool, kind Kind) {
	switch b := c.peek(); {
	case b == '{':
		return c.open(false, '}')
	case b == '[':
		return c.open(true, ']')
	case b == '"':
		_, kind = c.str()
	case b == '-' || isDigit(b):
		kind = c.number()
	case b == 't':
		kind = c.literal("true")
	case b == 'f':
		kind = c.literal("false")
	case b == 'n':
		kind = c.literal("null")
	default:
		kind = KindMalformed
	}
	return false, kind
}

func (c *checker) open(array bool, closing byte) (opened bool, kind Kind) {
	if c.depth == MaxDepth {
		return false, KindTooDeep
	}
	c.levels[c.depth] = level{array: array, firstKey: len(c.keys)}
	c.depth++
	c.pos++
	c.space()
	if c.peek() == closing {
		c.close()
		return false, ""
	}
	if array {
		c.levels[c.depth-1].elements = 1
		return true, ""
	}
	return true, c.key()
}

func (c *checker) close() {
	c.pos++
	c.depth--
	c.keys = c.keys[:c.levels[c.depth].firstKey]
}

// afterValue reads what follows a value up to the next value. done means the document has ended.
func (c *checker) afterValue() (done bool, kind Kind) {
	for {
		c.space()
		if c.depth == 0 {
			if c.pos < len(c.data) {
				return false, KindMalformed
			}
			return true, ""
		}
		l := &c.levels[c.depth-1]
		switch b := c.peek(); {
		case b == ',' && l.array:
			l.elements++
			if l.elements > MaxArray {
				return false, KindTooLargeArray
			}
			c.pos++
			c.space()
			return false, ""
		case b == ',':
			c.pos++
			c.space()
			return false, c.key()
		case b == ']' && l.array, b == '}' && !l.array:
			c.close()
		default:
			return false, KindMalformed
		}
	}
}

// key reads a key and its colon.
func (c *checker) key() Kind {
	start := c.pos
	if c.peek() != '"' {
		return KindMalformed
	}
	escaped, kind := c.str()
	if kind != "" {
		return kind
	}
	key := c.data[start+1 : c.pos-1]
	if escaped {
		key = unescape(key)
	}
	if kind := c.remember(key); kind != "" {
		c.pos = start
		return kind
	}
	c.space()
	if c.peek() != ':' {
		return KindMalformed
	}
	c.pos++
	c.space()
	return ""
}

func (c *checker) remember(key []byte) Kind {
	if c.depth == 1 && c.refuseKeywords {
		switch string(key) {
		case "@graph", "@included", "@reverse", "@id", "@type":
			return KindKeyword
		}
	}
	l := &c.levels[c.depth-1]
	mine := c.keys[l.firstKey:]
	if l.seen == nil && len(mine) == manyKeys {
		l.seen = make(map[string]struct{}, 4*manyKeys)
		for _, k := range mine {
			l.seen[string(k)] = struct{}{}
		}
	}
	if l.seen != nil {
		if _, ok := l.seen[string(key)]; ok {
			return KindDuplicateKey
		}
		l.seen[string(key)] = struct{}{}
		return ""
	}
	for _, k := range mine {
		if bytes.Equal(k, key) {
			return KindDuplicateKey
		}
	}
	c.keys = append(c.keys, key)
	return ""
}
