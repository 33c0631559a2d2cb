package sig

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// The parts of RFC 8941 that signatures and digests are written in. The
// general parser below the RFC 9421 library lets the last of doubled keys
// win, as RFC 8941 says for dictionaries; here doubling must be seen.

// byteMember is "key=:base64:".
type byteMember struct {
	key   string
	value []byte
}

// signatureInput is one member of a Signature-Input field.
type signatureInput struct {
	label   string
	covered []string
	params  []inputParam
}

type inputParam struct {
	key string
	raw string // bare item as written; "" for a bare key, which means true
}

// parseByteSequences reads a dictionary whose values are all byte sequences.
func parseByteSequences(text string) ([]byteMember, error) {
	var members []byteMember
	err := parseDictionary(text, func(c *cursor, key string) error {
		raw, err := c.bareItem()
		if err != nil {
			return err
		}
		if raw[0] != ':' {
			return fmt.Errorf("%.40q is no byte sequence", key)
		}
		value, err := base64.StdEncoding.DecodeString(raw[1 : len(raw)-1])
		if err != nil {
			return fmt.Errorf("%.40q is not base64", key)
		}
		members = append(members, byteMember{key, value})
		return nil
	})
	return members, err
}

// parseSignatureInputs reads a Signature-Input field (RFC 9421 §4.1). Covered
// components with parameters of their own are refused: no peer uses them, and
// each opens another way to read the message.
func parseSignatureInputs(text string) ([]signatureInput, error) {
	var inputs []signatureInput
	err := parseDictionary(text, func(c *cursor, key string) error {
		in := signatureInput{label: key}
		if !c.take('(') {
			return fmt.Errorf("%.40q is no list", key)
		}
		for {
			c.blanks()
			if c.take(')') {
				break
			}
			raw, err := c.bareItem()
			if err != nil {
				return err
			}
			if raw[0] != '"' {
				return fmt.Errorf("covered component %.40q", raw)
			}
			if n := c.peek(); n != ' ' && n != ')' {
				return fmt.Errorf("covered component %.40q has parameters", raw)
			}
			in.covered = append(in.covered, unquote(raw))
		}
		for c.take(';') {
			c.blanks()
			name, err := c.key()
			if err != nil {
				return err
			}
			p := inputParam{key: name}
			if c.take('=') {
				if p.raw, err = c.bareItem(); err != nil {
					return err
				}
			}
			in.params = append(in.params, p)
		}
		inputs = append(inputs, in)
		return nil
	})
	return inputs, err
}

// canonical writes the list and its parameters as RFC 8941 §4.1 serialises
// them; this text is part of what was signed.
func (in signatureInput) canonical() string {
	var b strings.Builder
	b.WriteByte('(')
	for i, name := range in.covered {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(`"` + name + `"`)
	}
	b.WriteByte(')')
	for _, p := range in.params {
		b.WriteString(";" + p.key)
		if p.raw != "" {
			b.WriteString("=" + p.raw)
		}
	}
	return b.String()
}

func parseDictionary(text string, member func(*cursor, string) error) error {
	if len(text) > maxHeader {
		return fmt.Errorf("%d bytes long", len(text))
	}
	c := &cursor{s: text}
	for {
		c.blanks()
		key, err := c.key()
		if err != nil {
			return err
		}
		if !c.take('=') {
			return fmt.Errorf("no value for %.40q", key)
		}
		if err := member(c, key); err != nil {
			return err
		}
		c.blanks()
		if c.i == len(c.s) {
			return nil
		}
		if !c.take(',') {
			return fmt.Errorf("text after %.40q", key)
		}
	}
}

// cursor walks over the text of a structured field.
type cursor struct {
	s string
	i int
}

// peek returns the next byte, 0 at the end. No rule has a use for NUL, so one in
// the text is an error like any other stray byte.
func (c *cursor) peek() byte {
	if c.i < len(c.s) {
		return c.s[c.i]
	}
	return 0
}

func (c *cursor) take(b byte) bool {
	if c.i < len(c.s) && c.s[c.i] == b {
		c.i++
		return true
	}
	return false
}

func (c *cursor) blanks() {
	for c.peek() == ' ' || c.peek() == '\t' {
		c.i++
	}
}

// while consumes bytes that satisfy ok and returns them.
func (c *cursor) while(ok func(byte) bool) string {
	start := c.i
	for c.i < len(c.s) && ok(c.s[c.i]) {
		c.i++
	}
	return c.s[start:c.i]
}

func (c *cursor) key() (string, error) {
	if b := c.peek(); !isLower(b) && b != '*' {
		return "", errors.New("a key was expected")
	}
	return c.while(func(b byte) bool {
		return isLower(b) || isDigit(b) || b == '_' || b == '-' || b == '.' || b == '*'
	}), nil
}

// bareItem returns the text of a string, byte sequence, number, boolean or
// token. It is never empty.
func (c *cursor) bareItem() (string, error) {
	start := c.i
	switch b := c.peek(); {
	case b == '"':
		return c.quoted()
	case b == ':':
		c.i++
		c.while(isBase64)
		if !c.take(':') {
			return "", errors.New("unfinished byte sequence")
		}
	case b == '-' || isDigit(b):
		c.i++
		c.while(func(b byte) bool { return isDigit(b) || b == '.' })
	case b == '?':
		c.i++
		if !c.take('0') && !c.take('1') {
			return "", errors.New("unknown boolean")
		}
	case isLower(b) || isUpper(b) || b == '*':
		c.while(func(b byte) bool {
			return isLower(b) || isUpper(b) || isDigit(b) || strings.IndexByte("!#$%&'*+-.^_`|~:/", b) >= 0
		})
	default:
		return "", errors.New("a value was expected")
	}
	return c.s[start:c.i], nil
}

// quoted returns a string with its quotes and escapes.
func (c *cursor) quoted() (string, error) {
	start := c.i
	for c.i++; c.i < len(c.s); c.i++ {
		switch b := c.s[c.i]; {
		case b == '"':
			c.i++
			return c.s[start:c.i], nil
		case b == '\\':
			c.i++
			if n := c.peek(); n != '"' && n != '\\' {
				return "", errors.New("unknown escape in a string")
			}
		case b < ' ' || b > '~':
			return "", errors.New("character not allowed in a string")
		}
	}
	return "", errors.New("unfinished string")
}

// unquote takes quotes and escapes off what quoted returned.
func unquote(raw string) string {
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(raw[1 : len(raw)-1])
}

func isLower(b byte) bool { return 'a' <= b && b <= 'z' }
func isUpper(b byte) bool { return 'A' <= b && b <= 'Z' }
func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isBase64(b byte) bool {
	return isLower(b) || isUpper(b) || isDigit(b) || b == '+' || b == '/' || b == '='
}
