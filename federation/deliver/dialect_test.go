package deliver

import (
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// told writes the table as FEDERATION.md has it: software that is told the same in one
// line, forums first.
func told() []string {
	type line struct {
		dialect
		names []string
	}
	var lines []line
	add := func(name string, d dialect) {
		i := slices.IndexFunc(lines, func(l line) bool { return reflect.DeepEqual(l.dialect, d) })
		if i < 0 {
			i = len(lines)
			lines = append(lines, line{dialect: d})
		}
		lines[i].names = append(lines[i].names, name)
	}
	for name, d := range dialects {
		if _, ok := earlier[name]; ok {
			name += " from " + earlierBound(name)
		}
		add(name, d)
	}
	for name, d := range earlier {
		add(name+" before "+earlierBound(name), d.dialect)
	}
	add("everybody else", dialectOf("unheardof", ""))
	var out []string
	for _, l := range lines {
		sort.Strings(l.names)
		cells := []string{
			strings.Join(l.names, ", "),
			map[storage.Dialect]string{forums: "activity", microblogs: "id", both: "both"}[l.form],
			map[bundles]string{single: "alone", listed: "a list of them", repeated: "a list of their Announces"}[l.votes],
			map[bool]string{true: "`Question`", false: "`Page`"}[l.questions],
			map[bool]string{true: "`EmojiReact`", false: "`Like`"}[l.reactions],
			map[bool]string{true: "`ChatMessage`", false: "`Note`"}[l.chats],
			"",
		}
		if l.form == microblogs {
			cells[2] = "–"
		}
		var unread []string
		for _, u := range l.unread {
			kind, of, _ := strings.Cut(string(u), " ")
			unread = append(unread, strings.TrimSpace("`"+kind+"` "+of))
		}
		cells[6] = strings.Join(unread, ", ")
		if len(unread) == 0 {
			cells[6] = "–"
		}
		out = append(out, "| "+strings.Join(cells, " | ")+" |")
	}
	sort.Strings(out)
	return out
}

func earlierBound(name string) string { return string(rune('0'+earlier[name].before)) + ".0" }

// The table in FEDERATION.md is this one.
func TestDocumentSaysWhichSoftwareGetsWhich(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../FEDERATION.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "| software | a post | votes |")
	var have []string
	for line := range strings.Lines(after) {
		if line = strings.TrimSpace(line); line == "" && have != nil {
			break
		}
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| ---") && !strings.HasPrefix(line, "| a poll") {
			have = append(have, line)
		}
	}
	sort.Strings(have)
	if want := told(); !slices.Equal(have, want) {
		t.Errorf("FEDERATION.md has\n%s\nand the code\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

// What is known of peers: the form in which each takes a post and votes, with the
// software that is played in tests.
func TestPeersGetWhatTheyTake(t *testing.T) {
	t.Parallel()
	type taken struct {
		form  storage.Dialect
		votes bundles
	}
	facts := map[fedtest.Software]taken{
		fedtest.Mastodon: {microblogs, single}, fedtest.GoToSocial: {microblogs, single}, fedtest.PeerTube: {microblogs, single},
		fedtest.Lemmy: {forums, single}, fedtest.PieFed: {forums, listed}, fedtest.Mbin: {forums, single}, fedtest.NodeBB: {forums, single},
		fedtest.Discourse: {forums, single}, fedtest.WordPress: {both, single},
	}
	for _, software := range append(fedtest.AllSoftware(), fedtest.Homes()...) {
		want, ok := facts[software]
		if d := dialectOf(string(software), "1.0"); !ok || d.form != want.form || d.votes != want.votes {
			t.Errorf("%s: %d and %d, want %+v", software, d.form, d.votes, want)
		}
	}
	// Software that decides by the name we give takes nobody else for a microblog.
	if d := dialectOf("stoa", "0.1"); d.form != forums || d.votes != repeated {
		t.Errorf("another Stoa is told %+v", d)
	}
}

// Versions that differ are told apart; one that is no number counts as early.
func TestVersionsOfOneSoftware(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]int{"0.19.20": 3, "0.20.0": 3, "unreleased": 3, "": 3, "1.0.0-beta.1": 0, "1.0.0": 0, "12.1": 0} {
		if d := dialectOf("lemmy", version); len(d.unread) != want || d.form != forums {
			t.Errorf("Lemmy %q is spared %v", version, d.unread)
		}
	}
}

func announced(inner string) *forum.Document {
	return &forum.Document{ID: "https://h.example/1", Signer: "s", Body: []byte(
		`{"id":"https://h.example/1","type":"Announce","actor":"https://h.example/c/go","object":` + inner + `}`)}
}

// What a server answers with an error, or could make nothing of, is not sent to it.
func TestWhatIsNotReadIsNotSent(t *testing.T) {
	t.Parallel()
	const mod = `"id":"https://h.example/2","actor":"https://h.example/u/mod","object":"https://h.example/comment/1"`
	for _, c := range []struct {
		name, inner, parent string
		early, late         int // documents to Lemmy before 1.0, and from it on
	}{
		{"lock of a comment", `{"type":"Lock",` + mod + `}`, "https://h.example/post/1", 0, 1},
		{"and its end", `{"type":"Undo","id":"https://h.example/3","actor":"https://h.example/u/mod","object":{"type":"Lock",` + mod + `}}`, "https://h.example/post/1", 0, 1},
		{"lock of a post", `{"type":"Lock",` + mod + `}`, "", 1, 1},
		{"resolve", `{"type":"Resolve",` + mod + `}`, "", 0, 1},
		{"warn", `{"type":"Warn",` + mod + `}`, "", 0, 1},
		{"removal", `{"type":"Delete","summary":"",` + mod + `}`, "https://h.example/post/1", 1, 1},
	} {
		u := &storage.Unit{Form: storage.FormAnnouncement, Verb: forum.VerbLock, Parent: c.parent, Forum: announced(c.inner)}
		early, late := dialectOf("lemmy", "0.19.5"), dialectOf("lemmy", "1.0.0")
		if e, l := len(early.documents(u, forums)), len(late.documents(u, forums)); e != c.early || l != c.late {
			t.Errorf("%s: %d and %d documents, want %d and %d", c.name, e, l, c.early, c.late)
		}
		u.Form, u.Direct = storage.FormAct, announced(c.inner)
		strict := dialectOf("gotosocial", "0.20")
		if got := len(strict.documents(u, microblogs)); (got == 0) != (c.name != "removal") {
			t.Errorf("%s: %d documents to GoToSocial", c.name, got)
		}
	}
}

// A reaction counts as a vote up here; who knows none is told of a Like, so that it is
// one there as well.
func TestReactionsAreLikesToWhoKnowsNone(t *testing.T) {
	t.Parallel()
	const react = `{"type":"EmojiReact","id":"https://a.example/1","actor":"https://a.example/u/ann","object":"https://h.example/post/1","content":"🙂","n":1.50}`
	for _, inner := range []string{react, `{"type":"Undo","id":"https://a.example/2","actor":"https://a.example/u/ann","object":` + react + `}`} {
		u := &storage.Unit{Form: storage.FormAnnouncement, Lane: forum.LaneVotes, Verb: forum.VerbVote, Forum: announced(inner)}
		for name, keeps := range map[string]bool{"piefed": true, "stoa": true, "lemmy": false, "mbin": false, "nodebb": false, "unheardof": false} {
			d := dialectOf(name, "1.0")
			all := d.documents(u, forums)
			body := string(all[0].Body)
			if strings.Contains(body, `"EmojiReact"`) != keeps || strings.Contains(body, `"Like"`) == keeps || !strings.Contains(body, `"n":1.50`) || !strings.Contains(body, "🙂") {
				t.Errorf("%s is told %s", name, body)
			}
			if keeps && all[0] != u.Forum {
				t.Errorf("%s gets a copy", name)
			}
		}
	}
	// Who hears of it alone, by what they are: Misskey reads the emoji of a Like.
	for name, keeps := range map[string]bool{"pleroma": true, "akkoma": true, "mitra": true, "misskey": false, "mastodon": false, "gotosocial": false} {
		d := dialectOf(name, "1.0")
		u := &storage.Unit{Form: storage.FormAct, Verb: forum.VerbVote, Direct: &forum.Document{Body: []byte(react)}}
		all := d.documents(u, microblogs)
		if len(all) != 1 || strings.Contains(string(all[0].Body), `"EmojiReact"`) != keeps || !strings.Contains(string(all[0].Body), "🙂") {
			t.Errorf("%s is told %v", name, all)
		}
	}
	if !strings.Contains(string(announced(react).Body), "EmojiReact") {
		t.Error("what the log holds was changed")
	}
}
