package sig

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"
)

// checkDigest compares a Digest header (RFC 3230) with the body. Every SHA-256
// entry must be right and there must be one; the algorithm's case is free
// (GoToSocial writes it small), other algorithms are passed over.
func checkDigest(values []string, body []byte) error {
	if len(values) == 0 {
		return refuse(DigestMissing, "no Digest header")
	}
	sum := sha256.Sum256(body)
	found := false
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		algorithm, text, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return refuse(Malformed, "Digest %.80q", part)
		}
		if !strings.EqualFold(algorithm, "SHA-256") {
			continue
		}
		got, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return refuse(Malformed, "Digest %.80q", part)
		}
		if !bytes.Equal(got, sum[:]) {
			return refuse(DigestMismatch, "Digest is not that of the %d bytes received", len(body))
		}
		found = true
	}
	if !found {
		return refuse(DigestMissing, "no SHA-256 in the Digest header")
	}
	return nil
}

// checkContentDigest does the same for Content-Digest (RFC 9530 §2), where
// sha-256 and sha-512 count.
func checkContentDigest(values []string, body []byte) error {
	if len(values) == 0 {
		return refuse(DigestMissing, "no Content-Digest header")
	}
	members, err := parseByteSequences(strings.Join(values, ", "))
	if err != nil {
		return refuse(Malformed, "Content-Digest: %v", err)
	}
	found := false
	for _, m := range members {
		var sum []byte
		switch m.key {
		case "sha-256":
			s := sha256.Sum256(body)
			sum = s[:]
		case "sha-512":
			s := sha512.Sum512(body)
			sum = s[:]
		default:
			continue
		}
		if !bytes.Equal(m.value, sum) {
			return refuse(DigestMismatch, "Content-Digest %s is not that of the %d bytes received", m.key, len(body))
		}
		found = true
	}
	if !found {
		return refuse(DigestMissing, "neither sha-256 nor sha-512 in Content-Digest")
	}
	return nil
}
