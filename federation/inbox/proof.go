package inbox

import (
	"crypto"
	"sync"

	"stoa/activitypub/sig"
)

// maxProofs bounds how many public keys are kept parsed, of about 1 KB each.
const maxProofs = 4096

// proofs verifies signatures. It keeps keys parsed, by their text: reading one
// takes a fifth of what the proof itself does (9 µs beside 45).
type proofs struct {
	mu   sync.Mutex
	keys map[string]crypto.PublicKey
}

func (p *proofs) verify(s *sig.Signature, pem string) error {
	key, err := p.key(pem)
	if err != nil {
		return err
	}
	return s.Verify(key)
}

func (p *proofs) key(pem string) (crypto.PublicKey, error) {
	p.mu.Lock()
	key, ok := p.keys[pem]
	p.mu.Unlock()
	if ok {
		return key, nil
	}
	key, err := sig.ParsePublicKey(pem)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys == nil {
		p.keys = map[string]crypto.PublicKey{}
	}
	if len(p.keys) >= maxProofs {
		for other := range p.keys { // any: the order of a map is as good as random
			delete(p.keys, other)
			break
		}
	}
	p.keys[pem] = key
	return key, nil
}
