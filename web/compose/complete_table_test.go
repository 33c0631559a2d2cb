package compose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"stoa/federation/forum"
)

// tableRow is an act of the table of who may do what.
type tableRow struct {
	state, path string
	fields      []string
	want        string // the status for each of who, in order
}

// act names what a row does: the verb of a button or of a moderator, and on what; of
// everything else the address.
func (r *tableRow) act() string {
	value := func(name string) string {
		for i := 0; i+1 < len(r.fields); i += 2 {
			if r.fields[i] == name {
				return r.fields[i+1]
			}
		}
		return ""
	}
	kind := func(on string) string {
		on, _, _ = strings.Cut(strings.ToLower(on), "-")
		return on
	}
	door, on, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
	switch {
	case r.path == "/act":
		verb, on, _ := strings.Cut(value("do"), " ")
		return verb + " " + kind(on)
	case door == "moderate":
		return value("verb") + " " + kind(on)
	case strings.HasSuffix(r.path, "/moderators"):
		if value("dismiss") != "" {
			return "dismiss"
		}
		return "appoint"
	case door == "report" && value("withdraw") != "":
		return "withdraw " + kind(on)
	case door == "messages" && value("message") != "":
		return "messages edit"
	case door == "submit" && value("quote") != "":
		return "submit quoting"
	case door == "react" && value("none") != "":
		return "unreact " + kind(on)
	case door == "reply", door == "edit", door == "report", door == "vote", door == "react":
		return door + " " + kind(on)
	case door == "c":
		return "arrange"
	}
	return door
}

// saidBy is how each verb of the forum is said at this door: by acts that the table
// must try. A verb that nobody says with a form has none, and the reason.
var saidBy = map[forum.Verb][]string{
	forum.VerbAccept:        nil, // the community does, when somebody joins
	forum.VerbFollow:        {"join community", "follow person"},
	forum.VerbUnfollow:      {"leave community", "unfollow person"},
	forum.VerbSubmit:        {"submit"},
	forum.VerbReply:         {"reply post", "reply comment"},
	forum.VerbVote:          {"up post", "up comment", "down post", "down comment", "unvote post", "unvote comment", "react post", "react comment", "unreact post", "unreact comment"},
	forum.VerbEdit:          {"edit post", "edit comment"},
	forum.VerbDelete:        {"delete post", "delete comment"},
	forum.VerbUndelete:      {"restore post", "restore comment"},
	forum.VerbProfile:       {"arrange"}, // of oneself: web/member, where everybody has their own alone
	forum.VerbDepart:        nil,         // likewise
	forum.VerbMove:          nil,         // likewise
	forum.VerbRemove:        {"remove post", "remove comment"},
	forum.VerbRestore:       {"restore post", "restore comment"},
	forum.VerbLock:          {"lock post", "lock comment"},
	forum.VerbUnlock:        {"unlock post"},
	forum.VerbPin:           {"pin post", "pin comment"},
	forum.VerbUnpin:         {"unpin post"},
	forum.VerbBan:           {"ban post", "ban comment"},
	forum.VerbUnban:         {"unban post", "unban comment"},
	forum.VerbAppoint:       {"appoint"},
	forum.VerbDismiss:       {"dismiss"},
	forum.VerbReport:        {"report post", "report comment"},
	forum.VerbWithdraw:      {"withdraw post", "withdraw comment"},
	forum.VerbMessage:       {"messages"},
	forum.VerbMessageEdit:   {"messages edit"},
	forum.VerbMessageDelete: {"unsend message"},
	forum.VerbChoose:        {"vote post"},
	forum.VerbTally:         nil, // the node does, after votes
	forum.VerbRequest:       nil, // the community does, of posts from other servers
	forum.VerbQuote:         nil, // the node answers whoever asks, on other servers
	forum.VerbAsk:           {"submit quoting"},
	forum.VerbUnquote:       nil, // it goes with a deletion, a removal or a block
	forum.VerbWarn:          {"warn post"},
	forum.VerbBanish:        {"banish post"},
	forum.VerbReadmit:       {"readmit post"},
	forum.VerbResolve:       {"resolve post"},
	forum.VerbReject:        nil, // whoever is asked does, of who may not follow
	forum.VerbRelocate:      {"relocate post"},
}

// complete finds what the table forgets: verbs of the forum, acts that a button can
// name, and doors by which something is done. All three are read from where they are
// defined.
func complete(t *testing.T, n *node, rows []tableRow) {
	t.Helper()
	tried := map[string]bool{}
	for i := range rows {
		tried[rows[i].act()] = true
	}
	verbs := verbsOf(t)
	if len(verbs) < 25 {
		t.Errorf("only %d verbs were found", len(verbs))
	}
	for _, v := range verbs {
		acts, known := saidBy[v]
		if !known {
			t.Errorf("the table does not know the verb %q", v)
		}
		for _, act := range acts {
			if !tried[act] {
				t.Errorf("%s: the table does not try %q", v, act)
			}
		}
	}
	for kind, verbs := range buttonsOf(t) {
		for _, verb := range verbs {
			if !slices.ContainsFunc(strings.Fields(kind), func(k string) bool { return tried[verb+" "+k] }) {
				t.Errorf("the table does not try the button %q of a %s", verb, kind)
			}
		}
	}
	r := mux.NewRouter()
	New(Options{Site: n.site, DB: n.db, Forum: n.forum}).Register(r)
	reached := map[*mux.Route]bool{}
	for i := range rows {
		path := strings.NewReplacer("POST", "post-1", "COMMENT", "comment-1").Replace(rows[i].path)
		var match mux.RouteMatch
		if r.Match(httptest.NewRequest(http.MethodPost, path, http.NoBody), &match) {
			reached[match.Route] = true
		}
	}
	for _, d := range doors(t, r, false) {
		var match mux.RouteMatch
		if r.Match(httptest.NewRequest(d.method, d.path, http.NoBody), &match) && !reached[match.Route] && d.path != "/draft" {
			t.Errorf("the table does not come by %s", d.path)
		}
	}
}

// verbsOf are the verbs of the log, as the forum's source has them.
func verbsOf(t *testing.T) (all []forum.Verb) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../federation/forum/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(x ast.Node) bool {
		spec, is := x.(*ast.ValueSpec)
		if !is || len(spec.Values) != 1 {
			return true
		}
		if of, is := spec.Type.(*ast.Ident); is && of.Name == "Verb" {
			all = append(all, forum.Verb(word(spec.Values[0])))
		}
		return true
	})
	return all
}

// buttonsOf are the verbs that buttons name, by what they are on: the words with which
// the functions behind /act compare.
func buttonsOf(t *testing.T) map[string][]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "compose.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all, verb := map[string][]string{}, regexp.MustCompile(`^[a-z]{2,}$`)
	for _, d := range f.Decls {
		fn, is := d.(*ast.FuncDecl)
		on := map[string]string{"deed": "post comment", "membership": "community", "toward": "person", "unsend": "message"}
		if !is || on[fn.Name.Name] == "" {
			continue
		}
		kind := on[fn.Name.Name]
		add := func(x ast.Expr) {
			if w := word(x); verb.MatchString(w) && w != "un" && !slices.Contains(all[kind], w) {
				all[kind] = append(all[kind], w)
			}
		}
		ast.Inspect(fn, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.CaseClause:
				for _, e := range x.List {
					add(e)
				}
			case *ast.BinaryExpr:
				add(x.Y)
			}
			return true
		})
	}
	if len(all) != 4 {
		t.Errorf("the functions behind /act have other names now: %v", all)
	}
	return all
}

// word is what a string in the source says; empty for everything else.
func word(x ast.Expr) string {
	lit, is := x.(*ast.BasicLit)
	if !is || lit.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value)
	return s
}
