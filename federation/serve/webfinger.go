package serve

import (
	"net/http"
	"strings"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// webfinger tells which actor a name belongs to (RFC 7033), by acct: or by the
// actor's own id.
//
// The subject repeats an acct: exactly as it was asked for. GoToSocial takes a
// subject in another case for another account, and Lemmy's debug build stops;
// Mastodon compares without regard to case.
func (s *Server) webfinger(r *http.Request) (*answer, error) {
	resource := r.URL.Query().Get("resource")
	if resource == "" {
		return nil, forum.Refuse(forum.Invalid, "no-resource", "WebFinger needs a resource to look for.")
	}
	if len(resource) > ap.MaxIRI || !plain(resource) {
		return nil, storage.ErrNotFound
	}
	if rest, ok := cutFold(resource, s.publish.Base()); ok {
		return s.fingerPath(r, rest)
	}
	acct := resource
	if rest, ok := cutFold(resource, "acct:"); ok {
		acct = rest
	}
	at := strings.LastIndexByte(acct, '@')
	if at < 0 || !strings.EqualFold(acct[at+1:], s.publish.Host()) {
		return nil, storage.ErrNotFound
	}
	return s.finger(r, acct[:at], "acct:"+acct)
}

// fingerPath looks for an actor by the path of its id.
func (s *Server) fingerPath(r *http.Request, path string) (*answer, error) {
	name := ""
	switch {
	case path == "" || path == "/":
		name = s.publish.Host()
	case strings.HasPrefix(path, "/c/"), strings.HasPrefix(path, "/u/"):
		name = strings.ToLower(path[len("/c/"):])
	}
	a, err := s.fingered(r, name)
	if err != nil {
		return nil, err
	}
	// The name may be that of a person where a community was asked for.
	if len(path) > 1 && !strings.EqualFold(a.uri, s.publish.Base()+path) {
		return nil, storage.ErrNotFound
	}
	return a.answer("acct:" + a.name + "@" + s.publish.Host())
}

func (s *Server) finger(r *http.Request, name, subject string) (*answer, error) {
	a, err := s.fingered(r, strings.ToLower(name))
	if err != nil {
		return nil, err
	}
	return a.answer(subject)
}

// fingered is an actor of ours as WebFinger tells of it.
type fingered struct{ name, uri, kind string }

// fingered finds the one actor with a name: people and communities never share
// one.
func (s *Server) fingered(r *http.Request, name string) (fingered, error) {
	if name == s.publish.Host() {
		return fingered{name, s.publish.NodeURI(), "Application"}, nil
	}
	if forum.CheckName(name) != nil {
		return fingered{}, storage.ErrNotFound
	}
	c, err := s.reader.Community(r.Context(), name, "")
	if err == nil {
		return fingered{c.Name, c.URI, "Group"}.unless(c.Removed)
	}
	if !isNotFound(err) {
		return fingered{}, err
	}
	p, err := s.reader.Person(r.Context(), name, "")
	if err != nil {
		return fingered{}, err
	}
	return fingered{p.Name, p.URI, "Person"}.unless(p.Gone)
}

// unless refuses an actor that was taken away.
func (f fingered) unless(away bool) (fingered, error) {
	if away {
		return f, forum.Refuse(forum.Gone, "taken-away", "This has been taken away.")
	}
	return f, nil
}

func (f fingered) answer(subject string) (*answer, error) {
	return discovery(ap.ContentTypeJRD, ap.NewJRD(subject, f.uri, f.kind, f.uri))
}

// hostMeta says where WebFinger is (RFC 6415).
func (s *Server) hostMeta(*http.Request) (*answer, error) {
	return &answer{kind: ap.ContentTypeXRD + "; charset=utf-8", body: ap.HostMeta(s.publish.Base()), keep: keepDiscovery}, nil
}

func (s *Server) hostMetaJSON(*http.Request) (*answer, error) {
	return discovery(ap.ContentTypeJRD, struct {
		Links []ap.JRDLink `json:"links"`
	}{[]ap.JRDLink{{
		Rel: "lrdd", Type: ap.ContentTypeJRD, Template: s.publish.Base() + "/.well-known/webfinger?resource={uri}",
	}}})
}

// cutFold takes a prefix off without regard to case.
func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
