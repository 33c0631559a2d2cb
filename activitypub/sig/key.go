package sig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

// Sizes of RSA keys, in bits. Shorter ones can be forged; longer ones let a
// stranger choose how long a verification takes.
const (
	MinRSABits = 2048
	MaxRSABits = 8192
	newRSABits = 2048 // what every peer can read
)

const maxPEM = 16 << 10

// ParsePublicKey reads the publicKeyPem of an actor: one PEM block, "PUBLIC
// KEY" (RSA, Ed25519 or ECDSA P-256) or "RSA PUBLIC KEY". A key that Verify
// would not take is refused here already. Errors are *Error of kind BadKey.
func ParsePublicKey(text string) (crypto.PublicKey, error) {
	block, err := onePEM(text)
	if err != nil {
		return nil, err
	}
	var key crypto.PublicKey
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return nil, refuse(BadKey, "PEM block %.40q", block.Type)
	}
	if err != nil {
		return nil, refuse(BadKey, "%v", err)
	}
	if err := checkKey(key); err != nil {
		return nil, err
	}
	return key, nil
}

func checkKey(key crypto.PublicKey) error {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if key == nil || key.N == nil {
			return refuse(BadKey, "empty RSA key")
		}
		if bits := key.N.BitLen(); bits < MinRSABits || bits > MaxRSABits {
			return refuse(BadKey, "RSA key of %d bits, not %d to %d", bits, MinRSABits, MaxRSABits)
		}
		return nil
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize {
			return refuse(BadKey, "Ed25519 key of %d bytes", len(key))
		}
		return nil
	case *ecdsa.PublicKey:
		if key == nil || key.Curve != elliptic.P256() {
			return refuse(BadKey, "ECDSA key on another curve than P-256")
		}
		return nil
	}
	return refuse(BadKey, "keys of type %T are not supported", key)
}

// EncodePublicKey writes a key as the publicKeyPem of an actor: SPKI, the one
// form that every peer reads.
func EncodePublicKey(key crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("encoding public key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// GenerateKey makes the key of a new actor: RSA with 2048 bits, since most of
// the fediverse verifies nothing else.
func GenerateKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, newRSABits)
	if err != nil {
		return nil, fmt.Errorf("generating key: %w", err)
	}
	return key, nil
}

// EncodePrivateKey writes a key as PKCS#8 PEM.
func EncodePrivateKey(key *rsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("encoding private key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// ParsePrivateKey reads what EncodePrivateKey wrote, and PKCS#1 as well.
// Errors are *Error of kind BadKey and never quote the key.
func ParsePrivateKey(text string) (*rsa.PrivateKey, error) {
	block, err := onePEM(text)
	if err != nil {
		return nil, err
	}
	var parsed any
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		return nil, refuse(BadKey, "PEM block %.40q", block.Type)
	}
	if err != nil {
		return nil, refuse(BadKey, "%v", err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, refuse(BadKey, "%T is no RSA key", parsed)
	}
	if err := checkKey(&key.PublicKey); err != nil {
		return nil, err
	}
	return key, nil
}

func onePEM(text string) (*pem.Block, error) {
	if len(text) > maxPEM {
		return nil, refuse(BadKey, "PEM of %d bytes", len(text))
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil {
		return nil, refuse(BadKey, "no PEM block")
	}
	if strings.TrimSpace(string(rest)) != "" {
		return nil, refuse(BadKey, "text after the PEM block")
	}
	return block, nil
}
