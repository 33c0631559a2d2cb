package sig_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"stoa/activitypub/sig"
)

func TestKeysRoundTrip(t *testing.T) {
	text := must(sig.EncodePrivateKey(rsaKey()))
	back, err := sig.ParsePrivateKey(text)
	if err != nil || !back.Equal(rsaKey()) {
		t.Errorf("private key came back changed: %v", err)
	}
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey())}))
	if back, err = sig.ParsePrivateKey(pkcs1); err != nil || !back.Equal(rsaKey()) {
		t.Errorf("PKCS#1 private key came back changed: %v", err)
	}
	if bits := rsaKey().N.BitLen(); bits != 2048 {
		t.Errorf("new keys have %d bits", bits)
	}
	for _, key := range []crypto.PublicKey{rsaKey().Public(), edKey.Public(), p256Key().Public()} {
		text := must(sig.EncodePublicKey(key))
		if !strings.HasPrefix(text, "-----BEGIN PUBLIC KEY-----\n") {
			t.Errorf("%T is written as %.30q", key, text)
		}
		got, err := sig.ParsePublicKey(text)
		if err != nil {
			t.Fatal(err)
		}
		if !got.(interface{ Equal(crypto.PublicKey) bool }).Equal(key) {
			t.Errorf("%T came back changed", key)
		}
	}
}

func TestParsePublicKeyForms(t *testing.T) {
	spki := must(sig.EncodePublicKey(rsaKey().Public()))
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)}))
	for name, text := range map[string]string{
		"SPKI": spki, "PKCS#1": pkcs1, "no final line break": strings.TrimSpace(spki),
		"carriage returns": strings.ReplaceAll(spki, "\n", "\r\n"), "blank lines after": spki + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			key, err := sig.ParsePublicKey(text)
			if err != nil {
				t.Fatal(err)
			}
			if !rsaKey().PublicKey.Equal(key) {
				t.Error("another key")
			}
		})
	}
}

// publicRSA makes a public key of some size without the cost of a real one.
func publicRSA(bits int) *rsa.PublicKey {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}
}

func TestRefusesKeys(t *testing.T) {
	spki := must(sig.EncodePublicKey(rsaKey().Public()))
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	for name, text := range map[string]string{
		"empty": "", "no PEM": "MIIB", "certificate": strings.ReplaceAll(spki, "PUBLIC KEY", "CERTIFICATE"),
		"private key":  must(sig.EncodePrivateKey(rsaKey())),
		"garbage":      string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")})),
		"two keys":     spki + spki,
		"1024 bits":    must(sig.EncodePublicKey(publicRSA(1024))),
		"2047 bits":    must(sig.EncodePublicKey(publicRSA(2047))),
		"8193 bits":    must(sig.EncodePublicKey(publicRSA(8193))),
		"P-384":        must(sig.EncodePublicKey(p384.Public())),
		"far too long": spki + strings.Repeat("\n", 20000),
	} {
		t.Run(name, func(t *testing.T) {
			key, err := sig.ParsePublicKey(text)
			wantKind(t, err, sig.BadKey)
			if key != nil {
				t.Error("a key beside the error")
			}
		})
	}
	for _, bits := range []int{2048, 8192} {
		if _, err := sig.ParsePublicKey(must(sig.EncodePublicKey(publicRSA(bits)))); err != nil {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
	t.Run("weak key from elsewhere", func(t *testing.T) {
		s := must(sig.Examine(post().message(), policy()))
		wantKind(t, s.Verify(publicRSA(1024)), sig.BadKey)
		wantKind(t, s.Verify(&rsa.PublicKey{}), sig.BadKey)
		wantKind(t, s.Verify((*rsa.PublicKey)(nil)), sig.BadKey)
		wantKind(t, s.Verify((*ecdsa.PublicKey)(nil)), sig.BadKey)
	})
	for name, text := range map[string]string{
		"public": spki, "Ed25519": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(edKey))})),
		"garbage": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte("x")})), "empty": "",
	} {
		t.Run("private: "+name, func(t *testing.T) {
			_, err := sig.ParsePrivateKey(text)
			wantKind(t, err, sig.BadKey)
		})
	}
}
