package fedtest

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand/v2"
	"sync"
)

// Keyring makes keys from a seed and remembers them. The same seed and label
// give the same key in every run: peers that cache keys (GoToSocial never
// fetches a known one again) then survive a restart of the rig. It is worth
// sharing between peers, since an RSA key costs a tenth of a second. Not for
// use outside tests: whoever knows the seed has the keys.
type Keyring struct {
	seed  uint64
	mu    sync.Mutex
	made  map[string]*rsa.PrivateKey
	share int
}

// NewKeyring returns a ring whose keys differ for each label.
func NewKeyring(seed uint64) *Keyring {
	return &Keyring{seed: seed, made: map[string]*rsa.PrivateKey{}}
}

// NewSharedKeyring returns a ring with no more than n RSA keys, dealt out
// by label. For load, where a thousand actors need signatures but nobody
// tries to pass for another.
func NewSharedKeyring(seed uint64, n int) *Keyring {
	k := NewKeyring(seed)
	k.share = n
	return k
}

// RSA returns the 2048-bit key for a label.
func (k *Keyring) RSA(label string) *rsa.PrivateKey {
	if k.share > 0 {
		sum := sha256.Sum256([]byte(label))
		label = fmt.Sprintf("shared %d", binary.BigEndian.Uint32(sum[:])%uint32(k.share))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.made[label]
	if !ok {
		key = deriveRSA(k.stream("rsa " + label))
		k.made[label] = key
	}
	return key
}

// Ed25519 returns the key for a label.
func (k *Keyring) Ed25519(label string) ed25519.PrivateKey {
	var seed [ed25519.SeedSize]byte
	_, _ = k.stream("ed25519 " + label).Read(seed[:]) // never fails
	return ed25519.NewKeyFromSeed(seed[:])
}

func (k *Keyring) stream(label string) *rand.ChaCha8 {
	return rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%d %s", k.seed, label)))
}

// deriveRSA looks for primes in a stream of pseudo-random bytes. The standard
// library's generator cannot be made to repeat itself.
func deriveRSA(stream *rand.ChaCha8) *rsa.PrivateKey {
	const e = 65537
	one := big.NewInt(1)
	for {
		p, q := derivePrime(stream), derivePrime(stream)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(big.NewInt(e), phi)
		n := new(big.Int).Mul(p, q)
		if d == nil || p.Cmp(q) == 0 || n.BitLen() != 2048 {
			continue
		}
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: e}, D: d, Primes: []*big.Int{p, q}}
		key.Precompute()
		if key.Validate() == nil {
			return key
		}
	}
}

func derivePrime(stream *rand.ChaCha8) *big.Int {
	var b [128]byte
	_, _ = stream.Read(b[:]) // never fails
	b[0] |= 0xc0             // so that two of them make 2048 bits
	b[127] |= 1
	// Trial division first: it spares two of three costly tests.
	start := new(big.Int).SetBytes(b[:])
	primes := smallPrimes()
	residues := make([]uint64, len(primes))
	for i, q := range primes {
		residues[i] = new(big.Int).Mod(start, new(big.Int).SetUint64(q)).Uint64()
	}
candidates:
	for delta := uint64(0); ; delta += 2 {
		for i, q := range primes {
			if (residues[i]+delta)%q == 0 {
				continue candidates
			}
		}
		if n := new(big.Int).Add(start, new(big.Int).SetUint64(delta)); n.ProbablyPrime(1) {
			return n
		}
	}
}

// smallPrimes returns the odd primes below 8192.
func smallPrimes() []uint64 {
	var composite [8192]bool
	var primes []uint64
	for n := 3; n < len(composite); n += 2 {
		if composite[n] {
			continue
		}
		primes = append(primes, uint64(n))
		for m := n * n; m < len(composite); m += 2 * n {
			composite[m] = true
		}
	}
	return primes
}
