package compose

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"stoa/storage/private"
	"stoa/web/webtest"
)

// What was typed and not sent is there again after its tab was closed: of an answer, on
// the thread's own form and opened in place, of a profile, of a community and of a
// message. Once it is sent there is nothing left to go on with.
func TestClosedTab(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go", "summary", "Before.")
	n.done("bob", "/submit", "to", "go", "title", "One")
	n.done("bob", "/reply/post-1", "text", "Words.")
	chrome := webtest.Browser(t)
	for _, x := range []struct {
		path, place string
		opens       string // is pressed first; empty for nothing
		form        string
		fields      []string
		send        string
		stored      string
	}{
		{"/post/1", "reply comment-1", "#comment-1 a.reply", "#comment-1 form.write", []string{"text"}, ".button.main", `select source from comment where id = (select max(id) from comment)`},
		{"/post/1", "reply post-1", "", ".comments > form.write", []string{"text"}, ".button.main", `select source from comment where id = (select max(id) from comment)`},
		{"/settings/profile", "profile", "", "main form.form", []string{"bio"}, ".button.main", `select bio_source from person where name = 'ann'`},
		{"/c/go/edit", "community go", "", `form[action="/c/go/edit"]`, []string{"summary", "rules"}, ".button.main", `select summary_source || rules_source from community where name = 'go'`},
		{"/communities/new", "community", "", "main form.form", []string{"name", "title", "summary", "rules"}, ".button.main", `select name || title || summary_source || rules_source from community where name like 'tea%'`},
		{"/messages/bob", fmt.Sprintf("message person-%d", n.people["bob"].ID), "", "#answer form", []string{"text"}, ".button.main", `select source from message`},
	} {
		begin := func() (browsing, context.Context, func() []string) {
			t.Helper()
			ctx, complaints := n.signedIn(chrome, "ann", 1280, "light")
			b := browsing{t, ctx}
			b.does("open "+x.path, chromedp.Navigate(n.server.URL+x.path), chromedp.WaitReady(chromedp.CSS("footer.steps")))
			if x.opens != "" {
				b.does("open in place", chromedp.Click(chromedp.CSS(x.opens)))
			}
			b.does("the form of "+x.path, chromedp.WaitVisible(chromedp.CSS(x.form)))
			return b, ctx, complaints
		}
		shown := func(fields []string) string {
			return fmt.Sprintf(`[%s].map(f => document.querySelector(%q).elements[f].value).join("|")`, `"`+strings.Join(fields, `","`)+`"`, x.form)
		}
		b, ctx, complaints := begin()
		var want []string
		for _, f := range x.fields {
			typed := map[string]string{"name": "tea", "title": "Tea"}[f]
			if typed == "" {
				typed = "Typed " + f + "\nfor an hour."
			}
			want = append(want, typed)
			field := fmt.Sprintf("%s [name=%s]", x.form, f)
			if err := webtest.Evaluate(ctx, fmt.Sprintf(`document.querySelector(%q).select()`, field)); err != nil {
				t.Fatal(err)
			}
			b.does("type", chromedp.SendKeys(chromedp.CSS(field), typed))
		}
		if x.opens != "" { // folded away and opened again, it is there
			b.does("fold", chromedp.Click(chromedp.CSS(x.opens)), chromedp.WaitNotVisible(chromedp.CSS(x.form)))
			b.does("unfold", chromedp.Click(chromedp.CSS(x.opens)), chromedp.WaitVisible(chromedp.CSS(x.form)))
			b.is("opened again", shown(x.fields), strings.Join(want, "|"))
		}
		for _, c := range complaints() {
			t.Errorf("%s: %s", x.path, c)
		}
		if err := chromedp.Cancel(ctx); err != nil {
			t.Fatal(err)
		}
		n.keeps(x.place, true)

		b, _, complaints = begin()
		b.is(x.path+" has it again", shown(x.fields), strings.Join(want, "|"))
		if list := n.sees("ann", "/drafts"); !strings.Contains(list, fmt.Sprintf(`name="place" value=%q`, x.place)) {
			t.Errorf("%s is not among the drafts", x.place)
		}
		b.does("send", chromedp.Click(chromedp.CSS(x.form+" "+x.send)))
		n.keeps(x.place, false)
		for _, c := range complaints() {
			t.Errorf("%s: %s", x.path, c)
		}
		var got string
		if err := n.db.Pool().QueryRow(t.Context(), x.stored).Scan(&got); err != nil || strings.ReplaceAll(got, "\r", "") != strings.Join(want, "") {
			t.Errorf("%s: stored is %q %v", x.path, got, err)
		}
	}
}

// keeps waits until a draft of ann's is there, or is not.
func (n *node) keeps(place string, want bool) {
	n.Helper()
	for range 200 {
		_, ok, err := private.Of(n.db).Draft(n.Context(), n.people["ann"].ID, place)
		if err != nil {
			n.Fatal(err)
		}
		if ok == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	n.Fatalf("%s is kept: %v", place, !want)
}
