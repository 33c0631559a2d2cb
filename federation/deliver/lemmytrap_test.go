package deliver_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"stoa/federation/deliver"
	"stoa/federation/fedtest"
	"stoa/federation/fetch"
)

// Lemmy takes no signature whose key has a name without a #. What is sent has a digest
// that is signed; what is asked for has none, which others do not expect.
func TestLemmyTrap11WhatIsSignedNamesItsKeyByAFragment(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	id := n.announce(subjects(1)...)[0]
	n.run(n.fast(n.db))
	n.idle(p)
	keys := deliver.NewKeyring(n.db)
	client := fetch.New(fetch.Options{BaseURL: &url.URL{Scheme: "https", Host: "stoa.example"}, Dev: true, Sign: func(ctx context.Context, r *http.Request, body []byte) error {
		return keys.Sign(ctx, r, body, community)
	}})
	t.Cleanup(client.Close)
	if _, err := client.Document(t.Context(), p.Group("cats").ID); err != nil {
		t.Fatal(err)
	}
	look := func(what string, h http.Header, digest, covered string) {
		t.Helper()
		if got := h.Get("Digest"); got != digest {
			t.Errorf("%s: Digest %q, want %q", what, got, digest)
		}
		signature := h.Get("Signature")
		if !strings.HasPrefix(signature, `keyId="`+community+`#main-key",`) {
			t.Errorf("%s: its key has no name with a #: %s", what, signature)
		}
		if !strings.Contains(signature, `headers="`+covered+`"`) {
			t.Errorf("%s: %q is not what is signed: %s", what, covered, signature)
		}
	}
	sent := 0
	for _, r := range p.Received() {
		if strings.Contains(string(r.Body), id) {
			sum := sha256.Sum256(r.Body)
			look("a delivery", r.Header, "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]), "(request-target) host date digest")
			sent++
		}
	}
	asked := 0
	for _, r := range p.Fetched() {
		if r.Header.Get("Signature") != "" {
			look("a fetch", r.Header, "", "(request-target) host date")
			asked++
		}
	}
	if sent != 1 || asked == 0 {
		t.Errorf("sent %d, asked for %d", sent, asked)
	}
}

// The first request was taken, and its answer lost; Lemmy refuses the second as a repeat.
func TestLemmyTrap27RefusedRepeatsAreAnEnd(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	server := n.follow(p)
	n.known(p)
	id := n.announce(subjects(1)...)[0]
	a := answer(p, map[string][]int{id: {http.StatusGatewayTimeout, http.StatusBadRequest}}, nil)
	n.run(n.fast(n.db))
	n.idle(p)
	var failures, skipped int
	n.scan(&failures, `select failures from server where id = $1`, server)
	n.scan(&skipped, `select count(*) from delivery_skip`)
	if got := a.count(id); got != 2 || failures != 0 || skipped != 0 {
		t.Errorf("sent %d times, %d failures, %d given up", got, failures, skipped)
	}
}

// Lemmy 1.0 has no inboxes of communities any more, and says 404 or 405 where they were.
func TestLemmyTrap35WhoseInboxIsGoneIsAskedForAnew(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNotFound, http.StatusMethodNotAllowed} {
		n := newNode(t)
		p := n.peer(fedtest.Lemmy, "")
		n.follow(p)
		n.known(p)
		for _, name := range []string{"cats", "dogs"} { // of which the second has moved already
			n.exec(`insert into community (uri, name, host, local, inbox, shared_inbox, fetched_at) values ($1, $2, $3, false, $4, '', now())`,
				p.URL("/c/"+name), name, p.Host(), map[string]string{"cats": p.SharedInbox(), "dogs": p.URL("/elsewhere")}[name])
		}
		n.exec(`insert into person (uri, name, host, local, inbox) values ($1, 'ann', $2, false, $3)`, p.URL("/u/ann"), p.Host(), p.SharedInbox())
		var ids []string
		want := []string{p.URL("/c/cats")}
		if status == http.StatusNotFound {
			ids = n.announce(subjects(2)...)
		} else {
			want, ids = append(want, p.URL("/u/ann")), []string{n.accept(p)}
		}
		sent := map[string][]int{}
		for _, id := range ids {
			sent[id] = []int{status}
		}
		answer(p, sent, nil)
		n.run(n.fast(n.db))
		n.idle(p)
		var asked []string
		n.scan(&asked, `select coalesce(array_agg(args->>'iri' order by args->>'iri'), '{}') from river_job where kind = 'fetch_object' and (args->>'refresh')::bool`)
		same(t, "asked for anew", asked, want)
	}
}
