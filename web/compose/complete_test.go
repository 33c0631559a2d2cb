package compose

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"stoa/storage/private"
)

// What somebody types is completed to people, communities and emoji, and never to whom
// they do not want to read.
func TestComplete(t *testing.T) {
	n := newNode(t)
	for _, name := range []string{"ann", "annabel", "annette", "bob"} {
		n.lives(name, name == "ann")
	}
	for _, c := range []string{"gardening", "garage"} {
		if status, _ := n.ask("ann", "/communities/new", "name", c, "title", "All about "+c); status != 303 {
			t.Fatal(status)
		}
	}
	if err := private.Of(n.db).Shun(t.Context(), n.people["bob"].ID, private.ShunPerson, n.people["annette"].ID, "", true, time.Now()); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{
		"@anna": `[{"text":"@annabel@node.localhost","label":""}]`, "@annet": `[]`, "@bob": `[]`, "@zz": `[]`, "@": `[]`, "": `[]`, "ann": `[]`,
		"!garde": `[{"text":"!gardening@node.localhost","label":"All about gardening"}]`,
		"!gar":   `[{"text":"!garage@node.localhost","label":"All about garage"},{"text":"!gardening@node.localhost","label":"All about gardening"}]`,
		":beer":  `[{"text":"🍺","label":"beer"},{"text":"🍻","label":"beers"}`, ":": `[]`, ":zzzz": `[]`, "@-ann": `[]`, "!%": `[]`, ":<b>": `[]`,
		"@" + strings.Repeat("a", 80): `[]`,
	} {
		if got := strings.TrimSpace(n.page("bob", "/complete?q="+url.QueryEscape(typed))); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", typed, got, want)
		}
	}
	if got := n.page("", "/complete?q=@anna"); strings.Contains(got, "annabel") {
		t.Error("nobody who is not signed in is told")
	}
}
