package sig_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"stoa/activitypub/sig"
)

// Whatever was signed must not be changed on the way. Each row changes one
// thing in a message that is in order before.
func TestTamper(t *testing.T) {
	plain := post()
	plain.covered += " content-type"
	timed := post()
	timed.algorithm, timed.covered = "hs2019", "host date digest (request-target) (created) (expires) content-type"
	timed.created, timed.expires = strconv.FormatInt(now.Unix(), 10), strconv.FormatInt(now.Unix()+300, 10)
	timed.format = `keyId="{k}",algorithm="{a}",created="{c}",expires="{e}",headers="{h}",signature="{s}"`
	modern := post9421()
	modern.covered = append(modern.covered, "content-type", "date")
	modern.header = map[string]string{"Content-Type": "application/activity+json"}
	modern.params += fmt.Sprintf(";expires=%d", now.Unix()+300)

	replace := func(k, from, to string) func(*sig.Message) {
		return func(m *sig.Message) {
			was := m.Header.Get(k)
			m.Header.Set(k, strings.Replace(was, from, to, 1))
			if m.Header.Get(k) == was {
				panic("nothing to replace in " + k)
			}
		}
	}
	later := strconv.FormatInt(now.Unix()+1, 10)
	common := map[string]func(*sig.Message){
		"method":       func(m *sig.Message) { m.Method = "PUT" },
		"path":         func(m *sig.Message) { m.Target = "/inboy" },
		"path case":    func(m *sig.Message) { m.Target = "/Inbox" },
		"date":         func(m *sig.Message) { m.Header.Set("Date", now.Add(time.Second).Format(http.TimeFormat)) },
		"content type": func(m *sig.Message) { m.Header.Set("Content-Type", "application/json") },
		"second value": func(m *sig.Message) { m.Header.Add("Content-Type", "text/html") },
	}
	for _, tt := range []struct {
		name string
		m    sig.Message
		more map[string]func(*sig.Message)
	}{
		{"draft-cavage", plain.message(), map[string]func(*sig.Message){
			"order": replace("Signature", "host date", "date host"),
			"body with its digest": func(m *sig.Message) {
				m.Body = []byte("{}")
				m.Header.Set("Digest", digestOf(m.Body))
			},
			"signature": replace("Signature", `signature="`, `signature="AAAA`),
		}},
		{"draft-cavage with created", timed.message(), map[string]func(*sig.Message){
			"created": replace("Signature", `created="`+timed.created, `created="`+later),
			"expires": replace("Signature", `expires="`+timed.expires, `expires="`+timed.expires+`0`),
			"body with its digest": func(m *sig.Message) {
				m.Body = []byte("{}")
				m.Header.Set("Digest", digestOf(m.Body))
			},
		}},
		{"RFC 9421", modern.message(), map[string]func(*sig.Message){
			"query":   func(m *sig.Message) { m.Target += "?x" },
			"created": replace("Signature-Input", fmt.Sprint(now.Unix()), later),
			"expires": replace("Signature-Input", fmt.Sprint(now.Unix()+300), fmt.Sprint(now.Unix()+301)),
			"key id":  replace("Signature-Input", "ann", "eve"),
			"algorithm": func(m *sig.Message) {
				m.Header.Set("Signature-Input", m.Header.Get("Signature-Input")+`;alg="rsa-v1_5-sha256"`)
			},
			"order": replace("Signature-Input", `"@method" "@target-uri"`, `"@target-uri" "@method"`),
			"body with its digest": func(m *sig.Message) {
				m.Body = []byte("{}")
				m.Header.Set("Content-Digest", contentDigest(m.Body))
			},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := verify(t, tt.m, policy(), rsaKey().Public()); err != nil {
				t.Fatal(err)
			}
			check := func(name string, change func(*sig.Message)) {
				t.Run(name, func(t *testing.T) {
					m := changed(tt.m, change)
					wantKind(t, verify(t, m, policy(), rsaKey().Public()), sig.WrongSignature)
				})
			}
			for name, change := range common {
				check(name, change)
			}
			for name, change := range tt.more {
				check(name, change)
			}
			t.Run("body", func(t *testing.T) {
				for i := range tt.m.Body {
					m := changed(tt.m, func(m *sig.Message) { m.Body[i] ^= 1 })
					wantKind(t, verify(t, m, policy(), rsaKey().Public()), sig.DigestMismatch)
				}
			})
			t.Run("host", func(t *testing.T) {
				m := changed(tt.m, func(m *sig.Message) { m.Host = "stoa2.example" })
				wantKind(t, verify(t, m, policy(), rsaKey().Public()), sig.WrongHost)
				// Even if it were ours: it is not what was signed.
				p := policy()
				p.BaseURL = must(base.Parse("https://stoa2.example"))
				wantKind(t, verify(t, m, p, rsaKey().Public()), sig.WrongSignature)
			})
			t.Run("after examination", func(t *testing.T) {
				m := changed(tt.m, func(*sig.Message) {})
				s := must(sig.Examine(m, policy()))
				m.Header.Set("Date", "x")
				m.Header["Content-Type"][0] = "x"
				if err := s.Verify(rsaKey().Public()); err != nil {
					t.Errorf("a signature must not hang on the message it came from: %v", err)
				}
			})
		})
	}
}
