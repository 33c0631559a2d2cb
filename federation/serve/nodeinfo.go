package serve

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	ap "stoa/activitypub"
)

// software is the name by which peers choose the dialect they speak with us. It
// must not be that of a microblog.
const software = "stoa"

// relApplication leads to the actor that signs what this node fetches (FEP-2677).
const relApplication = "https://www.w3.org/ns/activitystreams#Application"

// nodeInfoLinks is where a look at a server begins (FEP-f1d5).
func (s *Server) nodeInfoLinks(*http.Request) (*answer, error) {
	base := s.publish.Base()
	return discovery("application/json", ap.NodeInfoLinks{Links: []ap.JRDLink{
		{Rel: ap.RelNodeInfo20, Href: base + "/nodeinfo/2.0"},
		{Rel: ap.RelNodeInfo21, Href: base + "/nodeinfo/2.1"},
		{Rel: relApplication, Href: s.publish.NodeURI()},
	}})
}

func (s *Server) nodeInfo(r *http.Request) (*answer, error) {
	n, err := s.reader.Counts(r.Context())
	if err != nil {
		return nil, err
	}
	version := mux.Vars(r)["version"]
	doc := ap.NewNodeInfo(version, ap.NodeInfoSoftware{Name: software, Version: s.version}, s.open, ap.NodeInfoUsage{
		Users:      ap.NodeInfoUsers{Total: n.People, ActiveHalfyear: n.ActiveHalfYear, ActiveMonth: n.ActiveMonth},
		LocalPosts: n.Posts, LocalComments: n.Comments,
	})
	return discovery(strings.Replace(ap.ContentTypeNodeInfo, "2.1", version, 1), doc)
}
