package sig_test

import (
	"testing"

	"stoa/activitypub/sig"
)

func BenchmarkVerify(b *testing.B) {
	modern := post9421()
	ed := post9421()
	ed.sign = signEd
	for _, bb := range []struct {
		name string
		m    sig.Message
		key  any
	}{
		{"Cavage", post().message(), rsaKey().Public()},
		{"RFC9421", modern.message(), rsaKey().Public()},
		{"RFC9421Ed25519", ed.message(), edKey.Public()},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := sig.Examine(bb.m, policy())
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Verify(bb.key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkExamine(b *testing.B) {
	m := post().message()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sig.Examine(m, policy()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	r := request(b, "POST", "https://peer.example/inbox", body)
	key := rsaKey()
	b.ReportAllocs()
	for b.Loop() {
		if err := sig.Sign(r, body, ourKey, key, now); err != nil {
			b.Fatal(err)
		}
	}
}
