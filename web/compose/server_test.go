package compose

import (
	"fmt"
	"strings"
	"testing"

	"stoa/storage/private"
)

// A whole server is blocked, and no more, by the button of somebody who lives there: what
// comes from it is left out of the lists of whoever did that, is counted there, and is
// there again afterwards.
func TestBlockServer(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "Of ours")
	var far int64
	err := n.db.Pool().QueryRow(t.Context(), `insert into person (uri, name, host, local, inbox, fetched_at)
		values ('https://far.example/u/eve', 'eve', 'far.example', false, 'https://far.example/u/eve/inbox', now()) returning id`).Scan(&far)
	if err != nil {
		t.Fatal(err)
	}
	n.done("ann", "/submit", "to", "go", "title", "Of theirs")
	if _, err := n.db.Pool().Exec(t.Context(), `update post set author_id = $1 where id = 2`, far); err != nil {
		t.Fatal(err)
	}
	const page = "/u/eve@far.example"
	on := fmt.Sprintf("person-%d", far)
	is := func(who string, blocked bool) {
		t.Helper()
		shuns, err := private.Of(n.db).Shuns(t.Context(), n.people[who].ID)
		if err != nil || shuns.Hosts["far.example"] != blocked || len(shuns.People) != 0 {
			t.Errorf("%s: %+v %v", who, shuns, err)
		}
		button := `value="blockserver ` + on + `">Block the whole server<`
		if blocked {
			button = `value="unblockserver ` + on + `">Unblock the whole server<`
		}
		if !strings.Contains(n.sees(who, page), button) {
			t.Errorf("%s: the page of the person lacks %s", who, button)
		}
		list := n.sees(who, "/c/go")
		if card := strings.Contains(list, `id="post-2"`); card == blocked || !strings.Contains(list, `id="post-1"`) {
			t.Errorf("%s: blocked %v, in the list %v", who, blocked, card)
		}
		if folded := lacks(list, `class="sifted"`, `dir="auto">Of theirs</a>`, "far.example") == nil; folded != blocked {
			t.Errorf("%s: blocked %v, among what is left out: %v", who, blocked, folded)
		}
		if among := strings.Contains(n.sees(who, "/settings/blocks"), `name="host" value="far.example"`); among != blocked {
			t.Errorf("%s: blocked %v, in the list of blocks %v", who, blocked, among)
		}
	}
	is("bob", false)
	for range 2 { // twice does no harm
		if to := n.done("bob", "/act", "do", "blockserver "+on, "back", page); to != page {
			t.Errorf("leads to %s", to)
		}
		is("bob", true)
		is("ann", false)
	}
	n.done("bob", "/act", "do", "unblockserver "+on, "back", page)
	is("bob", false)
	n.done("bob", "/act", "do", "blockserver "+on, "back", page)
	n.done("bob", "/settings/blocks", "host", "far.example") // the button of the list
	is("bob", false)
	for do, want := range map[string]int{fmt.Sprintf("blockserver person-%d", n.people["ann"].ID): 400, "blockserver person-999": 404} { // one's own server, and nobody's
		if status, _ := n.ask("bob", "/act", "do", do); status != want {
			t.Errorf("%s: %d, want %d", do, status, want)
		}
	}
}
