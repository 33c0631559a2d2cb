package media

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// Prefix is where the addresses of pictures begin.
const Prefix = "/media/"

const macBytes = 16

// Signer makes and reads addresses of pictures.
type Signer struct{ key [sha256.Size]byte }

// NewSigner derives the key from a secret of the node, which must stay the same:
// with another one every address in a browser's cache leads nowhere.
func NewSigner(secret []byte) *Signer {
	s := &Signer{}
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write([]byte("addresses of pictures")) // a hash never fails
	copy(s.key[:], mac.Sum(nil))
	return s
}

// Address is the path at which the picture of a URL is shown:
// /media/{size}/{mac}/{url in base64url}.
func (s *Signer) Address(url string, size Size) string {
	e := base64.RawURLEncoding
	return Prefix + string(size) + "/" + e.EncodeToString(s.mac(url, size)) + "/" + e.EncodeToString([]byte(url))
}

// Read is the URL behind the parts of such a path. ok is false unless Address
// made it.
func (s *Signer) Read(size Size, mac, encoded string) (url string, ok bool) {
	e := base64.RawURLEncoding.Strict()
	raw, err := e.DecodeString(encoded)
	if err != nil || !size.Known() {
		return "", false
	}
	claimed, err := e.DecodeString(mac)
	if err != nil || subtle.ConstantTimeCompare(claimed, s.mac(string(raw), size)) != 1 {
		return "", false
	}
	return string(raw), true
}

// Shown is the URL in a path that any Signer made, for those who need not be kept
// from making such paths up.
func Shown(path string) (url string, ok bool) {
	rest, ok := strings.CutPrefix(path, Prefix)
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 {
		return "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[2])
	return string(raw), err == nil
}

func (s *Signer) mac(url string, size Size) []byte {
	mac := hmac.New(sha256.New, s.key[:])
	_, _ = mac.Write([]byte(string(size) + "\n" + url)) // a hash never fails
	return mac.Sum(nil)[:macBytes]
}
