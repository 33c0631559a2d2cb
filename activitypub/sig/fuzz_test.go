package sig_test

import (
	"crypto"
	"errors"
	"net/http"
	"testing"

	"stoa/activitypub/sig"
)

// FuzzExamine feeds strangers' header text. It must never panic, never fail
// with another type of error, and never verify with a key that signed nothing.
func FuzzExamine(f *testing.F) {
	plain, modern := post().message(), post9421().message()
	f.Add("POST", "/inbox", plain.Header.Get("Signature"), "", plain.Header.Get("Digest"), plain.Header.Get("Date"))
	f.Add("POST", "/inbox?a=b", modern.Header.Get("Signature"), modern.Header.Get("Signature-Input"), modern.Header.Get("Content-Digest"), "")
	f.Add("POST", "/inbox", `keyId="https://a/b",algorithm="hs2019",created="1795428000",expires=1795428300,headers="(request-target) host (created) (expires) digest",signature="AAAA"`,
		"", plain.Header.Get("Digest"), "")
	f.Add("GET", "/", `keyId = "acct:a@b" , headers="(request-target) host date" ,signature="AA=="`, "", "", plain.Header.Get("Date"))
	f.Add("GET", "/%", "s=:AAAA:", `s=("@method" "@authority" "@path" "@query" "host");created=1795428000;keyid="https://a\"b";alg="ed25519"`, "", "")
	keys := []crypto.PublicKey{otherKey().Public(), p256Key().Public(), edKey.Public()}
	f.Fuzz(func(t *testing.T, method, target, signature, input, digest, date string) {
		h := http.Header{"Signature": {signature}, "Digest": {digest}, "Content-Digest": {digest}, "Date": {date}}
		if input != "" {
			h.Set("Signature-Input", input)
		}
		var payload []byte
		if method == "POST" {
			payload = body
		}
		s, err := sig.Examine(sig.Message{Method: method, Target: target, Host: "stoa.example", Header: h, Body: payload}, policy())
		var e *sig.Error
		if err != nil {
			if !errors.As(err, &e) || s != nil {
				t.Fatalf("got %v, %v", s, err)
			}
			return
		}
		for _, key := range keys {
			if err := s.Verify(key); err == nil {
				t.Fatalf("verified with a key that signed nothing: %+v", s)
			} else if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
		}
	})
}
