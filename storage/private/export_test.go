package private_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage/private"
)

// All that belongs to somebody is handed on, with no secret in it, and nothing that
// belongs to another.
func TestExport(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "ann@mail.test")
	n.open(n.bob, "bob@mail.test")
	for _, p := range []int64{n.ann, n.bob} {
		n.must(n.own.SaveDraft(t.Context(), p, "post", account.Draft{Title: "draft"}, noon))
		n.must(n.own.Save(t.Context(), p, forum.Subject{Kind: forum.OnPost, ID: 1}, true, noon))
		n.must(n.own.Shun(t.Context(), p, private.ShunHost, 0, "far.example", true, noon))
		n.must(n.put(p, n.collect(p, "Reading"), n.community(fmt.Sprint("c", p))))
		_, err := n.db.Pool().Exec(t.Context(), `insert into wanted (person_id, host, name) values ($1, 'far.example', 'cats')`, p)
		n.must(err)
		_, kept := account.NewToken()
		n.must(n.own.Begin(t.Context(), p, account.Session{Token: kept, Made: noon, Agent: "Browser"}))
		if ok, err := n.own.Hold(t.Context(), p, account.Draft{Text: "held"}, noon); !ok || err != nil {
			t.Fatal(ok, err)
		}
		_, err = n.db.Pool().Exec(t.Context(), `insert into notice (person_id, kind, reason) values ($1, 4, 'why')`, p)
		n.must(err)
	}
	// Communities, people, and who follows back, each apart.
	eve, mia := n.far("eve", "far.example"), n.far("mia", "far.example")
	walls := map[string]bool{eve.URI: false, "https://node.test/u/ann": true}
	for uri, local := range walls {
		_, err := n.db.Pool().Exec(t.Context(), `insert into community (uri, name, host, local, wall) select uri, name, host, $2, true from person where uri = $1`, uri, local)
		n.must(err)
	}
	for _, f := range []struct {
		who  int64
		what string
	}{{n.ann, "https://node.test/c/cats"}, {n.ann, eve.URI}, {mia.ID, "https://node.test/u/ann"}} {
		if f.what == "https://node.test/c/cats" {
			n.community("cats")
		}
		_, err := n.db.Pool().Exec(t.Context(), `insert into follow (person_id, community_id, state, at) select $1, id, 2, now() from community where uri = $2`, f.who, f.what)
		n.must(err)
	}
	_, err := n.db.Pool().Exec(t.Context(), `update person set also_known_as = 'https://old.example/u/ann' where id = $1`, n.ann)
	n.must(err)
	_, err = n.db.Pool().Exec(t.Context(), `update account set totp = 'SECRET', password = 'SECRET', recovery = '{SECRET}'`)
	n.must(err)
	var parts []string
	rows := map[string]int{}
	var all strings.Builder
	n.must(n.own.Export(t.Context(), n.ann, func(name string) error {
		parts = append(parts, name)
		return nil
	}, func(row json.RawMessage) error {
		if !json.Valid(row) {
			t.Errorf("%s", row)
		}
		all.Write(row)
		switch part := parts[len(parts)-1]; {
		case part == "communities" && !strings.Contains(string(row), "!cats@node.test"),
			part == "following" && !strings.Contains(string(row), "@eve@far.example"),
			part == "followers" && !strings.Contains(string(row), "@mia@far.example"),
			part == "account" && !strings.Contains(string(row), `["https://old.example/u/ann"]`):
			t.Errorf("%s: %s", part, row)
		}
		rows[parts[len(parts)-1]]++
		return nil
	}))
	for _, part := range []string{"account", "communities", "following", "followers", "marks", "blocked", "collections", "wanted", "drafts", "waiting", "notifications", "sessions"} {
		if rows[part] != 1 {
			t.Errorf("%s: %d rows", part, rows[part])
		}
	}
	if len(parts) < 18 || strings.Contains(all.String(), "SECRET") || strings.Contains(all.String(), "bob") || !strings.Contains(all.String(), "ann@mail.test") {
		t.Errorf("%v: %s", parts, all.String())
	}
}
