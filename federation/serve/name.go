package serve

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"stoa/federation/forum"
	"stoa/storage"
)

// handle is what an address calls somebody: a name, and a host when that is not
// this node. Both are lower case.
type handle struct{ name, host string }

// readHandle reads NAME or NAME@HOST; false when nobody can be called that.
func (s *Server) readHandle(text string) (handle, bool) {
	if len(text) > 512 || !plain(text) {
		return handle{}, false
	}
	name, host, given := strings.Cut(strings.ToLower(text), "@")
	if given && host == "" {
		return handle{}, false
	}
	if host == s.publish.Host() {
		host = ""
	}
	if host == "" && forum.CheckName(name) != nil {
		return handle{}, false
	}
	return handle{name, host}, name != ""
}

// plain reports whether text is printable ASCII without blanks. Other letters
// have no place in a host as it is written in ids, and some of them turn into
// ASCII when their case is changed.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// actor is what communities and people have in common here.
type actor struct {
	uri   string
	name  string
	local bool
	away  bool // taken away, or gone
}

// place decides what an address of an actor gets, before it is looked at
// further: nil when the actor lives here and this is how it is written. Actors
// of others answer at home, and so do those whose address was written in
// capitals: an id has one spelling.
func place(r *http.Request, prefix string, a actor) (*answer, error) {
	asked := mux.Vars(r)["name"]
	rest := strings.TrimPrefix(r.URL.Path, prefix+asked)
	switch {
	case !a.local && rest == "":
		return moved(a.uri)
	case !a.local:
		return nil, storage.ErrNotFound
	case asked != a.name:
		return moved(a.uri + rest)
	case a.away && rest == "":
		return gone(a.uri)
	case a.away:
		return nil, forum.Refuse(forum.Gone, "taken-away", "This has been taken away.")
	}
	return nil, nil
}
