package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

// deed is something that the people of a node do, often times as likely as others.
type deed struct {
	often int
	do    func(*member)
}

// deeds are what is done in a run, by the verb that others are told of it with.
var deeds = map[forum.Verb]deed{
	forum.VerbSubmit:   {4, (*member).submit},
	forum.VerbReply:    {12, (*member).reply},
	forum.VerbVote:     {12, (*member).vote},
	forum.VerbEdit:     {5, (*member).edit},
	forum.VerbDelete:   {3, func(m *member) { m.delete(false) }},
	forum.VerbUndelete: {2, func(m *member) { m.delete(true) }},
	forum.VerbProfile:  {2, (*member).describe},
	forum.VerbChoose:   {4, (*member).choose},
	forum.VerbFollow:   {1, func(m *member) { m.follow(false) }},
	forum.VerbUnfollow: {1, func(m *member) { m.follow(true) }},

	forum.VerbRemove:  {3, func(m *member) { m.moderate(forum.VerbRemove) }},
	forum.VerbRestore: {3, func(m *member) { m.moderate(forum.VerbRestore) }},
	forum.VerbLock:    {2, func(m *member) { m.moderate(forum.VerbLock) }},
	forum.VerbUnlock:  {3, func(m *member) { m.moderate(forum.VerbUnlock) }},
	forum.VerbPin:     {2, func(m *member) { m.moderate(forum.VerbPin) }},
	forum.VerbUnpin:   {2, func(m *member) { m.moderate(forum.VerbUnpin) }},
	forum.VerbBan:     {2, func(m *member) { m.moderate(forum.VerbBan) }},
	forum.VerbUnban:   {2, func(m *member) { m.moderate(forum.VerbUnban) }},
	forum.VerbAppoint: {2, func(m *member) { m.moderate(forum.VerbAppoint) }},
	forum.VerbDismiss: {2, func(m *member) { m.moderate(forum.VerbDismiss) }},
	forum.VerbWarn:    {1, func(m *member) { m.moderate(forum.VerbWarn) }},
	forum.VerbBanish:  {1, func(m *member) { m.moderate(forum.VerbBanish) }},
	forum.VerbReadmit: {1, func(m *member) { m.moderate(forum.VerbReadmit) }},

	forum.VerbReport:   {2, func(m *member) { m.report(false) }},
	forum.VerbWithdraw: {1, func(m *member) { m.report(true) }},
	forum.VerbResolve:  {1, (*member).resolve},

	forum.VerbMessage:       {2, func(m *member) { m.write(false) }},
	forum.VerbMessageEdit:   {1, func(m *member) { m.write(true) }},
	forum.VerbMessageDelete: {1, (*member).unsend},
	forum.VerbDepart:        {1, (*member).depart},
	forum.VerbMove:          {1, (*member).move},
	forum.VerbQuote:         {2, (*member).quote},
	forum.VerbRelocate:      {1, (*member).relocate},
}

// answered are the verbs of the log that nobody does in a run: they follow from others,
// or are shown apart.
var answered = map[forum.Verb]string{
	forum.VerbAccept: "answers a follow",
	forum.VerbReject: "answers the follow of somebody who is banned",
	forum.VerbTally:  "follows votes in a poll",

	forum.VerbUnquote: "follows when what is quoted is taken away",
	forum.VerbRequest: "is told to an author alone: TestAuthorsAreAskedBefore",
	forum.VerbAsk:     "a request, to one server",
}

// Every verb of the log is done in a run, follows from one that is, or says why not.
func TestTogetherDoesEveryVerb(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "forum", "event.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`Verb = "([a-z-]+)"`).FindAllStringSubmatch(string(text), -1)
	if len(all) != len(deeds)+len(answered) {
		t.Errorf("%d verbs are in the log, %d are done here and %d follow", len(all), len(deeds), len(answered))
	}
	for _, m := range all {
		verb := forum.Verb(m[1])
		if _, done := deeds[verb]; !done && answered[verb] == "" {
			t.Errorf("%s: nobody does that in a run", verb)
		}
	}
}

// act has somebody of the node do something.
func (m *member) act() {
	m.t.Helper()
	verbs, all := slices.Sorted(maps.Keys(deeds)), 0
	for _, v := range verbs {
		all += deeds[v].often
	}
	at := m.dice.IntN(all)
	for _, v := range verbs {
		if at -= deeds[v].often; at < 0 {
			deeds[v].do(m)
			return
		}
	}
}

// try does something in one of the processes, which dies now and then before it is
// committed. What the rules refuse is not done, as in a form.
func (m *member) try(what string, do func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error)) {
	m.t.Helper()
	p, dies := m.any(), m.dice.IntN(12) == 0 && !m.calm
	var out forum.Outcome
	err := p.db.InTx(m.ctx, func(ctx context.Context, tx *storage.Tx) error {
		var err error
		if out, err = do(ctx, tx, p); err != nil {
			return err
		}
		if out.Refused != nil {
			return out.Refused
		}
		if dies {
			return errDied
		}
		return nil
	})
	switch {
	case err == nil:
		m.say("%s: %s", m.name, what)
	case errors.Is(err, errDied):
		m.say("%s dies before: %s", m.name, what)
	case out.Refused != nil:
		m.say("%s may not: %s: %s", m.name, what, out.Refused.Reason)
	default:
		m.t.Fatalf("%s: %s: %v", m.name, what, err)
	}
}

func one(out []forum.Outcome, err error) (forum.Outcome, error) { return first(out), err }

// pick is one of several; empty when there is none.
func (w *together) pick(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[w.dice.IntN(len(list))]
}

// words are some that nobody said before.
func (w *together) words() string {
	w.minted++
	return fmt.Sprintf("words %d", w.minted)
}

func said(words string) forum.Text {
	return forum.Text{Source: words, Format: forum.Markdown, HTML: "<p>" + words + "</p>", RenderVersion: 1}
}

// writer is somebody here who writes, votes and follows.
func (m *member) writer() forum.Person { return m.person(m.people[m.dice.IntN(2)]) }

func (m *member) submit() {
	by, c := m.writer(), m.place()
	if m.dice.IntN(3) == 0 {
		by = m.person(m.people[2])
	}
	words := m.words()
	p := forum.Post{Author: by, Community: c, Title: words, TitleGiven: true, Text: said(words)}
	open := time.Duration(0)
	if m.dice.IntN(3) == 0 {
		p.Shape, p.Poll, open = forum.Asks, &forum.Poll{Multiple: m.dice.IntN(2) == 0, Options: []forum.PollOption{{Name: "yes"}, {Name: "no"}, {Name: "perhaps"}}}, time.Hour
	}
	m.try(fmt.Sprintf("%s submits %s to %s", by.Name, words, c.Name), func(ctx context.Context, tx *storage.Tx, f *process) (forum.Outcome, error) {
		return one(f.forum.Submit(ctx, tx, []forum.Submit{{Post: p, Open: open}}))
	})
}

// place is one of the communities.
func (m *member) place() forum.Community {
	home := m.nodes[m.dice.IntN(len(m.nodes))]
	uri := home.community
	if home.other != "" && m.dice.IntN(3) == 0 {
		uri = home.other
	}
	return m.named(uri)
}

func (m *member) named(uri string) forum.Community {
	m.t.Helper()
	c, err := m.processes[0].db.Reader().CommunityByURI(m.ctx, uri)
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

// things are the ids of the posts and comments here, the newest more often.
func (m *member) thing(where string, args ...any) string {
	all := m.lines(`select uri from (select uri, state, author_id, locked, published_at, community_id, pinned_at, id from post union all
		select m.uri, m.state, m.author_id, m.locked, m.published_at, p.community_id, null, m.id from comment m join post p on p.id = m.post_id) x
		where `+where+` order by published_at desc, uri limit 20`, args...)
	return m.pick(all[:min(len(all), 1+m.dice.IntN(20))])
}

func (m *member) reply() {
	by := m.writer()
	if m.dice.IntN(4) == 0 {
		by = m.person(m.people[2])
	}
	to, words := m.thing(`state = 0`), m.words()
	if to == "" {
		return
	}
	m.try(fmt.Sprintf("%s answers %s with %s", by.Name, to, words), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{Author: by, InReplyTo: to, Text: said(words)}}}))
	})
}

func (m *member) vote() {
	by, on, dir := m.writer(), m.thing(`state = 0`), m.dice.IntN(3)-1
	if on == "" {
		return
	}
	m.try(fmt.Sprintf("%s votes %d on %s", by.Name, dir, on), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Vote(ctx, tx, []forum.Vote{{Voter: by, Object: on, Dir: dir}}))
	})
}

func (m *member) edit() {
	by := m.writer()
	object, words := m.thing(`author_id = $1`, by.ID), m.words()
	if object == "" {
		return
	}
	e := forum.Edit{Object: object, By: by, Reply: strings.Contains(object, "/comment/"), Words: forum.Words{Text: said(words)}}
	if !e.Reply {
		e.Words.Title, e.Words.TitleGiven = words, true
	}
	m.try(fmt.Sprintf("%s edits %s to %s", by.Name, object, words), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Edit(ctx, tx, []forum.Edit{e}))
	})
}

func (m *member) delete(undo bool) {
	by := m.person(m.people[m.dice.IntN(3)])
	object := m.thing(`author_id = $1`, by.ID)
	if undo {
		object = m.thing(`author_id = $1 and state = 1`, by.ID)
	}
	if object == "" {
		return
	}
	m.try(fmt.Sprintf("%s deletes %s, undo %v", by.Name, object, undo), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Delete(ctx, tx, []forum.Delete{{Object: object, By: by, Undo: undo}}))
	})
}

// describe has a community, or somebody, say something else of itself.
func (m *member) describe() {
	actor, title := m.community, m.words()
	if m.dice.IntN(2) == 0 {
		actor = m.people[m.dice.IntN(2)]
	}
	m.try(fmt.Sprintf("%s is %s from now on", actor, title), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return p.forum.Describe(ctx, tx, forum.Describe{Actor: actor, Title: title})
	})
}

func (m *member) choose() {
	by, choices := m.writer(), []string{"yes", "no", "perhaps"}[m.dice.IntN(3):][:1]
	poll := m.pick(m.lines(`select uri from post where poll is not null and state = 0 order by published_at desc, uri limit 8`))
	if poll == "" {
		return
	}
	m.try(fmt.Sprintf("%s chooses %s in %s", by.Name, choices, poll), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Choose(ctx, tx, []forum.Choose{{Voter: by, Object: poll, Choices: choices}}))
	})
}

// follow has somebody join a community or leave it. The first of each node stays.
func (m *member) follow(undo bool) {
	by, c := m.person(m.people[1]), m.place()
	m.try(fmt.Sprintf("%s follows %s, undo %v", by.Name, c.Name, undo), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Follow(ctx, tx, []forum.Follow{{Person: by, Community: c.URI, Undo: undo}}))
	})
}

// moderate has somebody here do something in a community that they moderate. Bans
// and appointments concern the third of each node, who never moderates: what
// somebody does who may do so no longer, and does not know, stands on their own node.
func (m *member) moderate(verb forum.Verb) {
	c := m.place()
	by := m.pick(m.lines(`select m.person_uri from moderator m join person a on a.uri = m.person_uri
		where m.community_id = $1 and a.local and a.name not like '_2' order by 1`, c.ID))
	who := m.nodes[m.dice.IntN(len(m.nodes))].people[2]
	a := forum.Moderation{Verb: verb, Reason: m.words()}
	switch verb {
	case forum.VerbBanish, forum.VerbReadmit:
		a.Object, a.Admin, a.By = m.people[2], true, m.person(m.people[0])
	case forum.VerbBan, forum.VerbUnban, forum.VerbAppoint, forum.VerbDismiss:
		a.Object, a.Community = who, c.URI
	case forum.VerbRemove, forum.VerbWarn:
		a.Object = m.thing(`community_id = $1 and state = 0`, c.ID)
	case forum.VerbRestore:
		a.Object = m.thing(`community_id = $1 and state = 2`, c.ID)
	case forum.VerbPin:
		a.Object = m.pick(m.lines(`select uri from post where community_id = $1 order by published_at desc, uri limit 10`, c.ID))
	case forum.VerbUnpin:
		a.Object = m.pick(m.lines(`select uri from post where community_id = $1 and pinned_at is not null order by published_at desc, uri limit 10`, c.ID))
	case forum.VerbUnlock:
		a.Object = m.thing(`community_id = $1 and locked`, c.ID)
	default:
		a.Object = m.thing(`community_id = $1`, c.ID)
	}
	switch verb {
	case forum.VerbRemove, forum.VerbBan, forum.VerbBanish:
		a.Along = m.dice.IntN(3) == 0 // with what is below it, or what they wrote
	case forum.VerbRestore, forum.VerbUnban, forum.VerbReadmit:
		a.Along = true // what went with it, if anything did
	}
	if a.Object == "" || by == "" && !a.Admin {
		return
	}
	if !a.Admin {
		a.By = m.person(by)
	}
	m.try(fmt.Sprintf("%s moderates: %s %s in %s, along %v", a.By.Name, verb, a.Object, c.Name, a.Along), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Moderate(ctx, tx, []forum.Moderation{a}))
	})
}

func (m *member) report(withdraw bool) {
	by, object := m.writer(), m.thing(`state = 0`)
	if withdraw {
		object = m.pick(m.lines(`select coalesce(c.uri, p.uri) from report r left join post p on p.id = r.post_id left join comment c on c.id = r.comment_id
			where by_id = $1 and closed_at is null order by 1`, by.ID))
	}
	if object == "" {
		return
	}
	r := forum.Report{By: by, Object: object, Reason: m.words(), Withdraw: withdraw}
	m.try(fmt.Sprintf("%s reports %s, withdraw %v", by.Name, object, withdraw), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Report(ctx, tx, []forum.Report{r}))
	})
}

// resolve has a moderator deal with a report, at the home of the community.
func (m *member) resolve() {
	object := m.pick(m.lines(`select coalesce(c.uri, p.uri) from report r left join post p on p.id = r.post_id left join comment c on c.id = r.comment_id
		where closed_at is null and coalesce(c.uri, p.uri) is not null order by 1`))
	if object == "" {
		return
	}
	by := m.person(m.people[m.dice.IntN(2)])
	m.try(fmt.Sprintf("%s resolves reports of %s", by.Name, object), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Resolve(ctx, tx, []forum.Resolve{{By: by, Object: object}}))
	})
}

// write has somebody write to somebody, or change what they wrote.
func (m *member) write(again bool) {
	by, words := m.writer(), m.words()
	a := forum.Send{Message: forum.Message{From: by, To: m.person(m.nodes[m.dice.IntN(len(m.nodes))].people[m.dice.IntN(2)]), Text: said(words)}}
	if again {
		a.Edit, a.Message.URI = true, m.letter(by)
		if a.Message.URI == "" {
			return
		}
		a.Message.To = m.person(m.lines(`select a.uri from message m join person a on a.id = m.to_id where m.uri = $1`, a.Message.URI)[0])
	}
	m.try(fmt.Sprintf("%s writes to %s: %s, again %s", by.Name, a.Message.To.Name, words, a.Message.URI), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return p.forum.Send(ctx, tx, private.In(tx), a)
	})
}

// letter is the id of one of the messages that somebody wrote.
func (m *member) letter(by forum.Person) string {
	return m.pick(m.lines(`select uri from message where author_id = $1 and not deleted order by id desc limit 5`, by.ID))
}

func (m *member) unsend() {
	by := m.writer()
	uri := m.letter(by)
	if uri == "" {
		return
	}
	m.try(fmt.Sprintf("%s unsends %s", by.Name, uri), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return p.forum.Unsend(ctx, tx, private.In(tx), uri, by)
	})
}

// depart ends the account of a guest, who wrote something before.
func (m *member) depart() {
	name := m.guests[0]
	if len(m.guests) == 1 {
		return
	}
	m.guests = m.guests[1:]
	who := m.person(name)
	for range 2 {
		if to, words := m.thing(`state = 0`), m.words(); to != "" {
			m.try(fmt.Sprintf("%s answers %s with %s", who.Name, to, words), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
				return one(p.forum.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{Author: who, InReplyTo: to, Text: said(words)}}}))
			})
		}
	}
	m.try(who.Name+" departs", func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		out, _, err := p.forum.Depart(ctx, tx, name)
		return out, err
	})
}

// quote has somebody ask on another node whether they may quote what was written there.
// No person here can ask that yet.
func (m *member) quote() {
	by, object := m.writer(), m.thing(`state = 0 and uri not like $1`, m.url+"/%")
	m.minted++
	for _, o := range m.nodes {
		if !strings.HasPrefix(object, o.url+"/") {
			continue
		}
		m.say("%s asks to quote %s", by.Name, object)
		m.flight = append(m.flight, &parcel{from: m, to: o, left: 1 + m.dice.IntN(2), body: fmt.Appendf(nil, `{"@context": "https://www.w3.org/ns/activitystreams",
			"id": "%[1]s/asks/%[2]d", "type": "QuoteRequest", "actor": %[3]q, "object": %[4]q, "instrument": "%[1]s/notes/%[2]d"}`, m.url, m.minted, by.URI, object)})
	}
}

// relocate has a post go on in the other community of its node.
func (m *member) relocate() {
	home := m.nodes[m.dice.IntN(len(m.nodes))]
	from, to := m.named(home.community), m.named(home.other)
	if m.dice.IntN(2) == 0 {
		from, to = to, from
	}
	by := m.pick(m.lines(`select m.person_uri from moderator m join person a on a.uri = m.person_uri
		where m.community_id = $1 and a.local and a.name not like '_2' order by 1`, from.ID))
	object := m.pick(m.lines(`select uri from post where community_id = $1 and state = 0 order by published_at desc, uri limit 10`, from.ID))
	if by == "" || object == "" {
		return
	}
	who := m.person(by)
	m.try(fmt.Sprintf("%s moves %s from %s to %s", who.Name, object, from.Name, to.Name), func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Relocate(ctx, tx, []forum.Relocation{{By: who, Object: object, From: from.URI, To: to.URI}}))
	})
}

// move has a guest, whom somebody follows, go on as somebody of another node, who says
// that both are the same.
func (m *member) move() {
	name, to := m.guests[0], m.nodes[m.dice.IntN(len(m.nodes))]
	if len(m.guests) == 1 || to == m {
		return
	}
	m.guests = m.guests[1:]
	target := to.people[2]
	for _, o := range m.nodes {
		by, guest := o.person(o.people[1]), o.person(name)
		o.try(by.Name+" follows "+name, func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
			if err := tx.OpenWall(ctx, guest); err != nil {
				return forum.Outcome{}, err
			}
			return one(p.forum.Follow(ctx, tx, []forum.Follow{{Person: by, Community: name}}))
		})
		o.post()
	}
	if m.dice.IntN(2) == 0 {
		m.finish() // or they move before anybody has heard that they are followed
	}
	to.try(target+" is "+name, func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return p.forum.Claim(ctx, tx, target, append(to.person(target).Aliases(), name))
	})
	if err := m.any().in.Discover(m.ctx, target); err != nil {
		m.t.Fatal(err)
	}
	who := m.person(name)
	m.try(name+" moves to "+target, func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		out, _, err := p.forum.Move(ctx, tx, forum.Move{Person: who, Target: target})
		return out, err
	})
}
