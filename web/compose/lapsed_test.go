package compose

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"stoa/federation/account"
	"stoa/storage/private"
)

// filled is what a browser would send of the form of a page that goes to a path, as it
// stands there; nil where there is none.
func filled(t *testing.T, page, action string) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	at := func(n *html.Node, name string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val, true
			}
		}
		return "", false
	}
	var form url.Values
	for n := range doc.Descendants() {
		if where, _ := at(n, "action"); n.Data != "form" || where != action {
			continue
		}
		form = url.Values{}
		for f := range n.Descendants() {
			name, ok := at(f, "name")
			if !ok {
				continue
			}
			value, _ := at(f, "value")
			kind, _ := at(f, "type")
			_, checked := at(f, "checked")
			switch {
			case f.Data == "input" && kind != "file" && (kind != "checkbox" && kind != "radio" || checked):
				form.Add(name, value)
			case f.Data == "textarea" && f.FirstChild != nil:
				form.Add(name, f.FirstChild.Data)
			case f.Data == "select":
				for o := range f.Descendants() {
					if _, on := at(o, "selected"); on {
						value, _ := at(o, "value")
						form.Set(name, value)
					}
				}
			}
		}
		return form
	}
	return form
}

// Whoever is signed in no more when they send a profile, a community, a report or an act
// of moderation gets all of it back. They sign in, send the same form as it stands there,
// and it is done.
func TestLapsedForms(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("bob", "/submit", "to", "go", "title", "One", "text", "Before.")
	n.done("bob", "/reply/post-1", "text", "Said before.")
	n.done("bob", "/messages/ann", "text", "Rude.")
	const password = "correct horse battery"
	own := private.Of(n.db)
	is := func(query, want string) func() {
		return func() {
			t.Helper()
			var got string
			if err := n.db.Pool().QueryRow(t.Context(), query).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %q %v, want %q", query, got, err, want)
			}
		}
	}
	for _, x := range []struct {
		path   string
		fields []string
		status int // of what is sent again
		done   func()
	}{
		{"/settings/profile", []string{"title", "Ann <A>", "bio", "I grow\nbeans.", "label-1", "Mine", "link-1", "https://ann.example/", "bot", "1", "no-file", "1"}, 200, is(`select title || '|' || bio_source || '|' || bot from person where name = 'ann'`, "Ann <A>|I grow\nbeans.|true")},
		{"/communities/new", []string{"name", "tea", "title", "Tea", "summary", "All\nof it.", "rules", "Be kind.", "language", "de", "restricted", "1"}, 303, is(`select summary_source || '|' || rules_source || '|' || language from community where name = 'tea'`, "All\nof it.|Be kind.|de")},
		{"/c/go/edit", []string{"title", "Go on", "summary", "What it is.", "rules", "Be kind, too.", "untitled", "1"}, 200, is(`select title || '|' || summary_source || '|' || rules_source from community where name = 'go'`, "Go on|What it is.|Be kind, too.")},
		{"/c/go/edit/moderators", []string{"person", "bob"}, 303, is(`select count(*)::text from moderator m join person p on p.uri = m.person_uri where p.name = 'bob'`, "1")},
		{"/report/post-1", []string{"reason", "Off\ntopic."}, 200, is(`select string_agg(reason, ',') from report where comment_id is null`, "Off\ntopic.")},
		{"/report/comment-1", []string{"reason", "Rude."}, 200, is(`select string_agg(reason, ',') from report where comment_id is not null`, "Rude.")},
		{"/moderate/post-1", []string{"verb", "lock", "reason", "Enough said.", "days", ""}, 303, is(`select locked::text from post where id = 1`, "true")},
		{"/moderate/comment-1", []string{"verb", "ban", "reason", "For a while.", "days", "7"}, 303, is(`select string_agg(reason, ',') from moderation where verb = 'ban'`, "For a while.")},
		{"/messages/report/1", []string{"reason", "It is rude."}, 200, is(`select string_agg(reason, ',') from message_report`, "It is rude.")},
	} {
		if err := own.SetPassword(t.Context(), n.people["ann"].ID, account.HashPassword(password), nil, n.site.Now()); err != nil { // and all sessions end
			t.Fatal(err)
		}
		form := url.Values{}
		for i := 0; i+1 < len(x.fields); i += 2 {
			form.Set(x.fields[i], x.fields[i+1])
		}
		status, page := n.page("ann", x.path, form)
		if gone := lacks(page, `href="/sign-in"`, "You are no longer signed in.", `action="`+x.path+`"`); status != 403 || gone != nil {
			t.Errorf("%s: %d lacks %q", x.path, status, gone)
			continue
		}
		again := filled(t, page, x.path)
		for name, want := range form {
			if got := again.Get(name); got != want[0] {
				t.Errorf("%s: %s comes back as %q, want %q", x.path, name, got, want[0])
			}
		}
		if status, multi := n.sends("ann", x.path, nil, x.fields...); status != 403 || fmt.Sprint(filled(t, multi, x.path)) != fmt.Sprint(again) {
			t.Errorf("%s, sent as with a file: %d %v", x.path, status, filled(t, multi, x.path))
		}
		n.signsIn("ann", password)
		if status, page := n.page("ann", x.path, again); status != x.status {
			t.Errorf("%s: sent again: %d\n%s", x.path, status, page)
		}
		x.done()
	}
	for path, fields := range map[string]url.Values{"/report/post-1": {"withdraw": {"1"}}, "/c/go/edit/moderators": {"dismiss": {n.people["ann"].URI}}} { // nothing typed
		if status, page := n.page("", path, fields); status != 403 || strings.Contains(page, "You are no longer signed in.") {
			t.Errorf("%s %v: %d", path, fields, status)
		}
	}
}

// signsIn has somebody come in by the door.
func (n *node) signsIn(who, password string) {
	n.Helper()
	r, err := http.NewRequestWithContext(n.Context(), http.MethodPost, n.server.URL+"/sign-in", strings.NewReader(url.Values{"name": {who}, "password": {password}}.Encode()))
	if err != nil {
		n.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		n.Fatal(err)
	}
	_ = res.Body.Close() // nobody reads it
	for _, c := range res.Cookies() {
		n.tokens[who] = c.Value
	}
	if res.StatusCode != http.StatusSeeOther {
		n.Fatalf("signing in: %d", res.StatusCode)
	}
}
