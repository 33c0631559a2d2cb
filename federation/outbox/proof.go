package outbox

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"

	ap "stoa/activitypub"
	"stoa/activitypub/proof"
)

// WithProofs returns a Publisher whose actors have a key for integrity proofs
// (FEP-521a), and whose public activities of people and communities of this node
// bear one (FEP-8b32). What is for few has none: it could be shown to others as
// proof of who wrote it.
//
// The keys are made of seed and the actor's id, so that none has to be read from
// anywhere while a document is written. Whoever has the seed can sign as everybody
// here, as whoever has the database can anyway.
func (p *Publisher) WithProofs(seed []byte) *Publisher {
	with := *p
	with.seed = seed
	return &with
}

// proofKeyID is the id of an actor's key for proofs.
func proofKeyID(owner string) string { return owner + "#ed25519-key" }

func (p *Publisher) proofKey(owner string) ed25519.PrivateKey {
	m := hmac.New(sha256.New, p.seed)
	m.Write([]byte("ed25519 " + owner)) // never fails
	return ed25519.NewKeyFromSeed(m.Sum(nil))
}

// asserts is what an actor's document says of its key for proofs; nothing where
// there are none.
func (p *Publisher) asserts(owner string) []ap.Multikey {
	if p.seed == nil {
		return nil
	}
	public, ok := p.proofKey(owner).Public().(ed25519.PublicKey)
	if !ok {
		return nil
	}
	return []ap.Multikey{{ID: proofKeyID(owner), Controller: owner, Key: proof.Multikey(public)}}
}

// prove writes a document with a proof by one of this node's actors.
func (p *Publisher) prove(signer string, doc any) ([]byte, error) {
	body, err := ap.EncodeProven(doc)
	if err != nil {
		return nil, err
	}
	return proof.Sign(body, proofKeyID(signer), p.proofKey(signer), p.now())
}

// features is what this node can do and nothing else shows (FEP-844e). Proofs are no
// such thing: they show by themselves, and in the actors' keys.
func features() []ap.Feature {
	const rfc9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
	return []ap.Feature{
		{Href: rfc9421, Name: "RFC-9421: HTTP Message Signatures"},
		{Href: rfc9421 + "#name-eddsa-using-curve-edwards25", Name: "RFC-9421 signatures using the Ed25519 algorithm"},
	}
}

// generator tells of the node beside one of its actors.
func (p *Publisher) generator() ap.Generator {
	return ap.Generator{ID: p.NodeURI(), Implements: features()}
}
