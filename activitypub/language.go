package activitypub

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
