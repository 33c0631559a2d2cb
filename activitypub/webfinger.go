package activitypub

import (
	"encoding/xml"
	"strings"
)

// Relations of the links in a [JRD] and in the NodeInfo discovery document.
const (
	RelSelf        = "self"
	RelProfilePage = "http://webfinger.net/rel/profile-page"
	RelSubscribe   = "http://ostatus.org/schema/1.0/subscribe"
	RelNodeInfo20  = "http://nodeinfo.diaspora.software/ns/schema/2.0"
	RelNodeInfo21  = "http://nodeinfo.diaspora.software/ns/schema/2.1"

	// PropertyType is the property by which Lemmy says what actor a self link leads to.
	PropertyType = "https://www.w3.org/ns/activitystreams#type"
)

// A JRD is a WebFinger answer (RFC 7033 §4.4). Mastodon wants exactly one self link.
type JRD struct {
	Subject string    `json:"subject"`
	Aliases []string  `json:"aliases,omitempty"`
	Links   []JRDLink `json:"links"`
}

// A JRDLink is one link of a [JRD]. Lemmy refuses properties that are not strings.
type JRDLink struct {
	Rel        string            `json:"rel"`
	Type       string            `json:"type,omitempty"`
	Href       string            `json:"href,omitempty"`
	Template   string            `json:"template,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
}

// Limits of what is kept of a [JRD].
const (
	MaxJRDLinks      = 50
	MaxJRDAliases    = 50
	maxJRDProperties = 20
)

// NewJRD is the answer for one actor: subject is "acct:name@host", kind its type, page where people read about it.
func NewJRD(subject, actor, kind, page string) JRD {
	return JRD{
		Subject: subject,
		Aliases: []string{actor},
		Links: []JRDLink{
			{Rel: RelSelf, Type: ContentType, Href: actor, Properties: map[string]string{PropertyType: kind}},
			{Rel: RelProfilePage, Type: "text/html", Href: page},
		},
	}
}

// Actors returns where the self links to ActivityPub documents lead, in the document's order. Lemmy gives two when a
// person and a community share a name; the property [PropertyType] tells them apart.
func (j JRD) Actors() []JRDLink {
	var found []JRDLink
	for _, l := range j.Links {
		if l.Rel == RelSelf && l.Href != "" && IsActivityContentType(l.Type) {
			found = append(found, l)
		}
	}
	return found
}

// ReadJRD reads a WebFinger answer. Values of a wrong type count as absent, and links and aliases beyond the limits
// are left out.
//
// The error is a *[SyntaxError], or a *[FieldError] when there is no subject.
func ReadJRD(body []byte) (JRD, error) {
	if err := check(body, false); err != nil {
		return JRD{}, err
	}
	var j JRD
	eachField(body, func(key, value []byte) {
		switch string(key) {
		case "subject":
			j.Subject = readIRI(value)
		case "aliases":
			j.Aliases = readIDs(value, MaxJRDAliases)
		case "links":
			j.Links = readJRDLinks(value)
		}
	})
	if j.Subject == "" {
		return JRD{}, &FieldError{Kind: KindMissing, Field: "subject"}
	}
	return j, nil
}

func readJRDLinks(raw []byte) []JRDLink {
	var all []JRDLink
	eachItem(raw, func(value []byte) bool {
		var l JRDLink
		eachField(value, func(key, value []byte) {
			switch string(key) {
			case "rel":
				l.Rel = readText(value, MaxName)
			case "type":
				l.Type = readText(value, MaxName)
			case "href":
				l.Href = readIRI(value)
			case "template":
				l.Template = readText(value, MaxIRI)
			case "properties":
				l.Properties = readProperties(value)
			}
		})
		if l.Rel != "" {
			all = append(all, l)
		}
		return len(all) < MaxJRDLinks
	})
	return all
}

func readProperties(raw []byte) map[string]string {
	var m map[string]string
	eachField(raw, func(key, value []byte) {
		s, ok := readString(value)
		if !ok || len(m) >= maxJRDProperties {
			return
		}
		if m == nil {
			m = make(map[string]string)
		}
		m[cut(string(key), MaxName)] = cut(s, MaxName)
	})
	return m
}

// HostMeta writes /.well-known/host-meta (RFC 6415), which Mastodon asks for when WebFinger answers 404. base is the
// node's address without a trailing slash.
func HostMeta(base string) []byte {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(base)) // a strings.Builder takes everything
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">` +
		`<Link rel="lrdd" type="application/jrd+json" template="` + escaped.String() +
		`/.well-known/webfinger?resource={uri}"/></XRD>` + "\n")
}
