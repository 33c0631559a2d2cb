package proof

import (
	"bytes"
	"crypto/ed25519"
	"math/big"
	"slices"
	"strings"
)

// base58btc, without the letters that look alike.
const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// maxMultibase bounds what is read: a signature has 88 characters.
const maxMultibase = 128

// publicPrefix is the multicodec of an Ed25519 public key, as a varint.
var publicPrefix = []byte{0xed, 0x01} //nolint:gochecknoglobals // a constant

// Multikey writes a public key as publicKeyMultibase has it (FEP-521a): z6Mk…
func Multikey(key ed25519.PublicKey) string {
	return toMultibase(append(slices.Clone(publicPrefix), key...))
}

// ParseMultikey reads what [Multikey] writes. Keys of other kinds are refused;
// the error is an *[Error] of kind BadKey.
func ParseMultikey(text string) (ed25519.PublicKey, error) {
	raw, err := fromMultibase(text)
	if err != nil {
		return nil, refuse(BadKey, "no base58btc")
	}
	key, ok := bytes.CutPrefix(raw, publicPrefix)
	if !ok || len(key) != ed25519.PublicKeySize {
		return nil, refuse(BadKey, "no Ed25519 key")
	}
	return ed25519.PublicKey(key), nil
}

func toMultibase(raw []byte) string {
	n := new(big.Int).SetBytes(raw)
	var out []byte
	rest, base := new(big.Int), big.NewInt(int64(len(alphabet)))
	for n.Sign() > 0 {
		n.DivMod(n, base, rest)
		out = append(out, alphabet[rest.Int64()])
	}
	for _, b := range raw { // zeros before a number are lost in it
		if b != 0 {
			break
		}
		out = append(out, alphabet[0])
	}
	slices.Reverse(out)
	return "z" + string(out)
}

func fromMultibase(text string) ([]byte, error) {
	digits, ok := strings.CutPrefix(text, "z")
	if !ok || digits == "" || len(text) > maxMultibase {
		return nil, refuse(Malformed, "no base58btc")
	}
	n, base := new(big.Int), big.NewInt(int64(len(alphabet)))
	zeros, leading := 0, true
	for _, c := range []byte(digits) {
		value := strings.IndexByte(alphabet, c)
		if value < 0 {
			return nil, refuse(Malformed, "no base58btc")
		}
		if leading = leading && value == 0; leading {
			zeros++
		}
		n.Add(n.Mul(n, base), big.NewInt(int64(value)))
	}
	return append(make([]byte, zeros), n.Bytes()...), nil
}
