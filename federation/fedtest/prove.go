package fedtest

import (
	"encoding/json"
	"time"

	"stoa/activitypub/proof"
)

// Prove returns an activity or object with an integrity proof by its Ed25519 key
// (FEP-8b32), made now. The peer needs Options.Ed25519 for others to find the key.
func (a *Actor) Prove(d Doc) Doc { return a.ProveAt(d, a.peer.now()) }

// ProveAt is Prove with another moment.
func (a *Actor) ProveAt(d Doc, created time.Time) Doc {
	signed, err := proof.Sign(encode(d), a.Ed25519KeyID(), a.Ed25519(), created)
	if err != nil {
		panic(err) // what tests write can be signed
	}
	var proven Doc
	if err := json.Unmarshal(signed, &proven); err != nil {
		panic(err)
	}
	return proven
}
