package fetch

import (
	"strings"
	"testing"
)

// person is an actor at /u/ann with one more field, such as `,"outbox":"…"`.
func person(more string) string {
	return `{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1"],"id":"§/u/ann","type":"Person",` +
		`"preferredUsername":"ann","inbox":"§/u/ann/inbox"` + more + `}`
}

func TestActorKeepsWhatIsOnItsServer(t *testing.T) {
	p := newPeer(t, map[string]string{"/u/ann": person(`,"outbox":"§/u/ann/outbox","followers":"§/u/ann/followers","featured":"§/f","endpoints":{"sharedInbox":"§/inbox"}`)})
	a, raw, err := devClient(t, Options{}).Actor(t.Context(), p.URL+"/u/ann")
	if err != nil {
		t.Fatal(err)
	}
	if a.ID != p.URL+"/u/ann" || a.Inbox != p.URL+"/u/ann/inbox" || a.Outbox == "" || a.Followers == "" || a.Featured == "" || a.SharedInbox != p.URL+"/inbox" {
		t.Errorf("got %+v", a)
	}
	if !strings.Contains(string(raw), `"preferredUsername":"ann"`) {
		t.Errorf("raw is %s", raw)
	}
}

func TestAddressesOfAnActorOnOtherServersAreLeftOut(t *testing.T) {
	p := newPeer(t, map[string]string{"/u/ann": person(`,"outbox":"http://127.0.0.1:9/o","followers":"https://victim.example/followers",` +
		`"following":"http://localhost/f","featured":"//x","moderators":"https://victim.example/m","endpoints":{"sharedInbox":"https://victim.example/inbox"}`)})
	a, _, err := devClient(t, Options{}).Actor(t.Context(), p.URL+"/u/ann")
	if err != nil {
		t.Fatal(err)
	}
	if a.Outbox+a.Followers+a.Following+a.Featured+a.Moderators+a.SharedInbox != "" {
		t.Errorf("got %+v", a)
	}
}

func TestActorsThatCannotBeWrittenToAreRefused(t *testing.T) {
	p := newPeer(t, nil)
	c := devClient(t, Options{})
	for doc, want := range map[string]Kind{
		strings.Replace(person(""), "§/u/ann/inbox", "https://victim.example/inbox", 1):  WrongOrigin,
		strings.Replace(person(""), "§/u/ann/inbox", "http://127.0.0.1:9/i", 1):          WrongOrigin,
		strings.Replace(person(""), "§/u/ann/inbox", "http://169.254.169.254/latest", 1): WrongOrigin,
		strings.Replace(person(""), "§/u/ann/inbox", "ftp://victim.example/", 1):         Malformed,
		strings.Replace(person(""), "§/u/ann/inbox", "", 1):                              Malformed,
		strings.Replace(person(""), `"inbox"`, `"inbocks"`, 1):                           Malformed,
		strings.Replace(person(""), "Person", "Note", 1):                                 Malformed,
		strings.Replace(person(""), "Person", "Tombstone", 1):                            Gone,
		strings.Replace(person(""), `"type":"Person",`, "", 1):                           Malformed,
	} {
		p.docs = map[string]string{"/u/ann": doc}
		if _, _, err := c.Actor(t.Context(), p.URL+"/u/ann"); KindOf(err) != want {
			t.Errorf("%s: got %v, want %s", doc, err, want)
		}
	}
}
