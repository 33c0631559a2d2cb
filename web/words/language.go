package words

import (
	"golang.org/x/text/language"
)

// Languages are all catalogues; the first is for those who ask for none of them.
var Languages = []*Words{English, German}

var languageMatcher = func() language.Matcher {
	tags := make([]language.Tag, len(Languages))
	for i, w := range Languages {
		tags[i] = language.MustParse(w.Tag)
	}
	return language.NewMatcher(tags)
}()

// longestAccept is how much of an Accept-Language header is read.
const longestAccept = 200

// For is the catalogue that suits an Accept-Language header best (RFC 9110
// §12.5.4).
func For(accept string) *Words {
	if len(accept) > longestAccept {
		accept = accept[:longestAccept]
	}
	tags, weights, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return Languages[0]
	}
	for len(weights) > 0 && weights[len(weights)-1] <= 0 { // sorted by weight; 0 refuses
		tags, weights = tags[:len(weights)-1], weights[:len(weights)-1]
	}
	if len(tags) == 0 {
		return Languages[0]
	}
	_, i, confidence := languageMatcher.Match(tags...)
	if confidence == language.No {
		return Languages[0]
	}
	return Languages[i]
}

// Of is the catalogue of a tag; nil where there is none.
func Of(tag string) *Words {
	for _, w := range Languages {
		if w.Tag == tag {
			return w
		}
	}
	return nil
}
