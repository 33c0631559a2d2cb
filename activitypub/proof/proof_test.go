package proof_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"stoa/activitypub/proof"
)

// The key of the published vectors (RFC 8032), as they write it.
const (
	publicKey = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
	secretKey = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
)

var madeAt = time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC)

// secret reads the private key apart from the code under test.
func secret(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	n := new(big.Int)
	for _, c := range secretKey[1:] {
		at := strings.IndexRune("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", c)
		n.Add(n.Mul(n, big.NewInt(58)), big.NewInt(int64(at)))
	}
	raw := n.Bytes()
	if len(raw) != 34 || raw[0] != 0x80 || raw[1] != 0x26 {
		t.Fatalf("%x is no Ed25519 secret", raw)
	}
	return ed25519.NewKeyFromSeed(raw[2:])
}

func public(t testing.TB) ed25519.PublicKey {
	t.Helper()
	key, err := proof.ParseMultikey(publicKey)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// The vector of FEP-8b32.
const (
	fepDocument = `{
		"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"],
		"id": "https://server.example/activities/1",
		"type": "Create",
		"actor": "https://server.example/users/alice",
		"object": {
			"id": "https://server.example/objects/1",
			"type": "Note",
			"attributedTo": "https://server.example/users/alice",
			"content": "Hello world",
			"location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962}
		}
	}`
	fepMethod = "https://server.example/users/alice#ed25519-key"
	fepValue  = "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL"
)

// The vector of W3C's vc-di-eddsa, whose key is named after itself.
const w3cSigned = `{
	"@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
	"id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
	"type": ["VerifiableCredential", "AlumniCredential"],
	"name": "Alumni Credential",
	"description": "A minimum viable example of an Alumni Credential.",
	"issuer": "https://vc.example/issuers/5678",
	"validFrom": "2023-01-01T00:00:00Z",
	"credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
	"proof": {
		"type": "DataIntegrityProof",
		"cryptosuite": "eddsa-jcs-2022",
		"created": "2023-02-24T23:36:38Z",
		"verificationMethod": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
		"proofPurpose": "assertionMethod",
		"@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
		"proofValue": "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
	}
}`

// An older proof, which says no @context of its own.
const bareSigned = `{
	"@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"],
	"type": "Create",
	"actor": "https://server.example/users/alice",
	"object": {"type": "Note", "content": "Hello world"},
	"proof": {
		"type": "DataIntegrityProof",
		"cryptosuite": "eddsa-jcs-2022",
		"verificationMethod": "https://server.example/users/alice#ed25519-key",
		"proofPurpose": "assertionMethod",
		"proofValue": "z3sXaxjKs4M3BRicwWA9peyNPJvJqxtGsDmpt1jjoHCjgeUf71TRFz56osPSfDErszyLp5Ks1EhYSgpDaNM977Rg2",
		"created": "2023-02-24T23:36:38Z"
	}
}`

func check(document []byte, key ed25519.PublicKey, now time.Time) error {
	p, err := proof.Examine(document, now)
	if err != nil {
		return err
	}
	return p.Verify(key)
}

func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	signed, err := proof.Sign([]byte(fepDocument), fepMethod, secret(t), madeAt)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Proof struct {
			Value string `json:"proofValue"`
		} `json:"proof"`
	}
	if err := json.Unmarshal(signed, &doc); err != nil || doc.Proof.Value != fepValue {
		t.Errorf("proofValue %q, want %q (%v)", doc.Proof.Value, fepValue, err)
	}
	if before := strings.TrimSuffix(fepDocument, "\n\t}"); !bytes.HasPrefix(signed, []byte(before)) {
		t.Error("signing changed what was signed")
	}
	for name, document := range map[string]string{"FEP-8b32": string(signed), "vc-di-eddsa": w3cSigned, "without @context": bareSigned} {
		if err := check([]byte(document), public(t), time.Now()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := proof.Multikey(public(t)); got != publicKey {
		t.Errorf("written as %s", got)
	}
	p, err := proof.Examine(signed, time.Now())
	if err != nil || p.Method != fepMethod || !p.Created.Equal(madeAt) {
		t.Errorf("read as %+v, %v", p, err)
	}
}

// sign makes a document with a proof of its own fields.
func sign(t testing.TB, document string) string {
	t.Helper()
	signed, err := proof.Sign([]byte(document), fepMethod, secret(t), madeAt)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

const plain = `{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","content":"a ü 😀 <b>&amp;</b> \u000f\u2028","tag":[],"n":1,"null":null}`

func TestWhatMayDiffer(t *testing.T) {
	t.Parallel()
	signed := sign(t, plain)
	for name, document := range map[string]string{
		"as it is":     signed,
		"blanks":       strings.ReplaceAll(signed, `":`, "\" :\n "),
		"escapes":      strings.ReplaceAll(signed, "ü", `\u00fc`),
		"a pair":       strings.ReplaceAll(signed, "😀", `\ud83d\ude00`),
		"order":        `{"n":1,` + strings.Replace(signed[1:], `"n":1,`, "", 1),
		"no @context":  strings.Replace(signed, `"@context":"https://www.w3.org/ns/activitystreams",`, ``, 1),
		"LD signature": `{"signature":{"type":"RsaSignature2017"},` + signed[1:],
	} {
		if err := check([]byte(document), public(t), madeAt); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWrongProofs(t *testing.T) {
	t.Parallel()
	signed := sign(t, plain)
	replaced := func(old, with string) string {
		t.Helper()
		if !strings.Contains(signed, old) {
			t.Fatalf("no %s in %s", old, signed)
		}
		return strings.ReplaceAll(signed, old, with)
	}
	at := strings.Index(signed, `"proof":`) + len(`"proof":`)
	object := signed[at : len(signed)-1]
	for name, c := range map[string]struct {
		document string
		want     proof.Kind
	}{
		"none":                  {plain, proof.Missing},
		"null":                  {strings.Replace(plain, `"n":1`, `"proof":null`, 1), proof.Missing},
		"no object":             {`[]`, proof.Malformed},
		"text":                  {strings.Replace(plain, `"n":1`, `"proof":"x"`, 1), proof.Malformed},
		"several":               {signed[:at] + "[" + object + "," + object + "]}", proof.Several},
		"a list of one":         {signed[:at] + "[" + object + "]}", proof.Several},
		"another text":          {replaced("ü", "u"), proof.WrongSignature},
		"more":                  {`{"to":"x",` + signed[1:], proof.WrongSignature},
		"less":                  {replaced(`"tag":[],`, ""), proof.WrongSignature},
		"null for absent":       {replaced(`,"null":null`, ""), proof.WrongSignature},
		"said twice":            {`{"n":1,` + signed[1:], proof.Malformed},
		"said twice inside":     {replaced(`"tag":[]`, `"tag":{"a":1,"\u0061":1}`), proof.Malformed},
		"another spelling":      {replaced(`"n":1`, `"n":1.0`), proof.Malformed},
		"another exponent":      {replaced(`"n":1`, `"n":1e0`), proof.Malformed},
		"a number too large":    {replaced(`"n":1`, `"n":1e999`), proof.Malformed},
		"one that is rounded":   {replaced(`"n":1`, `"n":9007199254740993`), proof.Malformed},
		"minus nothing":         {replaced(`"n":1`, `"n":-0`), proof.Malformed},
		"half a pair":           {replaced("😀", `\ud83d`), proof.Malformed},
		"halves the wrong way":  {replaced("😀", `\ude00\ud83d`), proof.Malformed},
		"no UTF-8":              {replaced("😀", "\xff"), proof.Malformed},
		"@context of both":      {replaced("/activitystreams", "/other"), proof.WrongSignature},
		"@context added to":     {strings.Replace(signed, `"https://www.w3.org/ns/activitystreams"`, `["https://www.w3.org/ns/activitystreams",{"content":"as:summary"}]`, 1), proof.WrongContext},
		"@context left by one":  {`{"@context":null,` + strings.Replace(signed, `"@context":"https://www.w3.org/ns/activitystreams",`, ``, 1)[1:], proof.WrongContext},
		"another type":          {replaced("DataIntegrityProof", "Ed25519Signature2020"), proof.Unsupported},
		"another suite":         {replaced("eddsa-jcs-2022", "eddsa-rdfc-2022"), proof.Unsupported},
		"for a domain":          {replaced(`"proofPurpose"`, `"domain":"a.example","proofPurpose"`), proof.Unsupported},
		"another purpose":       {replaced(`"proofPurpose":"assertionMethod"`, `"proofPurpose":"authentication"`), proof.WrongPurpose},
		"no purpose":            {replaced(`"proofPurpose":"assertionMethod",`, ``), proof.WrongPurpose},
		"purpose in a list":     {replaced(`"proofPurpose":"assertionMethod"`, `"proofPurpose":["assertionMethod"]`), proof.Malformed},
		"another key's name":    {replaced("alice#", "bob#"), proof.WrongSignature},
		"no key's name":         {replaced(fepMethod, ""), proof.Malformed},
		"another moment":        {replaced("2023-02-24T23:36:38Z", "2023-02-24T23:36:39Z"), proof.WrongSignature},
		"no moment":             {replaced("2023-02-24T23:36:38Z", "yesterday"), proof.Malformed},
		"an expiry added":       {replaced(`"proofPurpose"`, `"expires":"2033-01-01T00:00:00Z","proofPurpose"`), proof.WrongSignature},
		"expired":               {replaced(`"proofPurpose"`, `"expires":"2023-02-24T23:36:38Z","proofPurpose"`), proof.Expired},
		"no value":              {replaced(`"proofValue":"z`, `"proofValue":"`), proof.Malformed},
		"letters of no base58":  {replaced(`"proofValue":"z`, `"proofValue":"z0`), proof.Malformed},
		"a longer value":        {replaced(`"proofValue":"z`, `"proofValue":"z1`), proof.Malformed},
		"an endless value":      {replaced(`"proofValue":"z`, `"proofValue":"z`+strings.Repeat("z", 1<<16)), proof.Malformed},
		"proof of another text": {strings.Replace(plain, `"n":1`, `"n":2,"proof":`+object, 1), proof.WrongSignature},
	} {
		err := check([]byte(c.document), public(t), madeAt)
		if e, ok := errors.AsType[*proof.Error](err); !ok || e.Kind != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	early, err := proof.Examine([]byte(signed), madeAt.Add(-proof.MaxSkew-time.Second))
	if e, ok := errors.AsType[*proof.Error](err); !ok || e.Kind != proof.InFuture {
		t.Errorf("dated ahead: %v, %v", early, err)
	}
	if err := check([]byte(signed), ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey), madeAt); err == nil {
		t.Error("verified with the key of another")
	}
	if err := check([]byte(signed), nil, madeAt); err == nil {
		t.Error("verified with no key")
	}
	if _, err := proof.Sign([]byte(signed), fepMethod, secret(t), madeAt); err == nil {
		t.Error("signed what is signed")
	}
}

// Deep and wide documents end, and cost no more than their size.
func TestDeepAndWide(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000)
	if _, err := proof.Examine([]byte(strings.Replace(sign(t, plain), `"tag":[]`, `"tag":`+deep, 1)), madeAt); err == nil {
		t.Error("200,000 levels were read")
	}
	var wide strings.Builder
	wide.WriteString(`{"type":"Note"`)
	for i := range 100_000 {
		wide.WriteString(`,"` + string(rune('a'+i%26)) + big.NewInt(int64(i)).Text(36) + `":1`)
	}
	wide.WriteString("}")
	if err := check([]byte(sign(t, wide.String())), public(t), madeAt); err != nil {
		t.Error(err)
	}
}

func TestWrongMultikeys(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "z", publicKey[1:], "u" + publicKey[1:], publicKey[:len(publicKey)-1], publicKey + "1", secretKey, "z0" + publicKey[2:], "z" + strings.Repeat("1", 1000),
		"zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv", // P-256
	} {
		key, err := proof.ParseMultikey(text)
		if e, ok := errors.AsType[*proof.Error](err); !ok || e.Kind != proof.BadKey {
			t.Errorf("%.60q: %v, %v", text, key, err)
		}
	}
}

func FuzzExamine(f *testing.F) {
	for _, document := range []string{sign(f, plain), w3cSigned, bareSigned, plain} {
		f.Add([]byte(document))
	}
	key := secret(f)
	known := map[string]bool{}
	for _, document := range []string{sign(f, plain), w3cSigned, bareSigned} {
		known[essence(f, []byte(document))] = true
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		err := check(document, key.Public().(ed25519.PublicKey), madeAt)
		if _, ok := errors.AsType[*proof.Error](err); err != nil && !ok {
			t.Fatalf("got %v", err)
		}
		if err == nil && !known[essence(t, document)] {
			t.Fatalf("verified what nobody signed: %s", document)
		}
		signed, err := proof.Sign(document, fepMethod, key, madeAt)
		if err != nil {
			return
		}
		if err := check(signed, key.Public().(ed25519.PublicKey), madeAt); err != nil && !bytes.Contains(document, []byte("proof")) {
			t.Fatalf("%v: what was signed is not proven: %s", err, signed)
		}
	})
}

// essence is what a document says, however it is written.
func essence(t testing.TB, document []byte) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(document, &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, "signature")
	if p, ok := fields["proof"].(map[string]any); ok && fields["@context"] == nil {
		fields["@context"] = p["@context"]
	}
	out, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
