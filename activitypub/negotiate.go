package activitypub

import (
	"math"
	"mime"
	"slices"
	"strconv"
	"strings"
)

// Media types as we write them. Lemmy and NodeBB compare the text of the first: no parameter may follow it.
const (
	ContentType         = "application/activity+json"
	ContentTypeLD       = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	ContentTypeJRD      = "application/jrd+json"
	ContentTypeXRD      = "application/xrd+xml"
	ContentTypeNodeInfo = `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"`
)

const profile = "https://www.w3.org/ns/activitystreams"

// IsActivityContentType reports whether a response with this Content-Type may be an ActivityPub document:
// application/activity+json, or application/ld+json with the ActivityStreams profile. Other types are refused even
// when the body looks right: files that users upload come back as application/json or octets.
func IsActivityContentType(s string) bool {
	kind, params, err := mime.ParseMediaType(s)
	switch kind { // of a type with broken parameters the type alone is given
	case ContentType:
		return true
	case "application/ld+json":
		return err == nil && hasProfile(params["profile"])
	}
	return false
}

// IsInboxContentType reports whether a POST with this Content-Type is for an inbox. The rule is that of
// [IsActivityContentType]; the answer to anything else is 415.
func IsInboxContentType(s string) bool { return IsActivityContentType(s) }

// hasProfile reports whether a profile parameter, a list of IRIs separated by blanks, names ActivityStreams.
func hasProfile(list string) bool {
	return slices.Contains(strings.Fields(list), profile)
}

// WantsActivity reports whether a request with this Accept header, several joined by commas, is to be answered with
// ActivityPub rather than HTML: when it names application/activity+json or application/ld+json (bare, as PieFed's
// signed retry has it, or with the ActivityStreams profile) and does not name HTML with a higher quality. Wildcards
// and a missing header mean HTML.
func WantsActivity(accept string) bool {
	var activity, html float64
	for _, item := range splitQuoted(accept, ',') {
		parts := splitQuoted(item, ';')
		q, named := 1.0, ""
		for _, p := range parts[1:] {
			name, value, _ := strings.Cut(p, "=")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "q":
				q = quality(value)
			case "profile":
				named = value
			}
		}
		switch strings.ToLower(strings.TrimSpace(parts[0])) {
		case ContentType:
			activity = max(activity, q)
		case "application/ld+json":
			if named == "" || hasProfile(named) {
				activity = max(activity, q)
			}
		case "text/html", "application/xhtml+xml":
			html = max(html, q)
		}
	}
	return activity > 0 && activity >= html
}

// quality reads a weight (RFC 9110 §12.4.2); a malformed one counts as 0, so that its item is ignored.
func quality(s string) float64 {
	q, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(q) || q < 0 || q > 1 {
		return 0
	}
	return q
}

// splitQuoted splits at sep outside of double quotes.
func splitQuoted(s string, sep byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}
