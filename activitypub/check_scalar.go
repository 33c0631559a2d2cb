package activitypub

import "unicode/utf8"

func (c *checker) peek() byte {
	if c.pos < len(c.data) {
		return c.data[c.pos]
	}
	return 0
}

func (c *checker) space() {
	for c.pos < len(c.data) && isSpace(c.data[c.pos]) {
		c.pos++
	}
}

func (c *checker) literal(word string) Kind {
	if len(c.data)-c.pos < len(word) || string(c.data[c.pos:c.pos+len(word)]) != word {
		return KindMalformed
	}
	c.pos += len(word)
	return ""
}

// str reads a string from its opening quote; escaped says whether it holds a backslash.
func (c *checker) str() (escaped bool, kind Kind) {
	for i := c.pos + 1; i < len(c.data); i++ {
		switch b := c.data[i]; {
		case b == '"':
			c.pos = i + 1
			return escaped, ""
		case b == '\\':
			escaped = true
			i++
			if i < len(c.data) && c.data[i] == 'u' {
				if len(c.data)-i < 5 || hex4(c.data[i+1:]) < 0 {
					c.pos = i
					return escaped, KindMalformed
				}
				i += 4
			} else if i >= len(c.data) || escapeOf(c.data[i]) == 0 {
				c.pos = i
				return escaped, KindMalformed
			}
		case b < 0x20:
			c.pos = i
			return escaped, KindMalformed
		}
	}
	c.pos = len(c.data)
	return escaped, KindMalformed
}

func (c *checker) number() Kind {
	start := c.pos
	if c.peek() == '-' {
		c.pos++
	}
	switch {
	case c.peek() == '0':
		c.pos++
	case c.digits() == 0:
		return KindMalformed
	}
	if c.peek() == '.' {
		c.pos++
		if c.digits() == 0 {
			return KindMalformed
		}
	}
	exponent := 0
	if b := c.peek(); b == 'e' || b == 'E' {
		c.pos++
		if b := c.peek(); b == '+' || b == '-' {
			c.pos++
		}
		if exponent = c.digits(); exponent == 0 {
			return KindMalformed
		}
	}
	if c.pos-start > MaxNumber || exponent > 3 {
		c.pos = start
		return KindBadNumber
	}
	return ""
}

func (c *checker) digits() int {
	start := c.pos
	for c.pos < len(c.data) && isDigit(c.data[c.pos]) {
		c.pos++
	}
	return c.pos - start
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

// badUTF8 returns where the first byte that is no UTF-8 stands.
func badUTF8(body []byte) int {
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(body)
}
