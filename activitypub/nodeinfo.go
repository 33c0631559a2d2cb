package activitypub

import "slices"

// A NodeInfo describes a server, by schema 2.0 or 2.1 of the NodeInfo protocol.
type NodeInfo struct {
	Version           string           `json:"version"` // 2.0 or 2.1
	Software          NodeInfoSoftware `json:"software"`
	Protocols         []string         `json:"protocols"`
	Services          NodeInfoServices `json:"services"`
	OpenRegistrations bool             `json:"openRegistrations"`
	Usage             NodeInfoUsage    `json:"usage"`
	Metadata          struct{}         `json:"metadata"`
}

// NodeInfoSoftware names the program. Several peers choose the dialect they speak by Name.
type NodeInfoSoftware struct {
	Name       string `json:"name"` // [a-z0-9-]+
	Version    string `json:"version"`
	Repository string `json:"repository,omitempty"` // schema 2.1 alone
	Homepage   string `json:"homepage,omitempty"`   // schema 2.1 alone
}

// NodeInfoServices lists bridges to other networks.
type NodeInfoServices struct {
	Inbound  IRIs `json:"inbound"`
	Outbound IRIs `json:"outbound"`
}

// NodeInfoUsage counts.
type NodeInfoUsage struct {
	Users         NodeInfoUsers `json:"users"`
	LocalPosts    int           `json:"localPosts"`
	LocalComments int           `json:"localComments"`
}

// NodeInfoUsers counts people; active are those who posted or voted within the time.
type NodeInfoUsers struct {
	Total          int `json:"total"`
	ActiveHalfyear int `json:"activeHalfyear"`
	ActiveMonth    int `json:"activeMonth"`
}

// NewNodeInfo fills in what is the same for every answer; version is "2.0" or "2.1".
func NewNodeInfo(version string, software NodeInfoSoftware, openRegistrations bool, usage NodeInfoUsage) NodeInfo {
	if version == "2.0" {
		software.Repository, software.Homepage = "", ""
	}
	return NodeInfo{
		Version:           version,
		Software:          software,
		Protocols:         []string{"activitypub"},
		OpenRegistrations: openRegistrations,
		Usage:             usage,
	}
}

// NodeInfoLinks is the discovery document at /.well-known/nodeinfo.
type NodeInfoLinks struct {
	Links []JRDLink `json:"links"`
}

// ReadNodeInfoLinks reads a discovery document and returns where the newest schema that we know is, "" when there is
// none. The address is whatever the document says; it may lead to another host. The error is a *[SyntaxError].
func ReadNodeInfoLinks(body []byte) (string, error) {
	if err := check(body, false); err != nil {
		return "", err
	}
	links := readJRDLinks(field(body, "links"))
	for _, rel := range []string{RelNodeInfo21, RelNodeInfo20, "http://nodeinfo.diaspora.software/ns/schema/1.1", "http://nodeinfo.diaspora.software/ns/schema/1.0"} {
		i := slices.IndexFunc(links, func(l JRDLink) bool { return l.Rel == rel && l.Href != "" })
		if i >= 0 {
			return links[i].Href, nil
		}
	}
	return "", nil
}

// ReadNodeInfo reads the software of a NodeInfo document of any version; absent or mistyped names are "". The error
// is a *[SyntaxError].
func ReadNodeInfo(body []byte) (NodeInfoSoftware, error) {
	if err := check(body, false); err != nil {
		return NodeInfoSoftware{}, err
	}
	var s NodeInfoSoftware
	eachField(field(body, "software"), func(key, value []byte) {
		switch string(key) {
		case "name":
			s.Name = readText(value, MaxName)
		case "version":
			s.Version = readText(value, MaxName)
		case "repository":
			s.Repository = readIRI(value)
		case "homepage":
			s.Homepage = readIRI(value)
		}
	})
	return s, nil
}
