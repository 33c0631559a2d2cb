package fedtest

import "fmt"

// Software is the kind of server a peer plays: the addresses of its actors,
// the shape of its documents, how it signs and what it refuses. The value is
// the software.name of its NodeInfo.
type Software string

// The software that is known here. Any other name behaves like Mastodon.
const (
	Mastodon   Software = "mastodon"
	GoToSocial Software = "gotosocial"
	Lemmy      Software = "lemmy"
	PieFed     Software = "piefed"
	Mbin       Software = "mbin"
	NodeBB     Software = "nodebb"
	Discourse  Software = "discourse"
	PeerTube   Software = "peertube"
	WordPress  Software = "wordpress"
)

// AllSoftware lists the kinds above whose people write in communities of others,
// for tests that run over all of them; Homes those that have communities.
func AllSoftware() []Software {
	return []Software{Mastodon, GoToSocial, Lemmy, PieFed, Mbin, NodeBB, Discourse}
}

// Homes lists the software that has communities others can follow.
func Homes() []Software {
	return []Software{Lemmy, PieFed, Mbin, NodeBB, Discourse, PeerTube, WordPress}
}

// version is what NodeInfo names if Options.Version is empty.
func (s Software) version() string {
	switch s {
	case Mastodon:
		return "4.6.5"
	case GoToSocial:
		return "0.20.0"
	case Lemmy:
		return "1.0.0"
	case PieFed:
		return "1.3.0"
	case Mbin:
		return "1.9.0"
	case NodeBB:
		return "4.15.1"
	case Discourse:
		return "2026.6.0"
	case PeerTube:
		return "8.2.2"
	case WordPress:
		return "6.9"
	}
	return "1.0.0"
}

// actorPath is where an actor lives. NodeBB and Discourse count and hash, the
// others use the name.
func (p *Peer) actorPath(kind, name string) string {
	group, site := kind == "Group", kind == "Application"
	switch p.software {
	case Lemmy, PieFed:
		switch {
		case site:
			return "/"
		case group:
			return "/c/" + name
		}
		return "/u/" + name
	case Mbin:
		switch {
		case site:
			return "/i/actor"
		case group:
			return "/m/" + name
		}
		return "/u/" + name
	case NodeBB:
		switch {
		case site:
			return "/actor"
		case group:
			return fmt.Sprintf("/category/%d", p.count())
		}
		return fmt.Sprintf("/uid/%d", p.count())
	case Discourse:
		return "/ap/actor/" + p.hex(16)
	case PeerTube:
		switch {
		case group:
			return "/video-channels/" + name
		case site:
			return "/accounts/peertube"
		}
		return "/accounts/" + name
	case WordPress:
		switch {
		case group:
			return "/@" + name
		case site:
			return "/wp-json/activitypub/application"
		}
		return "/author/" + name
	default:
		if site && p.software != GoToSocial {
			return "/actor"
		}
		return "/users/" + name
	}
}

// keyID is how the software names an actor's key. GoToSocial uses a path with
// a document of its own.
func (p *Peer) keyID(actor string) string {
	switch p.software {
	case GoToSocial:
		return actor + "/main-key"
	case NodeBB:
		return actor + "#key"
	default:
		return actor + "#main-key"
	}
}

// sharedInboxPath is empty where the software has none.
func (s Software) sharedInboxPath() string {
	switch s {
	case GoToSocial:
		return ""
	case Mbin:
		return "/f/inbox"
	case Discourse:
		return "/ap/users/inbox"
	case WordPress:
		return "/wp-json/activitypub/1.0/inbox"
	default:
		return "/inbox"
	}
}

// old reports Lemmy's 0.19 line, which addresses and undoes otherwise.
func (p *Peer) oldLemmy() bool {
	return p.software == Lemmy && len(p.version) > 2 && p.version[:2] == "0."
}
