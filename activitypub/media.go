package activitypub

import "strings"

// A Source is what the author typed. Mbin sends a bare string on link posts, which is read as Content without a
// MediaType: not Markdown.
type Source struct {
	Content   string `json:"content"`
	MediaType string `json:"mediaType"`
}

func readSource(raw []byte) Source {
	if s, ok := readString(raw); ok {
		return Source{Content: cut(s, MaxContent)}
	}
	var s Source
	eachField(raw, func(key, value []byte) {
		switch string(key) {
		case "content":
			s.Content = readText(value, MaxContent)
		case "mediaType":
			s.MediaType = readText(value, MaxName)
		}
	})
	return s
}

// An Attachment is something that hangs on an object: a link, a picture, a recording.
type Attachment struct {
	Type      string // Link, Image, Document, Video, Audio, …
	URL       string // href or url, never empty
	MediaType string
	Name      string // alternative text
	Width     int    // pixels, 0 when not said
	Height    int
	Blurhash  string
	Poster    string // the address of a still of a recording, as icon
}

// readAttachments reads attachment; entries without an address, such as a PropertyValue, are skipped.
func readAttachments(raw []byte) []Attachment {
	var all []Attachment
	eachItem(raw, func(value []byte) bool {
		if a := readAttachment(value); a.URL != "" && a.Type != "PropertyValue" {
			all = append(all, a)
		}
		return len(all) < MaxAttachments
	})
	return all
}

func readAttachment(raw []byte) Attachment {
	if url := readAddress(raw); url != "" {
		return Attachment{Type: "Link", URL: url}
	}
	var a Attachment
	var links []Link
	eachField(raw, func(key, value []byte) {
		switch string(key) {
		case "type":
			a.Type, _ = readType(value) // an attachment without a type is judged by its media type
		case "href":
			a.URL = readAddress(value)
		case "url":
			links = readLinks(value)
		case "mediaType":
			a.MediaType = readText(value, MaxName)
		case "name":
			a.Name = readText(value, MaxContent)
		case "summary":
			if a.Name == "" {
				a.Name = readText(value, MaxContent)
			}
		case "width":
			a.Width = readCount(value)
		case "height":
			a.Height = readCount(value)
		case "blurhash":
			a.Blurhash = readText(value, MaxName)
		case "icon":
			a.Poster = readPoster(value)
		}
	})
	if len(links) > 0 && a.URL == "" {
		a.URL = links[0].Href
		if a.MediaType == "" {
			a.MediaType = links[0].MediaType
		}
	}
	return a
}

// readPoster does not look into the icon of an icon.
func readPoster(raw []byte) string {
	poster := readAddress(raw)
	if links := readLinks(field(raw, "url")); poster == "" && len(links) > 0 {
		poster = links[0].Href
	}
	return poster
}

// readImage reads image or icon: a string, an object, or an array of these, of which the widest is taken, the first
// among equals. The zero Image means none.
func readImage(raw []byte) Image {
	var best Image
	n := 0
	eachItem(raw, func(value []byte) bool {
		a := readAttachment(value)
		if a.URL != "" && (best.URL == "" || a.Width > best.Width) {
			best = Image{URL: a.URL, MediaType: a.MediaType, Name: a.Name, Width: a.Width, Height: a.Height, Blurhash: a.Blurhash}
		}
		n++
		return n < MaxAttachments
	})
	return best
}

// readLinks reads url: a string, a Link, or an array of these. Links inside a Link's tag (PeerTube puts the files of
// a streaming playlist there) are not followed.
func readLinks(raw []byte) []Link {
	var all []Link
	eachItem(raw, func(value []byte) bool {
		var l Link
		if value[0] == '"' {
			l.Href = readAddress(value)
		} else {
			eachField(value, func(key, value []byte) {
				switch string(key) {
				case "href":
					l.Href = readAddress(value)
				case "mediaType":
					l.MediaType = readText(value, MaxName)
				case "name":
					l.Name = readText(value, MaxName)
				case "rel":
					l.Rel = readText(value, MaxName)
				case "width":
					l.Width = readCount(value)
				case "height":
					l.Height = readCount(value)
				}
			})
		}
		if l.Href != "" {
			all = append(all, l)
		}
		return len(all) < MaxAttachments
	})
	return all
}

// readAddress reads the address of a page or picture. WordPress writes it as it stands in its HTML: there every & is
// a character reference, and what follows the # in that would be lost as a fragment.
func readAddress(raw []byte) string { return references.Replace(readIRI(raw)) }

var references = strings.NewReplacer("&#038;", "&", "&#38;", "&", "&amp;", "&")

// bestPage returns the link that is a page for people.
func bestPage(links []Link) string {
	plain := ""
	for _, l := range links {
		if !isWeb(l.Href) {
			continue
		}
		switch kind, _, _ := strings.Cut(strings.ToLower(l.MediaType), ";"); strings.TrimSpace(kind) {
		case "text/html", "application/xhtml+xml":
			return l.Href
		case "":
			if plain == "" {
				plain = l.Href
			}
		}
	}
	return plain
}

func isWeb(iri string) bool {
	scheme, _, ok := strings.Cut(iri, "://")
	return ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}

// A Tag is an entry of tag as another server says it: Mention, Hashtag, Emoji, CommunityPostTag, …
type Tag struct {
	Type     string
	ID       string
	Name     string // "@user@host", "#word", ":shortcode:"; for post tags preferredUsername when there is no name, display_name with PieFed
	Href     string
	Icon     Image  // of an Emoji
	Username string // preferredUsername of a CommunityPostTag
	Color    string // of a CommunityPostTag, "color01" to "color10"
	Media    string // mediaType of a Link
	Rel      string // of a Link
}

func readTags(raw []byte) []Tag {
	var all []Tag
	eachItem(raw, func(value []byte) bool {
		var t Tag
		var shown string
		ok := eachField(value, func(key, value []byte) {
			switch string(key) {
			case "type":
				t.Type, _ = readType(value) // dropped below
			case "id":
				t.ID = readIRI(value)
			case "name":
				t.Name = readText(value, MaxName)
			case "href":
				t.Href = readIRI(value)
			case "icon":
				t.Icon = readImage(value)
			case "preferredUsername":
				t.Username = readText(value, MaxName)
			case "display_name":
				shown = readText(value, MaxName)
			case "color":
				t.Color = readText(value, MaxName)
			case "mediaType":
				t.Media = readText(value, MaxName)
			case "rel":
				t.Rel = readRel(value)
			}
		})
		for _, name := range []string{t.Username, shown} {
			if t.Name == "" {
				t.Name = name
			}
		}
		if ok && t.Type != "" {
			all = append(all, t)
		}
		return len(all) < MaxTags
	})
	return all
}

// readRel reads rel: words in one string, or an array of them.
func readRel(raw []byte) string {
	var all []string
	eachItem(raw, func(value []byte) bool {
		if s := readText(value, MaxName); s != "" {
			all = append(all, s)
		}
		return len(all) < MaxAuthors
	})
	return strings.Join(all, " ")
}

// IsObject reports whether a tag is a link to an object of ActivityPub (FEP-e232).
func (t Tag) IsObject() bool {
	kind, parameters, _ := strings.Cut(strings.ToLower(t.Media), ";")
	kind = strings.TrimSpace(kind)
	return t.Type == "Link" && t.Href != "" && (kind == "application/activity+json" || kind == "application/ld+json" && strings.Contains(parameters, "activitystreams"))
}
