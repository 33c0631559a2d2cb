package activitypub

import (
	"reflect"
	"strings"
	"testing"
)

func mustActor(t *testing.T, kind, fields string) Actor {
	t.Helper()
	a, err := ReadActor([]byte(`{"id":"https://h.example/x","type":` + kind + `,"preferredUsername":"x",` + fields + `}`))
	if err != nil {
		t.Fatalf("%s: %v", fields, err)
	}
	return a
}

func TestReadActor(t *testing.T) {
	a := mustActor(t, `"Group"`, `"name":"X","summary":"<p>s</p>","description":"d","source":{"content":"s","mediaType":"text/markdown"},`+
		`"inbox":"https://h.example/x/inbox","outbox":{"type":"OrderedCollection","id":"https://h.example/x/outbox"},"followers":"https://h.example/x/followers",`+
		`"following":null,"featured":"https://h.example/x/featured","attributedTo":"https://h.example/x/moderators",`+
		`"endpoints":{"sharedInbox":"https://h.example/inbox"},"publicKey":{"id":"https://h.example/x#main-key","owner":"https://h.example/x","publicKeyPem":"PEM"},`+
		`"manuallyApprovesFollowers":true,"discoverable":false,"sensitive":true,"postingRestrictedToMods":true,`+
		`"published":"2026-01-02T03:04:05.000001Z","alsoKnownAs":"https://h.example/old","movedTo":"https://h.example/new",`+
		`"url":"https://h.example/page","language":[{"identifier":"en","name":"English"},"de"],"icon":"https://h.example/i.png"`)
	if a.Name != "X" || a.Summary != "<p>s</p>" || a.Description != "d" || a.Source.Content != "s" || a.URL != "https://h.example/page" || a.Icon.URL != "https://h.example/i.png" {
		t.Errorf("face: %+v", a)
	}
	if a.Inbox != "https://h.example/x/inbox" || a.Outbox != "https://h.example/x/outbox" || a.Followers != "https://h.example/x/followers" || a.Following != "" ||
		a.Featured != "https://h.example/x/featured" || a.Moderators != "https://h.example/x/moderators" || a.SharedInbox != "https://h.example/inbox" {
		t.Errorf("addresses: %+v", a)
	}
	if !a.ManuallyApprovesFollowers || a.Discoverable == nil || *a.Discoverable || a.Indexable != nil || !a.Sensitive || !a.PostingRestrictedToMods {
		t.Errorf("rules: %+v", a)
	}
	if k, ok := a.Key("https://h.example/x#main-key"); !ok || k != (PublicKey{"https://h.example/x#main-key", "https://h.example/x", "PEM"}) {
		t.Errorf("key: %+v", a.Keys)
	}
	if !reflect.DeepEqual(a.AlsoKnownAs, []string{"https://h.example/old"}) || a.MovedTo != "https://h.example/new" ||
		!reflect.DeepEqual(a.Languages, []Language{{"en", "English"}, {Identifier: "de"}}) || a.Published.Text != "2026-01-02T03:04:05.000001Z" {
		t.Errorf("rest: %+v", a)
	}
	if a.Vocabulary == nil || a.Vocabulary.GetTypeName() != "Group" {
		t.Errorf("vocabulary: %v", a.Vocabulary)
	}
}

func TestReadActorQuirks(t *testing.T) {
	if a := mustActor(t, `"Person"`, `"sharedInbox":"https://h.example/inbox"`); a.SharedInbox != "https://h.example/inbox" {
		t.Errorf("sharedInbox at the top (Discourse): %+v", a)
	}
	if a := mustActor(t, `"Person"`, `"sharedInbox":"https://h.example/a","endpoints":{"sharedInbox":"https://h.example/b"}`); a.SharedInbox != "https://h.example/b" {
		t.Errorf("sharedInbox twice: %+v", a)
	}
	a := mustActor(t, `"Group"`, `"attributedTo":[{"type":"Person","id":"https://h.example/owner"}],"moderators":"https://h.example/mods"`)
	if !reflect.DeepEqual(a.Owners, []string{"https://h.example/owner"}) || a.Moderators != "https://h.example/mods" {
		t.Errorf("owner of a channel (PeerTube): %+v", a)
	}
	if a := mustActor(t, `["Thing","Service"]`, `"name":null`); a.Type != "Service" || a.Vocabulary.GetTypeName() != "Service" {
		t.Errorf("type array: %+v", a)
	}
	if a := mustActor(t, `"Feed"`, `"following":"https://h.example/x/following"`); a.Vocabulary != nil || a.Following == "" {
		t.Errorf("Feed: %+v", a)
	}
	a = mustActor(t, `"Person"`, `"publicKey":[`+strings.Repeat(`{"id":"https://h.example/k","owner":"https://h.example/x","publicKeyPem":"PEM"},`, 20)+`7]`)
	if len(a.Keys) != MaxKeys {
		t.Errorf("%d keys", len(a.Keys))
	}
	a = mustActor(t, `"Person"`, `"publicKey":{"id":"https://h.example/k","publicKeyPem":"`+strings.Repeat("a", MaxPEM+1)+`"}`)
	if _, ok := a.Key("https://h.example/k"); ok {
		t.Error("a key beyond the limit was kept")
	}
	a = mustActor(t, `"Person"`, `"publicKey":"https://h.example/k","inbox":7,"endpoints":"x","discoverable":"yes","icon":{"url":{"x":1}},"language":5,"url":["x"]`)
	if len(a.Keys) != 1 || a.Inbox != "" || a.SharedInbox != "" || a.Discoverable != nil || a.Icon.URL != "" || a.Languages != nil {
		t.Errorf("wrong types: %+v", a)
	}
}

func TestReadActorRefuses(t *testing.T) {
	tests := []struct {
		body string
		want Kind
	}{
		{`{"type":"Person"}`, KindMissing},
		{`{"id":["https://h.example/x"],"type":"Person"}`, KindWrongType},
		{`{"id":"https://h.example/x"}`, KindMissing},
		{`{"id":"https://h.example/x","type":"Note"}`, KindUnexpected},
		{`{"id":"https://h.example/x","type":"Group","attributedTo":1}`, KindWrongType},
		{`{"id":"https://h.example/x","type":"Group","id":"https://h.example/y"}`, KindDuplicateKey},
		{`{"id":"https://h.example/x","type":"Group","@graph":[]}`, KindKeyword},
		{`{"id":"https://h.example/x","type":"Group","duration":""}`, KindVocabulary}, // the library panics on it
	}
	for _, tt := range tests {
		if _, err := ReadActor([]byte(tt.body)); kindOf(err) != tt.want {
			t.Errorf("%s: got %v, want %q", tt.body, err, tt.want)
		}
	}
}

func TestReadCollection(t *testing.T) {
	c, err := ReadCollection([]byte(`{"id":"https://h.example/o","type":"OrderedCollection","totalItems":2,"orderedItems":["https://h.example/1",{"type":"Announce","id":"https://h.example/2"}],` +
		`"first":{"type":"OrderedCollectionPage","items":["https://h.example/3"],"next":"https://h.example/o?2"},"attributedTo":"https://h.example/c"}`))
	if err != nil || c.TotalItems != 2 || len(c.Items) != 2 || c.Items[1].Type != "Announce" || len(c.Authors) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	page, err := c.First.Collection()
	if err != nil || len(page.Items) != 1 || page.Next.ID != "https://h.example/o?2" {
		t.Errorf("page: %+v, %v", page, err)
	}
	if _, err := ReadCollection([]byte(`{"type":"Note"}`)); kindOf(err) != KindUnexpected {
		t.Errorf("a Note: %v", err)
	}
	if c, err := ReadCollection([]byte(`{"type":"Collection","totalItems":-1,"items":"https://h.example/1"}`)); err != nil || c.TotalItems != 0 || len(c.Items) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}
