package fedtest

import (
	"crypto/ed25519"
	"crypto/rsa"
	"math/big"
	"strings"

	"stoa/activitypub/sig"
)

// Doc is a JSON document.
type Doc = map[string]any

// Public is the collection of everybody.
const Public = "https://www.w3.org/ns/activitystreams#Public"

const activityStreams = "https://www.w3.org/ns/activitystreams"

// Actor is a person, a community or the server itself. Its fields may be
// changed before its document is first served.
type Actor struct {
	Type, Name string
	ID, URL    string
	Inbox      string
	Outbox     string
	Followers  string
	Moderators string // communities only
	Featured   string
	KeyID      string

	// Extra is laid over the document; a nil value removes the key.
	Extra Doc

	peer *Peer
	key  *rsa.PrivateKey // if it was replaced
}

// Person returns the person of that name, making it if need be.
func (p *Peer) Person(name string) *Actor { return p.actor("Person", name) }

// Group returns the community of that name, making it if need be.
func (p *Peer) Group(name string) *Actor { return p.actor("Group", name) }

// Site returns the actor that stands for the server.
func (p *Peer) Site() *Actor { return p.actor("Application", p.base.Hostname()) }

func (p *Peer) actor(kind, name string) *Actor {
	p.mu.Lock()
	a, ok := p.names[kind+" "+name]
	p.mu.Unlock()
	if ok {
		return a
	}
	path := p.actorPath(kind, name)
	id := p.URL(path)
	under := strings.TrimSuffix(id, "/")
	a = &Actor{
		Type: kind, Name: name, ID: id, URL: id, KeyID: p.keyID(id),
		Inbox: under + "/inbox", Outbox: under + "/outbox", Followers: under + "/followers", Featured: under + "/featured",
		peer: p,
	}
	switch p.software {
	case Mastodon:
		a.URL, a.Featured = p.URL("/@"+name), under+"/collections/featured"
	case GoToSocial:
		a.URL, a.Featured = p.URL("/@"+name), under+"/collections/featured"
	case Lemmy:
		if !p.oldLemmy() {
			a.Inbox = p.SharedInbox() // 1.0 has no other
		}
	}
	if kind == "Group" {
		a.Moderators = under + "/moderators"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if first, ok := p.names[kind+" "+name]; ok {
		return first
	}
	p.names[kind+" "+name] = a
	p.actors[path] = a
	if inbox := p.path(a.Inbox); inbox != p.software.sharedInboxPath() {
		p.inboxes[inbox] = a
	}
	return a
}

// Peer returns the server the actor lives on.
func (a *Actor) Peer() *Peer { return a.peer }

// Handle returns "@name@host:port".
func (a *Actor) Handle() string { return "@" + a.Name + "@" + a.peer.Host() }

// Key returns the actor's RSA key.
func (a *Actor) Key() *rsa.PrivateKey {
	if a.key != nil {
		return a.key
	}
	return a.peer.keys.RSA(a.peer.options.Host + " " + a.Type + " " + a.Name)
}

// Rekey gives the actor another key under the same id, as a careless
// reinstallation does. To be called before others use the actor.
func (a *Actor) Rekey(key *rsa.PrivateKey) { a.key = key }

// Ed25519 returns the actor's second key, and Ed25519KeyID its id.
func (a *Actor) Ed25519() ed25519.PrivateKey {
	return a.peer.keys.Ed25519(a.peer.options.Host + " " + a.Type + " " + a.Name)
}

// Ed25519KeyID returns the id of the key that Ed25519 returns.
func (a *Actor) Ed25519KeyID() string { return strings.TrimSuffix(a.ID, "/") + "#ed25519-key" }

// Document returns the actor as its software writes it.
func (a *Actor) Document() Doc {
	p := a.peer
	d := Doc{
		"@context": []any{activityStreams, "https://w3id.org/security/v1"},
		"id":       a.ID, "type": a.Type, "preferredUsername": a.Name, "name": a.Name,
		"inbox": a.Inbox, "outbox": a.Outbox, "followers": a.Followers, "url": a.URL,
		"published": "2026-01-01T00:00:00Z",
	}
	shared := p.SharedInbox()
	switch p.software {
	case Discourse:
		d["sharedInbox"] = shared // at the top, not among the endpoints
	case GoToSocial:
	case Lemmy:
		if p.oldLemmy() {
			d["endpoints"] = Doc{"sharedInbox": shared}
		}
	default:
		d["endpoints"] = Doc{"sharedInbox": shared}
	}
	switch p.software {
	case Mastodon, GoToSocial:
		d["following"], d["featured"] = strings.TrimSuffix(a.ID, "/")+"/following", a.Featured
		d["manuallyApprovesFollowers"], d["discoverable"], d["indexable"] = false, true, true
		d["summary"], d["tag"], d["attachment"] = "<p>"+a.Name+"</p>", []any{}, []any{}
	case NodeBB:
		delete(d, "followers")
		if a.Type != "Group" {
			d["followers"] = a.Followers
		}
		delete(d, "published")
	}
	switch a.Type {
	case "Group":
		switch p.software {
		case Mastodon, GoToSocial:
		case PeerTube: // the account behind the channel
			d["attributedTo"] = []any{Doc{"type": "Person", "id": p.Person("owner").ID}}
		case WordPress:
			d["attributedTo"], d["moderators"], d["postingRestrictedToMods"] = a.Moderators, a.Moderators, true
		default:
			d["attributedTo"], d["postingRestrictedToMods"] = a.Moderators, false
		}
		if p.software == Lemmy || p.software == PieFed || p.software == Mbin {
			d["featured"], d["sensitive"] = a.Featured, false
			d["manuallyApprovesFollowers"], d["discoverable"] = false, true
		}
		if p.software == PieFed {
			d["moderators"], d["privateMods"], d["newModsWanted"] = a.Moderators, false, false
		}
	case "Application":
		delete(d, "followers")
	}
	d["publicKey"] = a.publicKeys()
	if p.options.Ed25519 {
		d["assertionMethod"] = []any{Doc{ // FEP-521a
			"id": a.Ed25519KeyID(), "type": "Multikey", "controller": a.ID,
			"publicKeyMultibase": multibase(a.Ed25519().Public().(ed25519.PublicKey)),
		}}
	}
	for k, v := range a.Extra {
		if v == nil {
			delete(d, k)
		} else {
			d[k] = v
		}
	}
	return d
}

// keyDocument is what GoToSocial serves at a key's own address, even unsigned:
// a stub of the actor.
func (a *Actor) keyDocument() Doc {
	return Doc{
		"@context": []any{activityStreams, "https://w3id.org/security/v1"},
		"id":       a.ID, "type": a.Type, "preferredUsername": a.Name, "publicKey": a.publicKeys(),
	}
}

func (a *Actor) publicKeys() any {
	rsaKey := Doc{"id": a.KeyID, "owner": a.ID, "publicKeyPem": publicPEM(&a.Key().PublicKey)}
	if !a.peer.options.Ed25519 {
		return rsaKey
	}
	return []any{rsaKey, Doc{
		"id": a.Ed25519KeyID(), "owner": a.ID, "publicKeyPem": publicPEM(a.Ed25519().Public()),
	}}
}

func publicPEM(key any) string {
	text, err := sig.EncodePublicKey(key)
	if err != nil {
		return err.Error() // a key made here can always be encoded
	}
	return text
}

// multibase writes an Ed25519 key as a Multikey: base58btc of 0xed 0x01 and
// the key.
func multibase(key ed25519.PublicKey) string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	n := new(big.Int).SetBytes(append([]byte{0xed, 0x01}, key...))
	var digits []byte
	rest, base := new(big.Int), big.NewInt(58)
	for n.Sign() > 0 {
		n.DivMod(n, base, rest)
		digits = append(digits, alphabet[rest.Int64()])
	}
	for i, j := 0, len(digits)-1; i < j; i, j = i+1, j-1 {
		digits[i], digits[j] = digits[j], digits[i]
	}
	return "z" + string(digits)
}
