package compose

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/kyokomi/emoji/v2"

	"stoa/federation/forum"
)

// completions is how many ways to go on are offered.
const completions = 8

// completion is one way to go on: what it puts in the place of what was typed, and
// what it is.
type completion struct {
	Text  string `json:"text"`
	Label string `json:"label"`
}

// begun is what can be completed: people, communities and emoji, with at least two
// characters of their name.
var begun = regexp.MustCompile(`^([@!])([\p{L}\p{N}_][\p{L}\p{N}_.@-]{1,60})$|^(:)([a-zA-Z0-9_+-]{2,40})$`)

// complete answers with ways to go on with what somebody is typing.
func (d *Desk) complete(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	out := []completion{}
	if m := begun.FindStringSubmatch(r.URL.Query().Get("q")); m != nil {
		switch {
		case m[3] != "":
			if out, err = d.ownEmoji(r.Context(), m[4]); err != nil {
				return err
			}
			out = append(out, emojis(m[4], completions-len(out))...)
		default:
			s := forum.Search{Text: m[1] + m[2], Kind: forum.FindPeople, Limit: completions}
			if m[1] == "!" {
				s.Kind = forum.FindCommunities
			}
			found, err := d.Site.Reader.Search(r.Context(), s)
			if err != nil {
				return err
			}
			shuns, err := d.Site.Own.Shuns(r.Context(), v.Person.ID)
			if err != nil {
				return err
			}
			for _, p := range found.People {
				if p.ID != v.Person.ID && !shuns.Of(&p) {
					out = append(out, completion{"@" + p.Name + "@" + p.Host, p.Title})
				}
			}
			for _, c := range found.Communities {
				out = append(out, completion{"!" + c.Name + "@" + c.Host, c.Title})
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(out)
}

// ownEmoji are pictures of this node: those whose name begins so, then those that have it
// in their name. They go into the text by their name.
func (d *Desk) ownEmoji(ctx context.Context, name string) ([]completion, error) {
	all, err := d.Site.Reader.OwnEmoji(ctx)
	if err != nil {
		return nil, err
	}
	first, then := []completion{}, []completion{}
	for _, e := range all {
		switch i := strings.Index(strings.ToLower(e.Name), strings.ToLower(name)); {
		case i == 0:
			first = append(first, completion{":" + e.Name + ":", ""})
		case i > 0:
			then = append(then, completion{":" + e.Name + ":", ""})
		}
	}
	first = append(first, then...)
	return first[:min(len(first), completions)], nil
}

// emojiNames are the short names of emoji, without colons, the shortest first.
var emojiNames = sync.OnceValue(func() []string {
	var all []string
	for code := range emoji.CodeMap() {
		all = append(all, strings.Trim(code, ":"))
	}
	slices.SortFunc(all, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return all
})

// emojis are those whose name begins so, then those that have it in their name; each
// once, and no more than most.
func emojis(name string, most int) []completion {
	out := []completion{}
	has := map[string]bool{}
	for _, fits := range []func(s, part string) bool{strings.HasPrefix, strings.Contains} {
		for _, n := range emojiNames() {
			if len(out) == most {
				return out
			}
			sign := strings.TrimSpace(emoji.CodeMap()[":"+n+":"])
			if !fits(n, name) || has[sign] || !utf8.ValidString(sign) {
				continue
			}
			has[sign] = true
			out = append(out, completion{sign, n})
		}
	}
	return out
}
