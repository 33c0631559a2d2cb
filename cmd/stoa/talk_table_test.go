package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"stoa/federation/fedtest"
)

// partner is a software that TestTalk speaks with.
type partner struct {
	name      string // and version, as FEDERATION.md has it
	options   fedtest.Options
	microblog bool // it is told of posts by their ids, and has no communities
	downvotes bool // it sends votes against something
	closed    bool // only its owner posts in a community of it, and nobody there writes elsewhere
}

func partners() []partner {
	return []partner{
		{name: "Lemmy 1.0", options: fedtest.Options{Software: fedtest.Lemmy, SignedFetch: true}, downvotes: true},
		{name: "Lemmy 0.19", options: fedtest.Options{Software: fedtest.Lemmy, Version: "0.19.20", Name: "lemmy19"}, downvotes: true},
		{name: "PieFed 1.3", options: fedtest.Options{Software: fedtest.PieFed}, downvotes: true},
		{name: "Mbin 1.9", options: fedtest.Options{Software: fedtest.Mbin, SignedFetch: true}},
		{name: "NodeBB 4.15", options: fedtest.Options{Software: fedtest.NodeBB}},
		{name: "Discourse 2026.6", options: fedtest.Options{Software: fedtest.Discourse}},
		{name: "Mastodon 4.6", options: fedtest.Options{Software: fedtest.Mastodon}, microblog: true},
		{name: "GoToSocial 0.20", options: fedtest.Options{Software: fedtest.GoToSocial}, microblog: true},
		{name: "PeerTube 8.2", options: fedtest.Options{Software: fedtest.PeerTube}, closed: true},
		{name: "WordPress 6.9", options: fedtest.Options{Software: fedtest.WordPress}, closed: true},
	}
}

// before10 reports the line of Lemmy that knows less of moderation.
func (p partner) before10() bool {
	return p.options.Software == fedtest.Lemmy && strings.HasPrefix(p.options.Version, "0.")
}

// A conversation goes on in a community of this node or in one of the other side; acts
// come in from there, or go out. Of two acts the one that the other needs is first.
var (
	places = []string{"here", "there"}
	ways   = []string{"in", "out"}
	acts   = []string{"follow", "post", "reply", "vote", "edit", "delete", "report", "lock", "pin", "remove", "ban"}
)

// reasons are why something is not done with some software, by a letter.
var reasons = []struct{ letter, why string }{
	{"a", "Lemmy before 1.0 tells a report to the community alone, and takes none that a community passes on."},
	{"c", "A microblog knows of no moderators: all that it understands of them is that a boost is taken back."},
	{"d", "A microblog has no communities."},
	{"e", "NodeBB knows no `Lock` and no `Block` in a community, and passes over most `Add`."},
	{"f", "NodeBB takes a `Delete` from the server of the category or of the object alone, and sends none of what is elsewhere."},
	{"g", "Discourse says nothing of what its moderators do, and believes no moderators elsewhere."},
	{"h", "PeerTube keeps no community in which not one account owns everything, so nobody there follows one of this node; people there answer videos alone."},
	{"i", "Authors of a blog write there alone."},
	{"j", "Only its owner posts there; whoever else tries is refused here, and told so."},
	{"k", "Answers and votes there are told to the author alone; answers are read with their thread."},
	{"l", "Nothing is said of what those who run it take away or close; a report is not known to be read."},
	{"m", "NodeBB takes a report by itself, not one inside an `Announce`."},
}

// silent says why something cannot be done with a software, by its letter; empty for
// all that TestTalk shows.
func (p partner) silent(where, act, way string) string {
	moderates := slices.Contains([]string{"lock", "pin", "remove", "ban"}, act)
	s := p.options.Software
	switch {
	case where == "here" && s == fedtest.PeerTube:
		return "h"
	case where == "here" && p.closed:
		return "i"
	case where == "there" && p.microblog:
		return "d"
	case where == "there" && p.closed && (moderates || act == "report"):
		return "l"
	case where == "there" && p.closed && act == "post" && way == "out":
		return "j"
	case where == "there" && p.closed && (act == "reply" || act == "vote") && way == "in":
		return "k"
	case s == fedtest.Discourse && (moderates || act == "report"):
		return "g"
	case act == "report" && p.before10() && (where == "here") == (way == "out"):
		return "a"
	case act == "report" && s == fedtest.NodeBB && where == "here" && way == "out":
		return "m"
	case p.microblog && moderates && (act != "remove" || way == "in" && s != fedtest.GoToSocial):
		return "c"
	case s == fedtest.NodeBB && (act == "lock" || act == "pin" || act == "ban"):
		return "e"
	case s == fedtest.NodeBB && act == "remove" && (where == "here") == (way == "in"):
		return "f"
	}
	return ""
}

// cell is what the table says of an act.
func (p partner) cell(where, act string) string {
	in, out := p.silent(where, act, "in"), p.silent(where, act, "out")
	switch {
	case in == "" && out == "":
		return "both"
	case in == "":
		return "in (" + out + ")"
	case out == "":
		return "out (" + in + ")"
	case in == out:
		return "– (" + in + ")"
	}
	return "– (" + in + ", " + out + ")"
}

// conversations is the part of FEDERATION.md that TestTalk is the proof of.
func conversations() string {
	var b strings.Builder
	heads := map[string]string{"here": "**In a community of this node**", "there": "**In a community of theirs**"}
	for _, where := range places {
		fmt.Fprintf(&b, "%s\n\n| | %s | shown by `TestTalk/with/` |\n|%s\n", heads[where], strings.Join(acts, " | "), strings.Repeat(" --- |", len(acts)+2))
		for _, p := range partners() {
			if where == "there" && p.microblog {
				continue
			}
			cells := []string{p.name}
			for _, act := range acts {
				cells = append(cells, p.cell(where, act))
			}
			fmt.Fprintf(&b, "| %s | `%s` |\n", strings.Join(cells, " | "), strings.ReplaceAll(p.name, " ", "_"))
		}
		b.WriteByte('\n')
	}
	for _, r := range reasons {
		if r.letter == "d" {
			continue // they have no line in the second table
		}
		fmt.Fprintf(&b, "- (%s) %s\n", r.letter, r.why)
	}
	return b.String()
}

// FEDERATION.md tells of each software what TestTalk shows, and why the rest is not.
func TestDocumentSaysWhatIsSpokenOf(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../FEDERATION.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := conversations(); !strings.Contains(string(document), want) {
		t.Errorf("FEDERATION.md does not have this:\n%s", want)
	}
	used := map[string]bool{}
	for _, p := range partners() {
		for _, where := range places {
			for _, act := range acts {
				for _, way := range ways {
					used[p.silent(where, act, way)] = true
				}
			}
		}
	}
	for _, r := range reasons {
		if !used[r.letter] {
			t.Errorf("nothing is explained by (%s) %s", r.letter, r.why)
		}
	}
}
