package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"stoa/storage"
)

// postOffice is a mail server: it takes every letter and keeps it.
type postOffice struct {
	listen   net.Listener
	tls      *tls.Config // nil: it speaks no TLS
	implicit bool        // TLS from the first byte, and not after STARTTLS
	password string      // of porter; empty: anybody may send

	mu    sync.Mutex
	took  []taken
	plain []string // what was said without TLS
}

// taken is a letter as it came: for whom, from whom, and all of its text.
type taken struct {
	from, to, text string
	tls            bool
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	return (&postOffice{}).open(t)
}

// open has a mail server listen until the test ends.
func (o *postOffice) open(t *testing.T) *postOffice {
	t.Helper()
	o.listen = loopback(t)
	var all sync.WaitGroup
	end, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel() // what a sender that gave up has left open, too
		_ = o.listen.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			c, err := o.listen.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer context.AfterFunc(end, func() { _ = c.Close() })()
				defer func() { _ = c.Close() }()
				_ = c.SetDeadline(time.Now().Add(time.Minute))
				o.talk(c)
			})
		}
	})
	return o
}

// talk holds one conversation (RFC 5321, RFC 3207, RFC 4954).
func (o *postOffice) talk(c net.Conn) {
	say := func(s string) { _, _ = io.WriteString(c, s+"\r\n") }
	var l taken
	if o.implicit {
		c, l.tls = tls.Server(c, o.tls), true
	}
	lines := bufio.NewScanner(c)
	known := o.password == ""
	say("220 mail.example ESMTP")
	for lines.Scan() {
		if !l.tls {
			o.mu.Lock()
			o.plain = append(o.plain, lines.Text())
			o.mu.Unlock()
		}
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			say("250-mail.example")
			if o.tls != nil && !l.tls {
				say("250-STARTTLS")
			}
			if o.password != "" {
				say("250-AUTH PLAIN LOGIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go on")
			c, l.tls = tls.Server(c, o.tls), true
			lines = bufio.NewScanner(c)
		case "AUTH":
			if known = rest == "PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00porter\x00"+o.password)); known {
				say("235 ok")
			} else {
				say("535 no")
			}
		case "MAIL":
			if !known {
				say("530 who are you")
				continue
			}
			l = taken{from: rest, tls: l.tls}
			say("250 ok")
		case "RCPT":
			l.to += rest
			say("250 ok")
		case "DATA":
			say("354 go on")
			for lines.Scan() && lines.Text() != "." {
				l.text += strings.TrimPrefix(lines.Text(), ".") + "\r\n"
			}
			o.mu.Lock()
			o.took = append(o.took, l)
			o.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (o *postOffice) letters() []taken {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]taken(nil), o.took...)
}

// authority makes an authority that nobody knows, and a certificate of it for a host.
func authority(t *testing.T, host string) (*x509.CertPool, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(serial int64, from *x509.Certificate, names ...string) *x509.Certificate {
		c := &x509.Certificate{
			SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			DNSNames: names, IsCA: from == nil, BasicConstraintsValid: true,
		}
		if from == nil {
			from = c
		}
		raw, err := x509.CreateCertificate(rand.Reader, c, from, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		if c, err = x509.ParseCertificate(raw); err != nil {
			t.Fatal(err)
		}
		return c
	}
	root := issue(1, nil)
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return pool, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{issue(2, root, host).Raw}, PrivateKey: key}}}
}

// A letter goes to another machine over TLS, to the server that is meant and with the
// name and password that were set, or it does not go.
func TestLettersGoOverTLS(t *testing.T) {
	t.Parallel()
	const host = "mail.test"
	roots, good := authority(t, host)
	near, local := authority(t, "localhost")
	_, other := authority(t, host)
	misnamed := good.Clone()
	misnamed.Certificates = nil
	stranger, away := authority(t, "elsewhere.test")
	misnamed.Certificates = away.Certificates
	for _, c := range []struct {
		name   string
		office *postOffice
		setting,
		login string
		roots *x509.CertPool
		fault string // empty: it is taken
	}{
		{"STARTTLS", &postOffice{tls: good}, "smtp", "", roots, ""},
		{"no TLS", &postOffice{}, "smtp", "", roots, "STARTTLS"},
		{"of an authority that nobody knows", &postOffice{tls: good}, "smtp", "", nil, "certificate"},
		{"of another authority", &postOffice{tls: other}, "smtp", "", roots, "certificate"},
		{"of another host", &postOffice{tls: misnamed}, "smtp", "", stranger, "elsewhere.test"},
		{"with a password", &postOffice{tls: good, password: "secret"}, "smtp", "porter:secret@", roots, ""},
		{"with a wrong one", &postOffice{tls: good, password: "secret"}, "smtp", "porter:wrong@", roots, "535"},
		{"with none", &postOffice{tls: good, password: "secret"}, "smtp", "", roots, "530"},
		{"with a password, no TLS", &postOffice{password: "secret"}, "smtp", "porter:secret@", roots, "STARTTLS"},
		{"smtps", &postOffice{tls: local, implicit: true}, "smtps", "", near, ""},
		{"smtps with a password", &postOffice{tls: local, implicit: true, password: "secret"}, "smtps", "porter:secret@", near, ""},
		{"smtps of an authority that nobody knows", &postOffice{tls: local, implicit: true}, "smtps", "", nil, "certificate"},
		{"smtps of another host", &postOffice{tls: good, implicit: true}, "smtps", "", roots, "mail.test"},
		{"smtps, and the server speaks none", &postOffice{password: "secret"}, "smtps", "porter:secret@", near, "tls"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			office := c.office.open(t)
			_, port, err := net.SplitHostPort(office.listen.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			to := host
			p := &postman{n: &node{}, roots: c.roots}
			if c.setting == "smtps" { // a connection that is made by another is not wrapped
				to = "localhost"
			} else {
				p.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, office.listen.Addr().String())
				}
			}
			p.n.cfg, err = readConfig(map[string]string{"smtp": c.setting + "://" + c.login + to + ":" + port, "mail-from": "porter@node.example"}, "", func(string) string { return "" })
			if err != nil {
				t.Fatal(err)
			}
			err = p.Work(t.Context(), &river.Job[storage.Letter]{Args: storage.Letter{To: "ann@mail.test", Subject: "Hello", Text: "The secret link."}})
			letters := office.letters()
			if c.fault == "" && (err != nil || len(letters) != 1 || !letters[0].tls || !strings.Contains(letters[0].text, "The secret link.")) {
				t.Errorf("%v; taken: %+v", err, letters)
			}
			if c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault) || len(letters) != 0) {
				t.Errorf("%v, want something of %s; taken: %+v", err, c.fault, letters)
			}
			office.mu.Lock()
			defer office.mu.Unlock()
			for _, line := range office.plain {
				if verb, _, _ := strings.Cut(line, " "); verb == "AUTH" || verb == "MAIL" || verb == "RCPT" || strings.Contains(line, "secret") {
					t.Errorf("said for everybody to hear: %q", line)
				}
			}
		})
	}
}

// Where the setting names no port, it is the one that is meant for what is done there.
func TestPortsOfLetters(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"smtps://mail.example": "mail.example:465", "smtps://porter:x@mail.example": "mail.example:465", "smtps://mail.example:2465": "mail.example:2465",
		"smtp://porter:x@mail.example": "mail.example:587", "smtp://mail.example": "mail.example:25", "smtp://localhost": "localhost:25", "smtp://mail.example:2525": "mail.example:2525",
	} {
		cfg, err := readConfig(map[string]string{"smtp": setting}, "", func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		client, err := (&postman{n: &node{cfg: cfg}}).client()
		if err != nil {
			t.Fatal(err)
		}
		if got := client.ServerAddr(); got != want {
			t.Errorf("%s: %s, want %s", setting, got, want)
		}
	}
}
