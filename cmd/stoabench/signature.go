package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"net/http"
	"net/url"
	"time"

	"stoa/activitypub/sig"
	"stoa/federation/fedtest"
)

// checkTime is the processor time of judging a signature: all of its form, the
// digest, the key read from its text, and the proof.
func checkTime(base string, letters []letter) (time.Duration, error) {
	ours, err := url.Parse(base)
	if err != nil {
		return 0, err
	}
	type check struct {
		message sig.Message
		pem     string
	}
	pems := map[string]string{}
	checks := make([]check, len(letters))
	for i, l := range letters {
		body, err := bodyOf(l.request)
		if err != nil {
			return 0, err
		}
		m := sig.Message{Method: http.MethodPost, Target: l.request.URL.RequestURI(), Host: ours.Host, Header: l.request.Header, Body: body}
		s, err := sig.Examine(m, sig.Policy{BaseURL: ours})
		if err != nil {
			return 0, err
		}
		if pems[s.KeyID] == "" {
			key, err := l.peer.FetchKey(context.Background(), s.KeyID)
			if err != nil {
				return 0, err
			}
			if pems[s.KeyID], err = sig.EncodePublicKey(key); err != nil {
				return 0, err
			}
		}
		checks[i] = check{m, pems[s.KeyID]}
	}
	return perCall(len(checks), func(i int) error {
		s, err := sig.Examine(checks[i].message, sig.Policy{BaseURL: ours})
		if err != nil {
			return err
		}
		key, err := sig.ParsePublicKey(checks[i].pem)
		if err != nil {
			return err
		}
		return s.Verify(key)
	})
}

// signTime is the processor time of signing a delivery.
func signTime(ctx context.Context, a *fedtest.Actor) (time.Duration, error) {
	body := bytes.Repeat([]byte("x"), 1024)
	return perCall(500, func(int) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Inbox, bytes.NewReader(body))
		if err != nil {
			return err
		}
		return sig.Sign(r, body, a.KeyID, a.Key(), time.Now())
	})
}

// bareRSA is what this machine needs for a signature and its proof alone, with
// nothing round them: what figures taken elsewhere can be held against.
func bareRSA(key *rsa.PrivateKey) (sign, prove time.Duration, err error) {
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return 0, 0, err
	}
	if sign, err = perCall(300, func(int) error {
		_, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		return err
	}); err != nil {
		return 0, 0, err
	}
	prove, err = perCall(3000, func(int) error { return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) })
	return sign, prove, err
}
