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

func TestRefusesCavage(t *testing.T) {
	good := post()
	format := func(f string) func(*draft) { return func(d *draft) { d.format = f } }
	header := func(k, v string) func(*draft) { return func(d *draft) { d.header = map[string]string{k: v} } }
	covered := func(c string) func(*draft) { return func(d *draft) { d.covered = c } }
	created := strconv.FormatInt(now.Unix(), 10)
	tests := []struct {
		name   string
		want   sig.Kind
		change func(*draft)
	}{
		{"parameter twice", sig.DuplicateParameter, format(`keyId="https://evil.example/k",keyId="{k}",headers="{h}",signature="{s}"`)},
		{"parameter twice in other letters", sig.DuplicateParameter, format(`keyid="https://evil.example/k",keyId="{k}",headers="{h}",signature="{s}"`)},
		{"unknown parameter twice", sig.DuplicateParameter, format(`x=1,x=1,keyId="{k}",headers="{h}",signature="{s}"`)},
		{"name covered twice", sig.DuplicateParameter, covered("(request-target) host date digest date")},
		{"no key id", sig.Malformed, format(`headers="{h}",signature="{s}"`)},
		{"no signature parameter", sig.Malformed, format(`keyId="{k}",headers="{h}"`)},
		{"signature not base64", sig.Malformed, format(`keyId="{k}",headers="{h}",signature="{s}%%"`)},
		{"empty header", sig.Malformed, format(` `)},
		{"no equal sign", sig.Malformed, format(`keyId`)},
		{"unfinished quote", sig.Malformed, format(`keyId="{k}",headers="{h}",signature="{s}`)},
		{"unfinished escape", sig.Malformed, format(`keyId="{k}",headers="{h}",signature="{s}\`)},
		{"text after a quote", sig.Malformed, format(`keyId="{k}"x,headers="{h}",signature="{s}"`)},
		{"empty value", sig.Malformed, format(`keyId="{k}",created=,headers="{h}",signature="{s}"`)},
		{"final comma", sig.Malformed, format(`keyId="{k}",headers="{h}",signature="{s}",`)},
		{"blank in a bare value", sig.Malformed, format(`keyId="{k}",created=1 2,headers="{h}",signature="{s}"`)},
		{"header too long", sig.Malformed, format(`keyId="{k}",headers="{h}",signature="{s}",x="` + strings.Repeat("x", 9000) + `"`)},
		{"sha1", sig.UnsupportedAlgorithm, func(d *draft) { d.algorithm = "rsa-sha1" }},
		{"hmac", sig.UnsupportedAlgorithm, func(d *draft) { d.algorithm = "hmac-sha256" }},
		{"empty algorithm with hmac look", sig.UnsupportedAlgorithm, func(d *draft) { d.algorithm = "none" }},
		{"no headers parameter", sig.NotCovered, format(`keyId="{k}",signature="{s}"`)},
		{"empty headers parameter", sig.NotCovered, covered("")},
		{"only host covered", sig.NotCovered, covered("host")},
		{"target not covered", sig.NotCovered, covered("host date digest")},
		{"host not covered", sig.NotCovered, covered("(request-target) date digest")},
		{"no time covered", sig.NotCovered, covered("(request-target) host digest")},
		{"digest not covered", sig.NotCovered, covered("(request-target) host date")},
		{"GET without target", sig.NotCovered, func(d *draft) { *d = get(); d.covered = "host date" }},
		{"GET without host", sig.NotCovered, func(d *draft) { *d = get(); d.covered = "(request-target) date" }},
		{"GET without time", sig.NotCovered, func(d *draft) { *d = get(); d.covered = "(request-target) host" }},
		{"DELETE without digest", sig.DigestMissing, func(d *draft) { *d = get(); d.method = "DELETE" }},
		{"GET with a body whose digest is not covered", sig.NotCovered, func(d *draft) {
			*d = get()
			d.body = []byte("x")
		}},
		{"covered header absent", sig.Malformed, covered("(request-target) host date digest x-gone")},
		{"covers its own header", sig.Malformed, covered("(request-target) host date digest signature")},
		{"unknown pseudo header", sig.Malformed, covered("(request-target) host date digest (foo)")},
		{"no digest", sig.DigestMissing, func(d *draft) { d.covered = "(request-target) host date"; d.body = nil; d.method = "POST" }},
		{"digest without sha-256", sig.DigestMissing, header("Digest", "SHA-512=AAAA")},
		{"digest of other bytes", sig.DigestMismatch, header("Digest", digestOf([]byte("other")))},
		{"one digest right, one wrong", sig.DigestMismatch, header("Digest", digestOf(body)+","+digestOf(nil))},
		{"digest cut short", sig.DigestMismatch, header("Digest", "SHA-256=AAAA")},
		{"digest not base64", sig.Malformed, header("Digest", "SHA-256=?")},
		{"digest without a name", sig.Malformed, header("Digest", "abc")},
		{"GET with a wrong digest", sig.DigestMismatch, func(d *draft) {
			*d = get()
			d.header = map[string]string{"Digest": digestOf(body)}
		}},
		{"year-old date", sig.Expired, header("Date", now.AddDate(-1, 0, 0).Format(http.TimeFormat))},
		{"tomorrow's date", sig.InFuture, header("Date", now.AddDate(0, 0, 1).Format(http.TimeFormat))},
		{"date in another format", sig.Malformed, header("Date", now.Format(time.RFC3339))},
		{"date without zone", sig.Malformed, header("Date", "Mon, 23 Nov 2026 10:00:00")},
		{"other host", sig.WrongHost, func(d *draft) { d.host = "other.example" }},
		{"other port", sig.WrongHost, func(d *draft) { d.host = "stoa.example:8443" }},
		{"no host", sig.WrongHost, func(d *draft) { d.host = "" }},
		{"our name as a part", sig.WrongHost, func(d *draft) { d.host = "stoa.example.evil.example" }},
		{"target without slash", sig.Malformed, func(d *draft) { d.target = "inbox" }},
		{"target with line break", sig.Malformed, func(d *draft) { d.target = "/in\nbox" }},
		{"small method", sig.Malformed, func(d *draft) { d.method = "post" }},
		{"key id is no URL", sig.Malformed, func(d *draft) { d.keyID = "main-key" }},
		{"key id of another scheme", sig.Malformed, func(d *draft) { d.keyID = "file:///etc/passwd" }},
		{"key id with user", sig.Malformed, func(d *draft) { d.keyID = "https://a:b@peer.example/u" }},
		{"key id that is no text", sig.Malformed, func(d *draft) { d.keyID = "https://peer.example/u\xff" }},
		{"key id with a control character", sig.Malformed, func(d *draft) { d.keyID = "https://peer.example/u\u0085" }},
		{"key id whose host is no text", sig.Malformed, func(d *draft) { d.keyID = "https://%ff.example/u" }},
		{"key id with blank", sig.Malformed, func(d *draft) { d.keyID = "https://peer.example/u x" }},
		{"key id too long", sig.Malformed, func(d *draft) { d.keyID = "https://peer.example/" + strings.Repeat("k", 3000) }},
		{"account without host", sig.Malformed, func(d *draft) { d.keyID = "acct:ann" }},
		{"created with rsa-sha256", sig.Malformed, func(d *draft) {
			d.covered, d.created = "(request-target) host (created) digest", created
			d.format = `keyId="{k}",algorithm="rsa-sha256",created={c},headers="{h}",signature="{s}"`
		}},
		{"created covered, not given", sig.Malformed, func(d *draft) {
			d.covered, d.algorithm = "(request-target) host (created) digest", "hs2019"
		}},
		{"created is no number", sig.Malformed, func(d *draft) {
			d.covered, d.created = "(request-target) host (created) digest", "soon"
			d.format = `keyId="{k}",created={c},headers="{h}",signature="{s}"`
		}},
		{"created beyond all years", sig.Malformed, func(d *draft) {
			d.covered, d.created = "(request-target) host (created) digest", "9223372036854775807"
			d.format = `keyId="{k}",created={c},headers="{h}",signature="{s}"`
		}},
		{"created given, not covered", sig.NotCovered, func(d *draft) {
			d.covered, d.created = "(request-target) host digest", created
			d.format = `keyId="{k}",created={c},headers="{h}",signature="{s}"`
		}},
		{"expires before created", sig.Malformed, func(d *draft) {
			d.covered, d.created, d.expires = "(request-target) host (created) digest", created, strconv.FormatInt(now.Unix()-1, 10)
			d.format = `keyId="{k}",created={c},expires={e},headers="{h}",signature="{s}"`
		}},
		{"signed for another path", sig.WrongSignature, func(d *draft) { d.signedTarget = "/u/bob/inbox" }},
		{"signed for another host", sig.WrongSignature, func(d *draft) { d.signedHost = "other.example" }},
		{"signed with a query that was not sent", sig.WrongSignature, func(d *draft) { d.signedTarget = "/inbox?a=b" }},
		{"signed decoded path", sig.WrongSignature, func(d *draft) { d.target, d.signedTarget = "/c/%61/inbox", "/c/a/inbox" }},
		{"other key", sig.WrongSignature, func(d *draft) { d.key = otherKey() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := good
			tt.change(&d)
			wantKind(t, verify(t, d.message(), policy(), rsaKey().Public()), tt.want)
		})
	}
	messages := []struct {
		name   string
		want   sig.Kind
		change func(*sig.Message)
	}{
		{"no signature", sig.Missing, func(m *sig.Message) { m.Header.Del("Signature") }},
		{"no header at all", sig.Missing, func(m *sig.Message) { m.Header = nil }},
		{"signature in Authorization only", sig.Missing, func(m *sig.Message) {
			m.Header.Set("Authorization", "Signature "+m.Header.Get("Signature"))
			m.Header.Del("Signature")
		}},
		{"two signatures", sig.SeveralSignatures, func(m *sig.Message) { m.Header.Add("Signature", m.Header.Get("Signature")) }},
		{"two dates", sig.Malformed, func(m *sig.Message) { m.Header.Add("Date", m.Header.Get("Date")) }},
		{"second digest header wrong", sig.DigestMismatch, func(m *sig.Message) { m.Header.Add("Digest", digestOf(nil)) }},
		{"line break in a covered header", sig.Malformed, func(m *sig.Message) {
			m.Header.Set("Date", m.Header.Get("Date")+"\ndigest: x")
		}},
		{"Host among the headers does not count", sig.WrongHost, func(m *sig.Message) {
			m.Header.Set("Host", m.Host)
			m.Host = "other.example"
		}},
		{"half an RFC 9421 signature", sig.Malformed, func(m *sig.Message) {
			m.Header.Set("Signature-Input", `sig1=("@method")`)
		}},
	}
	for _, tt := range messages {
		t.Run(tt.name, func(t *testing.T) {
			wantKind(t, verify(t, changed(good.message(), tt.change), policy(), rsaKey().Public()), tt.want)
		})
	}
	t.Run("no public URL", func(t *testing.T) {
		wantKind(t, verify(t, good.message(), sig.Policy{Now: now}, rsaKey().Public()), sig.WrongHost)
	})
	t.Run("nothing examined", func(t *testing.T) {
		var s *sig.Signature
		wantKind(t, s.Verify(rsaKey().Public()), sig.Missing)
		wantKind(t, new(sig.Signature).Verify(rsaKey().Public()), sig.UnsupportedAlgorithm)
	})
	t.Run("keys that do not fit", func(t *testing.T) {
		m := good.message()
		wantKind(t, verify(t, m, policy(), edKey.Public()), sig.BadKey) // it says rsa-sha256
		wantKind(t, verify(t, m, policy(), p256Key().Public()), sig.BadKey)
		wantKind(t, verify(t, m, policy(), nil), sig.BadKey)
		wantKind(t, verify(t, m, policy(), []byte("shared secret")), sig.BadKey)
	})
}

func TestRefusesRFC9421(t *testing.T) {
	at := fmt.Sprintf(";created=%d", now.Unix())
	const id = `;keyid="https://peer.example/u/ann#main-key"`
	params := func(p string) func(*structured) { return func(d *structured) { d.params = p } }
	covered := func(names ...string) func(*structured) { return func(d *structured) { d.covered = names } }
	header := func(k, v string) func(*structured) {
		return func(d *structured) { d.header = map[string]string{k: v} }
	}
	tests := []struct {
		name   string
		want   sig.Kind
		change func(*structured)
	}{
		{"method not covered", sig.NotCovered, covered("@target-uri", "content-digest")},
		{"target not covered", sig.NotCovered, covered("@method", "content-digest")},
		{"authority without path", sig.NotCovered, covered("@method", "@authority", "content-digest")},
		{"path without authority", sig.NotCovered, covered("@method", "@path", "content-digest")},
		{"query not covered", sig.NotCovered, func(d *structured) {
			d.target, d.covered = "/inbox?a=b", []string{"@method", "@authority", "@path", "content-digest"}
		}},
		{"digest not covered", sig.NotCovered, covered("@method", "@target-uri")},
		{"nothing covered", sig.NotCovered, covered()},
		{"old Digest header in its place", sig.DigestMissing, func(d *structured) {
			d.covered, d.body = []string{"@method", "@target-uri", "digest"}, nil
			d.header = map[string]string{"Digest": digestOf(nil)}
		}},
		{"no created", sig.NotCovered, params(id)},
		{"created is no number", sig.Malformed, params(`;created="now"` + id)},
		{"created empty", sig.Malformed, params(`;created` + id)},
		{"created negative", sig.Malformed, params(`;created=-1` + id)},
		{"too old", sig.Expired, params(fmt.Sprintf(";created=%d", now.Add(-66*time.Minute).Unix()) + id)},
		{"in future", sig.InFuture, params(fmt.Sprintf(";created=%d", now.Add(61*time.Minute).Unix()) + id)},
		{"expired", sig.Expired, params(fmt.Sprintf(";created=%d;expires=%d", now.Add(-63*time.Minute).Unix(), now.Add(-61*time.Minute).Unix()) + id)},
		{"expires before created", sig.Malformed, params(fmt.Sprintf(";created=%d;expires=%d", now.Unix(), now.Unix()-1) + id)},
		{"expires is no number", sig.Malformed, params(at + `;expires="x"` + id)},
		{"no key id", sig.Malformed, params(at)},
		{"key id is a token", sig.Malformed, params(at + ";keyid=abc")},
		{"key id is no URL", sig.Malformed, params(at + `;keyid="abc"`)},
		{"algorithm is a token", sig.Malformed, params(at + id + ";alg=ed25519")},
		{"hmac", sig.UnsupportedAlgorithm, params(at + id + `;alg="hmac-sha256"`)},
		{"p384", sig.UnsupportedAlgorithm, params(at + id + `;alg="ecdsa-p384-sha384"`)},
		{"empty algorithm", sig.UnsupportedAlgorithm, params(at + id + `;alg=""`)},
		{"parameter twice", sig.DuplicateParameter, params(at + id + `;keyid="https://evil.example/k"`)},
		{"created twice", sig.DuplicateParameter, params(";created=1" + at + id)},
		{"component twice", sig.DuplicateParameter, covered("@method", "@target-uri", "content-digest", "@method")},
		{"component with capitals", sig.Malformed, covered("@method", "@target-uri", "Content-Digest")},
		{"component of a response", sig.Malformed, covered("@method", "@target-uri", "content-digest", "@status")},
		{"query parameter component", sig.Malformed, covered("@method", "@target-uri", "content-digest", "@query-param")},
		{"covered header absent", sig.Malformed, covered("@method", "@target-uri", "content-digest", "x-gone")},
		{"covers its own header", sig.Malformed, covered("@method", "@target-uri", "content-digest", "signature")},
		{"no Content-Digest", sig.DigestMissing, func(d *structured) { d.body = nil; d.covered = []string{"@method", "@target-uri"} }},
		{"Content-Digest of other bytes", sig.DigestMismatch, header("Content-Digest", contentDigest(nil))},
		{"one digest right, one wrong", sig.DigestMismatch, header("Content-Digest", contentDigest(nil)+", "+contentDigest(body))},
		{"sha-512 of other bytes", sig.DigestMismatch, header("Content-Digest", "sha-512=:AAAA:")},
		{"Content-Digest in an unknown algorithm", sig.DigestMissing, header("Content-Digest", "md5=:AAAA:")},
		{"Content-Digest in the old form", sig.Malformed, header("Content-Digest", digestOf(body))},
		{"Content-Digest is a string", sig.Malformed, header("Content-Digest", `sha-256="AAAA"`)},
		{"other host", sig.WrongHost, func(d *structured) { d.host = "other.example" }},
		{"URI of another host", sig.WrongSignature, func(d *structured) { d.signedURI = "https://other.example/inbox" }},
		{"URI without query", sig.WrongSignature, func(d *structured) { d.target, d.signedURI = "/inbox?a=b", "https://stoa.example/inbox" }},
		{"date covered and old", sig.Expired, func(d *structured) {
			d.covered = append(d.covered, "date")
			d.header = map[string]string{"Date": now.AddDate(-1, 0, 0).Format(http.TimeFormat)}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := post9421()
			tt.change(&d)
			wantKind(t, verify(t, d.message(), policy(), rsaKey().Public()), tt.want)
		})
	}
	set := func(k, v string) func(*sig.Message) { return func(m *sig.Message) { m.Header.Set(k, v) } }
	edit := func(k, from, to string) func(*sig.Message) {
		return func(m *sig.Message) { m.Header.Set(k, strings.Replace(m.Header.Get(k), from, to, 1)) }
	}
	messages := []struct {
		name   string
		want   sig.Kind
		change func(*sig.Message)
	}{
		{"no Signature", sig.Missing, func(m *sig.Message) { m.Header.Del("Signature") }},
		{"draft-cavage Signature beside Signature-Input", sig.Malformed, func(m *sig.Message) {
			m.Header.Set("Signature", post().message().Header.Get("Signature"))
		}},
		{"complete draft-cavage signature beside Signature-Input", sig.Malformed, func(m *sig.Message) {
			*m = post().message()
			m.Header.Set("Signature-Input", post9421().message().Header.Get("Signature-Input"))
		}},
		{"two inputs", sig.SeveralSignatures, edit("Signature-Input", `sig1=`, `sig0=("@method");created=1,sig1=`)},
		{"two signatures", sig.SeveralSignatures, edit("Signature", `sig1=`, `sig0=:AAAA:, sig1=`)},
		{"two Signature-Input headers", sig.SeveralSignatures, func(m *sig.Message) {
			m.Header.Add("Signature-Input", `sig2=("@method");created=1`)
		}},
		{"one label twice", sig.DuplicateParameter, func(m *sig.Message) {
			m.Header.Add("Signature-Input", m.Header.Get("Signature-Input"))
		}},
		{"one signature twice", sig.DuplicateParameter, func(m *sig.Message) {
			m.Header.Add("Signature", m.Header.Get("Signature"))
		}},
		{"labels differ", sig.Missing, edit("Signature", "sig1", "sig2")},
		{"empty signature", sig.Malformed, set("Signature", "sig1=::")},
		{"signature not base64", sig.Malformed, set("Signature", "sig1=:A:")},
		{"signature is a string", sig.Malformed, set("Signature", `sig1="x"`)},
		{"signature unfinished", sig.Malformed, set("Signature", "sig1=:AAAA")},
		{"empty input", sig.Malformed, set("Signature-Input", "")},
		{"input is no list", sig.Malformed, set("Signature-Input", "sig1=1")},
		{"input without value", sig.Malformed, set("Signature-Input", "sig1")},
		{"input unfinished", sig.Malformed, set("Signature-Input", `sig1=("@method"`)},
		{"input with token components", sig.Malformed, set("Signature-Input", `sig1=(a b)`)},
		{"string unfinished", sig.Malformed, set("Signature-Input", `sig1=("@method`)},
		{"strange escape", sig.Malformed, set("Signature-Input", `sig1=("@met\hod")`)},
		{"control character", sig.Malformed, set("Signature-Input", "sig1=(\"@met\x01hod\")")},
		{"NUL ends nothing", sig.Malformed, func(m *sig.Message) {
			m.Header.Set("Signature-Input", m.Header.Get("Signature-Input")+"\x00")
		}},
		{"component with parameter", sig.Malformed, edit("Signature-Input", `"@method"`, `"@method";req`)},
		{"label in capitals", sig.Malformed, edit("Signature-Input", `sig1`, `Sig1`)},
		{"parameter without name", sig.Malformed, edit("Signature-Input", `;created`, `;;created`)},
		{"parameter without value", sig.Malformed, edit("Signature-Input", `created=`, `created=;x=`)},
		{"strange boolean", sig.Malformed, edit("Signature-Input", `;created`, `;b=?2;created`)},
		{"text after", sig.Malformed, func(m *sig.Message) {
			m.Header.Set("Signature-Input", m.Header.Get("Signature-Input")+" x")
		}},
		{"final comma", sig.Malformed, func(m *sig.Message) {
			m.Header.Set("Signature-Input", m.Header.Get("Signature-Input")+",")
		}},
		{"input too long", sig.Malformed, set("Signature-Input", strings.Repeat(" ", 9000))},
	}
	for _, tt := range messages {
		t.Run(tt.name, func(t *testing.T) {
			m := changed(post9421().message(), tt.change)
			wantKind(t, verify(t, m, policy(), rsaKey().Public()), tt.want)
		})
	}
}
