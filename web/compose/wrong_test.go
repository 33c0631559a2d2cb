package compose

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage/private"
)

// beside is what the form of a page that goes to a path says beside a field: what is
// wrong with it, by the field's own description.
func beside(t *testing.T, page, action, field string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	at := func(n *html.Node, name string) string {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	for form := range doc.Descendants() {
		if where, _, _ := strings.Cut(at(form, "action"), "#"); form.Data != "form" || where != action {
			continue
		}
		for f := range form.Descendants() {
			if at(f, "name") != field && at(f, "id") != "field-"+field || at(f, "aria-invalid") != "true" && f.Data != "fieldset" && f.Data != "details" {
				continue
			}
			for id := range strings.FieldsSeq(at(f, "aria-describedby")) {
				for said := range form.Descendants() {
					if at(said, "id") == id && at(said, "class") == "fault" && said.FirstChild != nil {
						return said.FirstChild.Data
					}
				}
			}
		}
	}
	return ""
}

// Every form of those who live on a node, with something wrong in it: the answer says so,
// the message stands beside the field, and all that was typed is still there. The forms
// are those that the routers have, so that a new one is not forgotten.
func TestWrongInputIsSaidBesideIt(t *testing.T) {
	n := furnished(t)
	n.site.Joining = true
	long := func(n int) string { return strings.Repeat("x", n+1) }
	token, kept := account.NewToken()
	if err := private.Of(n.db).Send(t.Context(), kept, account.Link{Purpose: account.ForPassword, Person: n.people["bob"].ID, Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	factor, kept := account.NewToken()
	if err := private.Of(n.db).Send(t.Context(), kept, account.Link{Purpose: account.ForFactor, Person: n.people["ann"].ID, Password: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	code, kept := account.NewToken()
	if err := private.Of(n.db).Send(t.Context(), kept, account.Link{Purpose: account.ForCode, Person: n.people["bob"].ID, Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	linked := "/link/" + examples[`{token:[A-Za-z0-9_-]{43}}`]
	type wrong struct {
		who    string
		fields url.Values
		at     string // the field that is wrong; more of them apart by commas
		path   string // where it is sent, if not to the example of its address
	}
	text := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return v
	}
	const why = "Because\nof this."
	forms := map[string][]wrong{
		"/submit": {
			{"ann", text("to", "nowhere", "title", "A", "text", why, "warning", "W", "language", "de"), "to", ""}, {"ann", text("to", "beans", "title", "", "text", why), "title", ""},
			{"ann", text("to", "beans", "title", "A", "link", "https://", "text", why), "link", ""}, {"ann", text("to", "beans", "title", "A", "text", long(forum.MaxPostSource)), "text", ""},
			{"ann", text("to", "beans", "title", "A", "choice", "Yes", "choice", "Yes", "hours", "24"), "choice-2", ""},
		},
		"/reply/post-1":    {{"ann", text("text", long(forum.MaxCommentSource), "language", "de"), "text", ""}, {"ann", text("text", " ", "warning", "W"), "text", ""}},
		"/edit/post-1":     {{"ann", text("title", long(forum.MaxTitle), "text", why), "title", ""}, {"ann", text("title", "A", "link", "ftp://a", "text", why), "link", ""}},
		"/communities/new": {{"ann", text("name", "b a", "title", "A", "summary", why, "rules", why), "name", ""}, {"ann", text("name", "beans", "title", "A", "summary", why), "name", ""}, {"ann", text("name", "tea", "title", "A", "rules", long(forum.MaxSummary)), "rules", ""}},
		"/c/beans/edit":    {{"ann", text("title", "", "summary", why, "rules", why, "restricted", "1"), "title", ""}, {"ann", text("title", "A", "summary", long(forum.MaxSummary)), "summary", ""}},
		"/c/beans/edit/moderators": {
			{"ann", text("person", "nobody"), "person", ""}, {"ann", text("person", ""), "person", ""}, {"ann", text("person", "@eve@far.example"), "person", ""}, {"ann", text("person", "eve@no host"), "person", ""},
		},
		"/react/post-1":       {{"bob", text("other", "no"), "other", ""}, {"bob", text("other", ""), "other", ""}, {"bob", text("emoji", "🎉", "other", "🙂🙂"), "other", ""}},
		"/report/post-1":      {{"bob", text("reason", ""), "reason", ""}, {"bob", text("reason", " \n"), "reason", ""}, {"bob", text("reason", long(forum.MaxReason)), "reason", ""}},
		"/report/community-1": {{"bob", text("reason", ""), "reason", ""}, {"bob", text("reason", long(forum.MaxReason)), "reason", ""}},
		"/moderate/post-1": {
			{"ann", text("verb", "", "reason", why, "days", "7"), "verb", ""}, {"ann", text("verb", "lock", "reason", long(forum.MaxReason)), "reason", ""}, {"ann", text("verb", "ban", "reason", long(forum.MaxReason), "days", "7"), "reason", ""},
			{"ann", text("verb", "ban", "reason", why, "days", "-1"), "days", ""}, {"ann", text("verb", "ban", "reason", why, "days", "0"), "days", ""}, {"ann", text("verb", "ban", "reason", why, "days", "a week"), "days", ""}, {"ann", text("verb", "ban", "reason", why, "days", "9999"), "days", ""},
			{"ann", text("verb", "burn", "reason", why), "verb", ""},
		},
		"/messages/cid":      {{"ann", text("text", ""), "text", ""}, {"ann", text("text", long(forum.MaxMessageSource)), "text", ""}},
		"/messages/report/1": {{"cid", text("reason", ""), "reason", ""}, {"cid", text("reason", long(forum.MaxReason)), "reason", ""}},
		"/settings/profile": {
			{"ann", text("title", long(forum.MaxCommunityTitle), "bio", why), "title", ""}, {"ann", text("title", "A", "bio", long(forum.MaxBio)), "bio", ""}, {"ann", text("title", "A", "bio", why, "label-1", "Mine", "link-1", "ftp://a", "bot", "1"), "link-1", ""},
		},
		"/settings/leave":       {{"ann", text("name", "anne", "leave-present", "x"), "name,leave-present", ""}},
		"/settings/password":    {{"ann", text("password", "short", "password-present", "x"), "password,password-present", ""}},
		"/settings/email":       {{"ann", text("email", "no address", "email-present", "x"), "email,email-present", ""}},
		"/settings/factor":      {{"ann", text("factor-present", "x"), "factor-present", ""}},
		"/settings/factor/code": {{"ann", text("token", factor, "code", "000000"), "code", ""}},
		"/collections":          {{"ann", text("name", ""), "name", ""}, {"ann", text("name", long(account.MaxCollection)), "name", ""}},
		"/collections/1":        {{"ann", text("add", "nowhere"), "add", ""}, {"ann", text("name", long(account.MaxCollection)), "name", ""}},
		"/communities/servers":  {{"ann", text("host", "no host"), "host", ""}},
		"/join":                 {{"", text("name", "a b", "email", "none", "password", "short"), "name,email,password,age,agree", ""}},
		"/sign-in/code":         {{"", text("token", code, "code", "000000"), "code", ""}},
		linked:                  {{"", text("password", "short"), "password", "/link/" + token}},
	}
	// Forms in which nothing can be typed, or nothing typed is wrong.
	free := map[string]string{
		"/act": "a button", "/draft": "sent by script alone, which keeps what it sends", "/vote/post-1": "choices", "/sign-out": "a button", "/settings": "choices, and words that may be any",
		"/settings/blocks": "a button", "/settings/sessions": "a button", "/drafts": "a button", "/communities/join": "choices",
		"/settings/move/claim": "leads to a page that says it: TestClaimingAccounts of web/member", "/settings/move/to": "likewise: TestMovingAway of web/member", "/settings/move/return": "a button",
		"/reset": "says the same whatever is typed", "/sign-in": "does not tell which of the two is wrong: see below",
	}
	seen := map[string]bool{}
	for _, d := range doors(t, n.signedInDoors(), false) {
		seen[d.path] = true
		if forms[d.path] == nil && free[d.path] == "" {
			t.Errorf("%s is not in the table: say what is wrong input for it, or that nothing can be", d.path)
		}
		if forms[d.path] != nil && free[d.path] != "" {
			t.Errorf("%s is in both", d.path)
		}
	}
	for path := range free {
		if !seen[path] {
			t.Errorf("%s is no door any more", path)
		}
	}
	for at, all := range forms {
		if !seen[at] {
			t.Errorf("%s is no door any more", at)
		}
		for _, x := range all {
			path := at
			if x.path != "" {
				path = x.path
			}
			what := fmt.Sprintf("%s, wrong %s", path, x.at)
			status, page := n.page(x.who, path, x.fields)
			if status < 400 || status > 499 {
				t.Errorf("%s: %d", what, status)
				continue
			}
			for field := range strings.SplitSeq(x.at, ",") {
				if beside(t, page, path, field) == "" {
					t.Errorf("%s: nothing is said beside %s", what, field)
				}
			}
			again := filled(t, strings.ReplaceAll(page, `#answer"`, `"`), path)
			for field, values := range x.fields {
				if field == "password" || strings.HasSuffix(field, "-present") || field == "code" || field == "token" || x.at == "verb" && values[0] == "burn" {
					continue // not sent back, or what no browser sends
				}
				var want []string
				for _, v := range values {
					if v = strings.TrimSpace(v); v != "" {
						want = append(want, v)
					}
				}
				var got []string
				for _, v := range again[field] {
					if v = strings.TrimSpace(v); v != "" {
						got = append(got, v)
					}
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s: %s comes back as %.200q, want %.200q", what, field, got, want)
				}
			}
		}
	}
	if status, page := n.page("", "/sign-in", text("name", "ann", "password", "wrong")); status != 403 || lacks(page, `role="alert">That name and password`, `value="ann"`) != nil {
		t.Errorf("/sign-in: %d", status)
	}
}
