package compose

import (
	"context"
	"fmt"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

// wrote has one of them write to another, and gives the number of the message.
func (n *node) wrote(from, to string) int64 {
	n.Helper()
	return n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		return n.forum.Send(ctx, tx, private.In(tx), forum.Send{Message: forum.Message{From: n.people[from], To: n.people[to], Text: forum.Text{Source: "x", HTML: "<p>x</p>"}}})
	}).ID
}

// Who may do what with messages and requests, and that nobody else changes anything.
func TestMessageActs(t *testing.T) {
	n := newNode(t)
	for _, name := range []string{"ann", "bob", "cid", "admin"} {
		n.lives(name, name == "admin")
	}
	one := n.wrote("ann", "bob")
	ann := n.people["ann"].ID
	state := func(who string) (s forum.MessageState) {
		t.Helper()
		s, err := private.Of(n.db).HowTo(t.Context(), n.people[who].ID, ann)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	deleted := func() (gone bool) {
		t.Helper()
		if err := n.db.Pool().QueryRow(t.Context(), `select deleted from message where id = $1`, one).Scan(&gone); err != nil {
			t.Fatal(err)
		}
		return gone
	}
	unsend := fmt.Sprintf("unsend message-%d", one)
	for who, want := range map[string]int{"": 403, "bob": 403, "cid": 404, "admin": 404} {
		if status, _ := n.ask(who, "/act", "do", unsend); status != want || deleted() {
			t.Errorf("%q takes back what ann wrote: %d, want %d", who, status, want)
		}
	}
	for _, act := range []string{"accept", "refuse"} {
		for _, who := range []string{"", "cid", "admin", "ann"} {
			if _, _ = n.ask(who, "/act", "do", fmt.Sprintf("%s person-%d", act, ann)); state("bob") != forum.Requested {
				t.Fatalf("%q lets ann in, or keeps her out, for bob", who)
			}
		}
	}
	if to := n.done("bob", "/act", "do", fmt.Sprintf("refuse person-%d", ann), "back", "/messages/ann"); to != "/messages?show=requests" || state("bob") != forum.Unwanted {
		t.Errorf("refused: to %s, %v", to, state("bob"))
	}
	n.wrote("ann", "cid")
	if to := n.done("cid", "/act", "do", fmt.Sprintf("accept person-%d", ann), "back", "/messages/ann"); to != "/messages/ann" || state("cid") != forum.Welcome {
		t.Errorf("accepted: to %s, %v", to, state("cid"))
	}
	if to := n.done("ann", "/act", "do", unsend, "back", "/messages/bob"); to != fmt.Sprintf("/messages/bob#message-%d", one) || !deleted() {
		t.Errorf("taken back: to %s, %v", to, deleted())
	}
	if status, _ := n.ask("ann", "/act", "do", fmt.Sprintf("send message-%d", one)); status != 400 {
		t.Errorf("something else is done: %d", status)
	}
	if status, _ := n.ask("ann", "/draft", "place", fmt.Sprintf("message person-%d", n.people["bob"].ID), "text", "begun"); status != 204 {
		t.Errorf("a draft: %d", status)
	}
}
