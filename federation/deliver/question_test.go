package deliver

import (
	"strings"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// A server gets a Question where it reads one, a Page where it does not, and what has
// become of the totals only where that says something.
func TestQuestionsAreToldAsTheyAreRead(t *testing.T) {
	t.Parallel()
	doc := func(body string) *forum.Document {
		return &forum.Document{ID: "https://h.example/1", Body: []byte(body), Signer: "s"}
	}
	whole := doc(`{"id":"a","type":"Announce","object":{"type":"Create","object":{"type":"Question","name":"Which?","oneOf":[{"type":"Note","name":"tea"}]}}}`)
	boost, note := doc(`{"type":"Announce","object":"q"}`), doc(`{"type":"Create","object":{"type":"Note"}}`)
	for _, c := range []struct {
		runs            string
		dialect         storage.Dialect
		question, plain int
		tally           int
	}{
		{"lemmy", forums, 0, 1, 0},
		{"mbin", forums, 0, 1, 0},
		{"piefed", forums, 1, 0, 1},
		{"stoa", forums, 1, 0, 1},
		{"mastodon", microblogs, 0, 0, 1},
		{"unheardof", both, 0, 1, 0},
	} {
		of := dialectOf(c.runs, "1.0")
		u := &storage.Unit{Form: storage.FormAnnouncement, Verb: forum.VerbSubmit, Forum: whole, Micro: boost}
		question, plain := 0, 0
		for _, d := range of.documents(u, c.dialect) {
			switch body := string(d.Body); {
			case strings.Contains(body, "Question"):
				question++
			case strings.Contains(body, `"Page"`) && strings.Contains(body, "<li>tea</li>"):
				plain++
			}
			if d.ID != whole.ID || d.Signer != whole.Signer {
				t.Errorf("%+v", d)
			}
		}
		u.Verb = forum.VerbTally
		if tally := len(of.documents(u, c.dialect)); question != c.question || plain != c.plain || tally != c.tally {
			t.Errorf("%s: %d as a Question, %d as a Page, %d of the totals", c.runs, question, plain, tally)
		}
		act := &storage.Unit{Form: storage.FormAct, Verb: forum.VerbSubmit, Direct: whole}
		if got := of.documents(act, c.dialect); len(got) != 1 || strings.Contains(string(got[0].Body), "Question") != (c.tally == 1) {
			t.Errorf("%s is told of the act as %s", c.runs, got[0].Body)
		}
		act.Direct = note
		if got := of.documents(act, c.dialect); len(got) != 1 || got[0] != note {
			t.Errorf("%s: %+v", c.runs, got)
		}
	}
	if !strings.Contains(string(whole.Body), "Question") {
		t.Error("what the log holds was changed")
	}
}
