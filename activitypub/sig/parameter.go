package sig

import "strings"

// maxHeader bounds the text of a signature header. The longest honest one, an
// RSA key of 8192 bits and a long key id, stays below 4 KiB.
const maxHeader = 8 << 10

// parseParameters reads the comma list of name=value pairs of a draft-cavage
// Signature header (§2.1). Values may be quoted or bare, with blanks round
// commas and equal signs: several servers write one or the other. Names are
// lowered; any name given twice is refused, also one nobody knows.
func parseParameters(text string) (map[string]string, error) {
	if len(text) > maxHeader {
		return nil, refuse(Malformed, "Signature header of %d bytes", len(text))
	}
	params := make(map[string]string, 6)
	rest := text
	for {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.ToLower(strings.Trim(name, " \t"))
		if !ok || name == "" || strings.ContainsAny(name, " \t,\"") {
			return nil, refuse(Malformed, "parameter %.40q", name)
		}
		value, tail, ok := cutValue(strings.TrimLeft(after, " \t"))
		if !ok {
			return nil, refuse(Malformed, "value of parameter %.40q", name)
		}
		if _, twice := params[name]; twice {
			return nil, refuse(DuplicateParameter, "%.40q", name)
		}
		params[name] = value
		tail = strings.TrimLeft(tail, " \t")
		if tail == "" {
			return params, nil
		}
		if tail[0] != ',' {
			return nil, refuse(Malformed, "text after parameter %.40q", name)
		}
		rest = tail[1:]
	}
}

// cutValue splits a quoted string or a bare word off the front of s.
func cutValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexByte(s, ',')
		if end < 0 {
			end = len(s)
		}
		value = strings.TrimRight(s[:end], " \t")
		return value, s[end:], value != "" && !strings.ContainsAny(value, " \t\"")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			i++
			if i == len(s) {
				return "", "", false
			}
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}
