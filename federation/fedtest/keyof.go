package fedtest

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"net/http"

	"stoa/activitypub/sig"
)

// VerifyWith makes the peer verify what comes in from now on; see
// Options.KeyOf.
func (p *Peer) VerifyWith(keyOf func(keyID string) (crypto.PublicKey, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keyOf = keyOf
}

// KeysOf knows the keys of all actors of some peers, without asking over HTTP.
func KeysOf(peers ...*Peer) func(keyID string) (crypto.PublicKey, error) {
	return func(keyID string) (crypto.PublicKey, error) {
		for _, p := range peers {
			p.mu.Lock()
			for _, a := range p.actors {
				if keyID == a.KeyID || keyID == a.Ed25519KeyID() {
					p.mu.Unlock()
					if keyID == a.KeyID {
						return a.Key().Public(), nil
					}
					return a.Ed25519().Public(), nil
				}
			}
			p.mu.Unlock()
		}
		return nil, fmt.Errorf("fedtest: no peer has the key %s", keyID)
	}
}

// FetchKey gets a key the way servers do: the document at the key id, which
// lists the key among its publicKey, with the id that was asked for.
func (p *Peer) FetchKey(ctx context.Context, keyID string) (crypto.PublicKey, error) {
	res, err := p.Get(ctx, keyID, SignAs{})
	if err != nil {
		return nil, err
	}
	if res.Status != http.StatusOK {
		return nil, fmt.Errorf("fedtest: %s answered %d", keyID, res.Status)
	}
	var d Doc
	if err := json.Unmarshal(res.Body, &d); err != nil {
		return nil, fmt.Errorf("fedtest: %s: %w", keyID, err)
	}
	keys, ok := d["publicKey"].([]any)
	if !ok {
		keys = []any{d["publicKey"]}
	}
	for _, k := range keys {
		if k, ok := k.(Doc); ok && k["id"] == keyID && k["owner"] == d["id"] {
			return sig.ParsePublicKey(text(k["publicKeyPem"]))
		}
	}
	return nil, fmt.Errorf("fedtest: %s does not list that key", keyID)
}
