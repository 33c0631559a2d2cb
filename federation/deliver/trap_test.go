package deliver

import (
	"net/http"
	"strings"
	"testing"

	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
)

// sentOf are the ids of what a server that runs something ("lemmy 0.19") is sent of a unit.
func sentOf(u *storage.Unit, runs string) string {
	var ids []string
	name, version, _ := strings.Cut(runs, " ")
	d := dialectOf(name, version)
	for _, doc := range d.documents(u, d.form) {
		ids = append(ids, doc.ID)
	}
	return strings.Join(ids, " ")
}

// announcement is a row that a community wrote. Only posts have a form for microblogs.
func announcement(verb forum.Verb) *storage.Unit {
	u := &storage.Unit{Form: storage.FormAnnouncement, Verb: verb, Forum: &forum.Document{ID: "whole", Body: []byte(`{"type":"Announce","object":{"type":"Create"}}`)}}
	if verb == forum.VerbSubmit {
		u.Micro = &forum.Document{ID: "boost", Body: []byte(`{"type":"Announce","object":"https://stoa.example/post/1"}`)}
	}
	return u
}

func TestLemmyTrap24RefusedIsRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusNotFound} {
		if v := judge(status, nil); v != refused {
			t.Errorf("%d is %d: it would be sent again, and again refused", status, v)
		}
	}
}

func TestLemmyTrap37NoQuestionsForWhoReadsNone(t *testing.T) {
	t.Parallel()
	question := []byte(`{"id":"a","type":"Create","object":{"type":"Question","name":"Which?","content":"<p>x</p>","oneOf":[{"type":"Note","name":"tea"}]}}`)
	if !outbox.Asks(question) {
		t.Fatal("this is no question")
	}
	u := &storage.Unit{Form: storage.FormAct, Verb: forum.VerbSubmit, Direct: &forum.Document{ID: "act", Body: question}}
	tally := &storage.Unit{Form: storage.FormAnnouncement, Verb: forum.VerbTally, Forum: u.Direct}
	for _, version := range []string{"0.19.20", "1.0.0"} {
		lemmy := dialectOf("lemmy", version)
		for _, d := range lemmy.documents(u, forums) {
			if outbox.Asks(d.Body) || !strings.Contains(string(d.Body), `"type":"Page"`) {
				t.Errorf("%s: %s", version, d.Body)
			}
		}
		if got := lemmy.documents(tally, forums); len(got) != 0 {
			t.Errorf("%s: of how a poll stands it is sent %d documents", version, len(got))
		}
	}
}

func TestLemmyTrap39MessagesAreChatMessages(t *testing.T) {
	t.Parallel()
	u := &storage.Unit{Form: storage.FormMessage, Direct: &forum.Document{ID: "note"}, Chat: &forum.Document{ID: "chat"}}
	for runs, want := range map[string]string{"lemmy 0.19.20": "chat", "lemmy 1.0.0": "chat", "mbin 1.9": "chat", "mastodon 4.5": "note"} {
		if got := sentOf(u, runs); got != want {
			t.Errorf("%s is sent %q", runs, got)
		}
	}
}

func TestPeerTrap24MicroblogsHearNoVotes(t *testing.T) {
	t.Parallel()
	for _, verb := range []forum.Verb{forum.VerbVote, forum.VerbReply, forum.VerbEdit, forum.VerbDelete} {
		u := announcement(verb)
		for _, runs := range []string{"mastodon", "gotosocial", "misskey", "pleroma"} {
			if got := sentOf(u, runs); got != "" {
				t.Errorf("of a %s %s is sent %q", verb, runs, got)
			}
		}
	}
}

func TestPeerTrap25MicroblogsAreToldOfPostsByID(t *testing.T) {
	t.Parallel()
	for _, runs := range []string{"gotosocial", "akkoma", "mastodon"} {
		if got := sentOf(announcement(forum.VerbSubmit), runs); got != "boost" {
			t.Errorf("%s is sent %q", runs, got)
		}
	}
}

func TestPeerTrap26ForumsAreToldOfTheActivity(t *testing.T) {
	t.Parallel()
	for _, runs := range []string{"piefed", "pyfedi", "lemmy", "mbin", "nodebb", "discourse"} {
		if got := sentOf(announcement(forum.VerbSubmit), runs); got != "whole" {
			t.Errorf("%s is sent %q", runs, got)
		}
	}
	if got := sentOf(announcement(forum.VerbSubmit), "unheardof"); got != "whole boost" {
		t.Errorf("who is not known is sent %q", got)
	}
}

func TestPeerTrap53WhatIsRefusedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]verdict{
		400: refused, 403: refused, 404: refused, 406: refused, 410: refused, 413: refused, 422: refused,
		401: doubted, 408: failed, 429: throttled, 500: failed, 503: failed, 302: failed, 202: passed,
	} {
		if got := judge(status, nil); got != want {
			t.Errorf("%d is %d, want %d", status, got, want)
		}
	}
	for kind, want := range map[fetch.Kind]verdict{
		fetch.Unavailable: failed, fetch.Timeout: failed, fetch.BadURL: impossible, fetch.BlockedHost: forbidden,
		fetch.Unasked: ours, fetch.Unsigned: ours, fetch.Cancelled: ours,
	} {
		if got := judge(0, &fetch.Error{Kind: kind}); got != want {
			t.Errorf("%s is %d, want %d", kind, got, want)
		}
	}
	if maxDoubts < 2 || maxDoubts > 5 {
		t.Errorf("401 is tried %d times", maxDoubts)
	}
}
