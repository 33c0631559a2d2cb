package inbox

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// votes turns Like, Dislike and their Undo into the verb: all of a batch in one
// call, which is what the batch is for.
func (in *Inbox) votes(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var todo []*act
	var verbs []forum.Vote
	for _, a := range acts {
		if a.settled {
			continue
		}
		if verb, ok := in.vote(a, people); ok {
			todo, verbs = append(todo, a), append(verbs, verb)
		}
	}
	if len(verbs) == 0 {
		return nil
	}
	outcomes, err := in.o.Forum.Vote(ctx, tx, verbs)
	if err != nil {
		return err
	}
	for i, a := range todo {
		in.take(a, outcomes[i])
	}
	return nil
}

// voters makes those known whose votes a community announces and who are not.
func (in *Inbox) voters(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var strangers []forum.Person
	seen := map[string]bool{}
	for _, a := range acts {
		if a.settled || a.via == nil || !a.isVote() || in.Ours(a.Actor) || ap.ValidID(a.Actor, in.o.Dev) != nil {
			continue
		}
		if _, ok := people[a.Actor]; !ok && !seen[a.Actor] {
			seen[a.Actor] = true
			strangers = append(strangers, forum.Person{URI: a.Actor, Host: ap.Host(a.Actor)})
		}
	}
	if len(strangers) == 0 {
		return nil
	}
	met, err := tx.Voters(ctx, strangers)
	maps.Copy(people, met)
	return err
}

// isVote reports whether an act is a vote or takes one back.
func (a *act) isVote() bool {
	kind := a.Type
	if kind == "Undo" {
		kind = a.Object.Type
	}
	_, is := direction(kind)
	return is
}

// direction of a vote by its type. A reaction is a vote up: it is the nearest
// thing that a count can show.
func direction(kind string) (int, bool) {
	switch kind {
	case "Like", "EmojiReact":
		return 1, true
	case "Dislike":
		return -1, true
	}
	return 0, false
}

func (in *Inbox) vote(a *act, people map[string]forum.Person) (forum.Vote, bool) {
	verb := forum.Vote{Object: a.Object.ID, Origin: a.origin()}
	dir, isVote := direction(a.Type)
	verb.Dir = dir
	if dir > 0 {
		verb.Emoji = reaction(&a.Activity)
	}
	if a.Type == "Undo" {
		undone, err := a.Object.Activity()
		if err != nil {
			return verb, false
		}
		if _, isVote = direction(undone.Type); isVote {
			if undone.Actor != a.Actor {
				a.refuse("undoes somebody else's vote")
				return verb, false
			}
			// Whatever vote is named, the actor's vote on the object is cleared:
			// Lemmy mints new ids here, and 0.19 takes a Dislike back as a Like.
			verb.Dir, verb.Object, verb.Undoes = 0, undone.Object.ID, undone.ID
		}
	}
	if !isVote {
		return verb, false
	}
	if verb.Object == "" {
		a.refuse("a vote on nothing")
		return verb, false
	}
	person, ok := in.by(a, people)
	if !ok {
		return verb, false
	}
	verb.Voter, verb.At = person, in.when(a)
	return verb, true
}

// reaction is the emoji of a vote as it is kept: a character, or ":shortcode: address".
// A plain vote has none, and words are none.
func reaction(a *ap.Activity) string {
	text := strings.TrimSpace(a.Content)
	if name := strings.Trim(text, ":"); len(name) < len(text) {
		for i := range a.Tag {
			// Some name the server behind the shortcode: ":blob@example.org:".
			short, _, _ := strings.Cut(name, "@")
			if t := &a.Tag[i]; t.Type == "Emoji" && (strings.Trim(t.Name, ":") == name || strings.Trim(t.Name, ":") == short) && isWeb(t.Icon.URL) && forum.IsShortcode(short) && !strings.ContainsAny(t.Icon.URL, " \t\r\n") {
				return forum.Pictogram(forum.Emoji{Name: short, URL: t.Icon.URL})
			}
		}
		return ""
	}
	if !forum.IsEmoji(text) {
		return ""
	}
	return text
}

// ballot is what somebody chose in a poll of ours.
type ballot struct {
	poll    string
	choices []string // names, as far as they are kept
}

// ballots finds the votes in polls of ours among acts, before anything looks for words
// in them: a Note with the name of a choice and nothing else (Mastodon, PieFed), several
// in one Create (GoToSocial), or a PollVote (PieFed).
func (in *Inbox) ballots(acts []*act) {
	for _, a := range acts {
		switch {
		case a.settled:
		case a.Type == "Create":
			in.readBallots(a)
		case a.Type == "PollVote" && in.Ours(a.Object.ID):
			var name string
			if json.Unmarshal(a.Field("choice_text"), &name) == nil {
				a.ballot = &ballot{a.Object.ID, []string{choice(name)}}
			}
		}
	}
}

// choice is the name of one as polls keep it.
func choice(name string) string { return cut(oneLine(name), forum.MaxOption) }

// readBallots reads a Create that brings nothing but votes in one poll.
func (in *Inbox) readBallots(a *act) {
	all := a.Object.All()
	if len(all) == 0 || len(all) > forum.MaxOptions || slices.ContainsFunc(all, func(o ap.Ref) bool { return o.Type != "Note" || !o.IsEmbedded() }) {
		return
	}
	var b ballot
	var why string
	for _, ref := range all {
		o, err := ref.Object()
		if err != nil || o.Name == "" || o.Content != "" || o.Source.Content != "" || len(o.Attachments) > 0 || !in.Ours(o.InReplyTo) || b.poll != "" && b.poll != o.InReplyTo {
			return
		}
		switch {
		case len(o.Authors) != 1 || o.Authors[0] != a.Actor:
			why = "an object of somebody else"
		case o.ID != "" && !ap.SameOrigin(o.ID, a.Actor):
			why = "object and author belong to different servers"
		}
		b.poll, b.choices = o.InReplyTo, append(b.choices, choice(o.Name))
	}
	if why != "" {
		a.refuse(why)
		return
	}
	a.ballot = &b
}

// chooses turns votes in polls of ours into the verb.
func (in *Inbox) chooses(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var todo []*act
	var verbs []forum.Choose
	for _, a := range acts {
		if a.settled || a.ballot == nil {
			continue
		}
		if person, ok := in.by(a, people); ok {
			todo = append(todo, a)
			verbs = append(verbs, forum.Choose{Voter: person, Object: a.ballot.poll, Choices: a.ballot.choices, At: a.row.At, Origin: a.origin()})
		}
	}
	if len(verbs) == 0 {
		return nil
	}
	outcomes, err := in.o.Forum.Choose(ctx, tx, verbs)
	if err != nil {
		return err
	}
	for i, a := range todo {
		in.take(a, outcomes[i])
	}
	return nil
}

// poll reads a question; nil when it has no answers.
func poll(r *ap.RareObject) *forum.Poll {
	p := &forum.Poll{Multiple: r.Multiple, Voters: min(r.Voters, maxVote), Closes: moment(r.EndTime)}
	if p.Closes.IsZero() {
		p.Closes = moment(r.Closed)
	}
	for _, o := range r.Options {
		if name := cut(oneLine(o.Name), forum.MaxOption); name != "" && len(p.Options) < forum.MaxOptions {
			p.Options = append(p.Options, forum.PollOption{Name: name, Votes: min(o.Votes, maxVote)})
		}
	}
	if len(p.Options) == 0 {
		return nil
	}
	return p
}

// moment is a time that can be kept and shown; zero for none.
func moment(t ap.Time) time.Time {
	if !t.Valid || t.Time.Year() < 1 || t.Time.Year() > 9999 {
		return time.Time{}
	}
	return t.Time.UTC()
}
