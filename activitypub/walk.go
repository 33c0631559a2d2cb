package activitypub

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file find their way through JSON that [Check] has passed, without decoding it. Given other
// bytes they return nothing useful, but neither panic nor loop. encoding/json is not used for reading because it
// matches keys without regard to case: "ID" would overwrite "id", for us and not for our peers.

// eachField calls f with the decoded key and the raw value of every field of an object that is not null. It reports
// whether raw is an object.
func eachField(raw []byte, f func(key, value []byte)) bool {
	return eachMember(raw, func(key, value []byte) {
		if value[0] != 'n' {
			f(key, value)
		}
	})
}

// eachMember is eachField with the nulls.
func eachMember(raw []byte, f func(key, value []byte)) bool {
	i := skipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return false
	}
	i = skipSpace(raw, i+1)
	for i < len(raw) && raw[i] == '"' {
		end := valueEnd(raw, i)
		if end < 0 {
			return false
		}
		key := raw[i+1 : end-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			key = unescape(key)
		}
		i = skipSpace(raw, end)
		if i >= len(raw) || raw[i] != ':' {
			return false
		}
		i = skipSpace(raw, i+1)
		if end = valueEnd(raw, i); end < 0 {
			return false
		}
		f(key, raw[i:end:end])
		i = skipSpace(raw, end)
		if i < len(raw) && raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
	}
	return i < len(raw) && raw[i] == '}'
}

// field returns the raw value of one field of an object, nil when it is absent or null.
func field(raw []byte, name string) []byte {
	var found []byte
	eachField(raw, func(key, value []byte) {
		if found == nil && string(key) == name {
			found = value
		}
	})
	return found
}

// eachItem calls f with every element of an array that is not null, or with raw itself when it is no array, until f
// returns false.
func eachItem(raw []byte, f func(value []byte) bool) {
	i := skipSpace(raw, 0)
	if i >= len(raw) || raw[i] == 'n' {
		return
	}
	if raw[i] != '[' {
		f(raw[i:])
		return
	}
	i = skipSpace(raw, i+1)
	for i < len(raw) && raw[i] != ']' {
		end := valueEnd(raw, i)
		if end < 0 {
			return
		}
		if raw[i] != 'n' && !f(raw[i:end:end]) {
			return
		}
		i = skipSpace(raw, end)
		if i < len(raw) && raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
	}
}

// valueEnd returns where the value that begins at i ends, -1 when it does not.
func valueEnd(raw []byte, i int) int {
	depth, start := 0, i
	for i < len(raw) {
		switch raw[i] {
		case '"':
			if i = stringEnd(raw, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return scalarEnd(start, i)
			}
			depth--
			i++
		case ',', ':', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return scalarEnd(start, i)
			}
			i++
			continue
		default:
			i++
			continue
		}
		if depth == 0 {
			return i
		}
	}
	if depth > 0 {
		return -1
	}
	return scalarEnd(start, i)
}

func scalarEnd(start, end int) int {
	if end == start {
		return -1
	}
	return end
}

func stringEnd(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

func skipSpace(raw []byte, i int) int {
	for i < len(raw) && isSpace(raw[i]) {
		i++
	}
	return i
}

// unescape decodes the inside of a JSON string. Half a surrogate pair becomes U+FFFD, as in encoding/json.
func unescape(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		if s[i] != 'u' {
			out = append(out, escapeOf(s[i]))
			continue
		}
		r := hex4(s[i+1:])
		i += 4
		if utf16.IsSurrogate(r) {
			var second rune = -1
			if i+2 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
				second = hex4(s[i+3:])
			}
			if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
				i += 6
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// hex4 reads four hexadecimal digits, -1 when s does not begin with them.
func hex4(s []byte) rune {
	if len(s) < 4 {
		return -1
	}
	var r rune
	for _, b := range s[:4] {
		switch {
		case isDigit(b):
			b -= '0'
		case 'a' <= b && b <= 'f':
			b -= 'a' - 10
		case 'A' <= b && b <= 'F':
			b -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(b)
	}
	return r
}

// escapeOf returns what a backslash before b means, 0 when it means nothing.
func escapeOf(b byte) byte {
	switch b {
	case '"', '\\', '/':
		return b
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}
