package activitypub

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// readString decodes a JSON string and takes NUL out of it, which Postgres cannot hold. ok is false for other types.
func readString(raw []byte) (s string, ok bool) {
	s, ok = unquote(raw)
	return strings.ReplaceAll(s, "\x00", ""), ok
}

// unquote decodes a JSON string.
func unquote(raw []byte) (s string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	end := stringEnd(raw, 0)
	if end < 0 {
		return "", false
	}
	inside := raw[1 : end-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		return string(inside), true
	}
	return string(unescape(inside)), true
}

// readText reads a string and cuts it to limit bytes; other types give "".
func readText(raw []byte, limit int) string {
	s, _ := readString(raw)
	return cut(s, limit)
}

// cut shortens s to at most limit bytes without breaking a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// readIRI reads a string that can be an IRI: bounded, without blanks and control characters. Otherwise "": an IRI that
// was mended names something else.
func readIRI(raw []byte) string {
	s, ok := unquote(raw)
	if !ok || len(s) > MaxIRI || !cleanIRI(s) {
		return ""
	}
	return s
}

// readID reads an IRI or the id of an embedded object, also from an array of one.
func readID(raw []byte) string {
	var id string
	eachItem(raw, func(value []byte) bool {
		if value[0] == '{' {
			id = readIRI(field(value, "id"))
		} else {
			id = readIRI(value)
		}
		return id == ""
	})
	return id
}

// readIDs reads one or many of what readID reads, without repeats of neighbours.
func readIDs(raw []byte, limit int) []string {
	var ids []string
	eachItem(raw, func(value []byte) bool {
		if id := readID(value); value[0] != '[' && id != "" {
			ids = append(ids, id)
		}
		return len(ids) < limit
	})
	return ids
}

// readAddressees reads to, cc, bto, bcc or audience. The short forms of [Public] become the full one.
func readAddressees(raw []byte) []string {
	ids := readIDs(raw, MaxAddressees)
	for i, id := range ids {
		if id == "as:Public" || id == "Public" {
			ids[i] = Public
		}
	}
	return ids
}

func readBool(raw []byte) bool { return len(raw) > 0 && raw[0] == 't' }

// readFlag reads a bool that has a third state, absent.
func readFlag(raw []byte) *bool {
	if len(raw) == 0 || raw[0] != 't' && raw[0] != 'f' {
		return nil
	}
	b := raw[0] == 't'
	return &b
}

// readCount reads a number that counts something: a whole number from 0 to 2³¹−1, otherwise 0.
func readCount(raw []byte) int {
	n, err := strconv.ParseUint(string(raw), 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// readType reads type: a string, or the first string of an array.
func readType(raw []byte) (string, error) {
	var kind string
	wrong := len(raw) == 0
	eachItem(raw, func(value []byte) bool {
		s, ok := readString(value)
		wrong = wrong || !ok && raw[0] != '['
		if ok {
			kind = cut(s, MaxName)
		}
		return kind == ""
	})
	switch {
	case len(raw) == 0:
		return "", &FieldError{Kind: KindMissing, Field: "type"}
	case wrong || kind == "":
		return "", &FieldError{Kind: KindWrongType, Field: "type"}
	}
	return kind, nil
}

// readOwnID reads id, which must be a string when it is there at all.
func readOwnID(raw []byte) (string, error) {
	if len(raw) == 0 {
		return "", nil
	}
	return strictIRI(raw, "id")
}

func strictIRI(raw []byte, name string) (string, error) {
	if raw[0] != '"' {
		return "", &FieldError{Kind: KindWrongType, Field: name}
	}
	id := readIRI(raw)
	if id == "" {
		return "", &FieldError{Kind: KindBadIRI, Field: name}
	}
	return id, nil
}

// readActorID reads actor: an IRI, or an embedded actor with an id, as Discourse sends it.
func readActorID(raw []byte) (string, error) {
	switch {
	case len(raw) == 0:
		return "", &FieldError{Kind: KindMissing, Field: "actor"}
	case raw[0] == '{':
		id := field(raw, "id")
		if id == nil {
			return "", &FieldError{Kind: KindWrongType, Field: "actor"}
		}
		return strictIRI(id, "actor")
	}
	return strictIRI(raw, "actor")
}

// A Language is how Lemmy names a language. Both fields are strings to everybody who reads it; a bare string in place
// of the object makes Lemmy refuse the whole document.
type Language struct {
	Identifier string `json:"identifier"` // BCP 47
	Name       string `json:"name"`
}

// readLanguage reads a language object or a bare tag.
func readLanguage(raw []byte) Language {
	if tag, ok := readString(raw); ok {
		return Language{Identifier: cut(tag, MaxName)}
	}
	var l Language
	eachField(raw, func(key, value []byte) {
		switch string(key) {
		case "identifier":
			l.Identifier = readText(value, MaxName)
		case "name":
			l.Name = readText(value, MaxName)
		}
	})
	return l
}

func readLanguages(raw []byte) []Language {
	var all []Language
	eachItem(raw, func(value []byte) bool {
		if l := readLanguage(value); l.Identifier != "" {
			all = append(all, l)
		}
		return len(all) < MaxLanguages
	})
	return all
}

// readLanguageMap keeps the document's order: the first entry is the language the author wrote in.
func readLanguageMap(raw []byte, limit int) []LanguageText {
	var all []LanguageText
	eachField(raw, func(key, value []byte) {
		if text, ok := readString(value); ok && len(all) < MaxLanguages {
			all = append(all, LanguageText{Language: cut(string(key), MaxName), Text: cut(text, limit)})
		}
	})
	return all
}
