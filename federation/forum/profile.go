package forum

import (
	"context"
	"hash/fnv"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ProfileTx is what the verbs for actors need.
type ProfileTx interface {
	// SetCommunity and SetProfile write what a community or person of ours says of
	// itself.
	SetCommunity(ctx context.Context, c Community) error
	SetProfile(ctx context.Context, p Person) error
	// CommunitySays is what a community elsewhere says of itself, as its server wrote it;
	// empty where that was not kept.
	CommunitySays(ctx context.Context, id int64) (string, error)
	// Acquainted lists the inboxes behind which somebody is followed, and one of each
	// further server that follows a community here in which they wrote; with 0, in which
	// anybody may have.
	Acquainted(ctx context.Context, personID int64) ([]string, error)
	// NodeSays keeps what the node says of itself. It reports whether others should
	// hear of it: because it is new, or because the node was not at work for a day.
	NodeSays(ctx context.Context, said string) (bool, error)
	// SetGone marks a person as gone, empties the profile and ends the follows. It
	// reports whether that changed anything. What the person wrote is deleted
	// afterwards, step by step.
	SetGone(ctx context.Context, p Person, at time.Time, erase bool) (bool, error)
	// Reached lists an inbox of each server that may hold something of a person of
	// this node: of the communities in which they wrote, voted or joined, and of those
	// who follow these. Who follows a community elsewhere is not known here, so it may be
	// any server that is.
	Reached(ctx context.Context, personID int64) ([]string, error)
}

// Describe changes what a community or person of ours says of itself. An empty
// field leaves what there is.
type Describe struct {
	Actor   string // id, or the address of the page
	Title   string
	Summary Text
}

// Describe changes a title and summary, and tells the servers that know the
// actor: of a community those that follow it.
func (f *Forum) Describe(ctx context.Context, tx Tx, a Describe) (Outcome, error) {
	if utf8.RuneCountInString(a.Title) > MaxCommunityTitle {
		return refuse(Invalid, "title-too-long", "A title has at most 50 characters."), nil
	}
	c, ok, err := tx.CommunityByURI(ctx, a.Actor)
	if err != nil {
		return Outcome{}, err
	}
	if ok && c.Local {
		return f.describeCommunity(ctx, tx, a, c)
	}
	p, ok, err := tx.PersonByURI(ctx, a.Actor)
	if err != nil {
		return Outcome{}, err
	}
	if ok && p.Local && !p.Gone {
		return f.describePerson(ctx, tx, a, p)
	}
	return refuse(NotFound, "no-such-actor", "No community or person of this node has that address."), nil
}

func (f *Forum) describeCommunity(ctx context.Context, tx Tx, a Describe, c Community) (Outcome, error) {
	if c.Removed {
		return refuse(Gone, "community-removed", "This community has been taken away."), nil
	}
	before := c
	if title := strings.TrimSpace(a.Title); title != "" {
		c.Title = title
	}
	if a.Summary.Source != "" {
		c.SummarySource, c.SummaryHTML = a.Summary.Source, a.Summary.HTML
	}
	return f.setCommunity(ctx, tx, before, c)
}

func (f *Forum) setCommunity(ctx context.Context, tx Tx, before, c Community) (Outcome, error) {
	if c == before {
		return Outcome{ID: c.ID}, nil
	}
	c.Updated = f.Now()
	if err := tx.SetCommunity(ctx, c); err != nil {
		return Outcome{}, err
	}
	return Outcome{ID: c.ID, Fresh: true}, f.publish(ctx, tx, []*Event{f.profile(c.Updated, func(e *Event) { e.Community, e.Announce = c, true })})
}

func (f *Forum) describePerson(ctx context.Context, tx Tx, a Describe, p Person) (Outcome, error) {
	before := p
	if title := strings.TrimSpace(a.Title); title != "" {
		p.Title = title
	}
	if a.Summary.Source != "" {
		p.BioSource, p.BioHTML = a.Summary.Source, a.Summary.HTML
	}
	return f.setProfile(ctx, tx, before, p)
}

// Present is all that a person of ours says of themselves: what is empty is said no
// more.
type Present struct {
	Person    string // id
	Title     string
	Bio       Text
	Emoji     Emojis // in both
	AvatarURL string
	BannerURL string
	Links     Links

	Bot, Discoverable, Indexable bool
}

// Arrange is all that a community of ours says of itself: what is empty is said no
// more.
type Arrange struct {
	Community string // id
	By        Person
	Title     string
	Summary   Text
	Rules     Text
	Language  string // a BCP 47 tag
	IconURL   string
	BannerURL string
	PostTags  []string // what they are called; ", 3" behind one is its colour

	Sensitive, Restricted, Untitled bool // see Community
}

// Check judges what is said, whoever says it.
func (a *Arrange) Check() *Refusal {
	switch {
	case a.Title == "":
		return &Refusal{Kind: Invalid, Reason: "no-name", Text: "A community needs something to be called."}
	case utf8.RuneCountInString(a.Title) > MaxCommunityTitle:
		return &Refusal{Kind: Invalid, Reason: "title-too-long", Text: "A title has at most 50 characters."}
	case len(a.Summary.Source) > MaxSummary:
		return &Refusal{Kind: Invalid, Reason: "text-too-long", Text: "A description has at most 10,000 bytes."}
	case len(a.Rules.Source) > MaxSummary:
		return &Refusal{Kind: Invalid, Reason: "rules-too-long", Text: "Rules have at most 10,000 bytes."}
	case len(a.Language) > MaxLanguage:
		return &Refusal{Kind: Invalid, Reason: "bad-language", Text: "That is no language."}
	case len(a.PostTags) > MaxPostTags:
		return &Refusal{Kind: Invalid, Reason: "post-tags", Text: "A community has at most 50 tags."}
	}
	names := map[string]bool{}
	for _, line := range a.PostTags {
		t := postTag("", line)
		switch {
		case t.Name == "" || utf8.RuneCountInString(t.Title) > MaxTagTitle:
			return &Refusal{Kind: Invalid, Reason: "bad-post-tag", Text: "A tag has 1 to 50 characters, some of them letters or digits."}
		case names[t.Name]:
			return &Refusal{Kind: Invalid, Reason: "post-tags-alike", Text: "Two tags have the same name."}
		}
		names[t.Name] = true
	}
	return nil
}

// postTag reads a tag of a community of ours as it was written. Its name is what of it
// can stand in an address.
func postTag(community, line string) PostTag {
	t := PostTag{Title: strings.Join(strings.Fields(line), " ")}
	if title, number, ok := cutLast(t.Title, ","); ok {
		if n, err := strconv.Atoi(strings.TrimSpace(number)); err == nil && n >= 1 && n <= TagColors {
			t.Title, t.Color = strings.TrimSpace(title), n
		}
	}
	t.Name = strings.Trim(strings.Join(strings.FieldsFunc(strings.ToLower(t.Title), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), "_"), "_")
	if t.Name != "" && t.Color == 0 {
		h := fnv.New32a()
		_, _ = h.Write([]byte(t.Name)) // a hash takes everything
		t.Color = int(h.Sum32()%TagColors) + 1
	}
	t.ID = community + "/tag/" + url.PathEscape(t.Name)
	return t
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// MaxSummary is how long the description of a community may be, and its rules, in
// bytes; MaxLanguage how long the tag of a language.
const (
	MaxSummary  = 10_000
	MaxLanguage = 35
)

// Arrange changes what a community says of itself, and who may post there, at the word
// of somebody who moderates it, and tells the servers that follow it. Of a community
// elsewhere its home is asked to, and nothing changes here until that says so.
func (f *Forum) Arrange(ctx context.Context, tx Tx, a Arrange) (Outcome, error) {
	a.Title = strings.TrimSpace(a.Title)
	if out, no := refusedBy(a.Check()); no {
		return out, nil
	}
	c, no, err := arranged(ctx, tx, a.Community, a.By)
	if err != nil || no != nil {
		return Outcome{Refused: no}, err
	}
	before := c
	c.Title, c.SummarySource, c.SummaryHTML = a.Title, a.Summary.Source, a.Summary.HTML
	c.IconURL, c.BannerURL, c.Sensitive, c.Restricted = a.IconURL, a.BannerURL, a.Sensitive, a.Restricted
	if !c.Local {
		return f.propose(ctx, tx, before, c, a.By)
	}
	c.RulesSource, c.RulesHTML, c.Language, c.Untitled = a.Rules.Source, a.Rules.HTML, a.Language, a.Untitled
	c.PostTags = ""
	for _, line := range a.PostTags {
		c.PostTags = c.PostTags.With(postTag(c.URI, line))
	}
	return f.setCommunity(ctx, tx, before, c)
}

// propose asks the home of a community elsewhere to change what it says of itself. What
// is sent is all that it says now, with what is to be different: Lemmy takes what is
// missing for gone.
func (f *Forum) propose(ctx context.Context, tx Tx, before, c Community, by Person) (Outcome, error) {
	if c == before {
		return Outcome{ID: c.ID}, nil
	}
	var err error
	if c.Said, err = tx.CommunitySays(ctx, c.ID); err != nil {
		return Outcome{}, err
	}
	if c.Said == "" {
		return refuse(Unavailable, "community-unread", "What this server holds of the community is not whole. It is read again when its page is looked at, once a day; try again then."), nil
	}
	c.Updated = after(before.Updated, f.Now())
	e := f.profile(c.Updated, func(e *Event) { e.Community, e.Actor = c, by })
	address(e)
	return Outcome{ID: c.ID, Fresh: true}, f.publish(ctx, tx, []*Event{e})
}

// arranged finds a community that somebody wants to change, who must moderate it: one of
// ours, or, for who lives here, one of another server.
func arranged(ctx context.Context, tx Tx, community string, by Person) (Community, *Refusal, error) {
	c, ok, err := tx.CommunityByURI(ctx, community)
	if err != nil {
		return c, nil, err
	}
	if !ok || c.Removed || c.Wall || !c.Local && (!by.Local || c.Gone) {
		return c, &Refusal{Kind: NotFound, Reason: "no-such-community", Text: "There is no such community here."}, nil
	}
	s, err := tx.Standing(ctx, by.URI, c.ID)
	if err != nil {
		return c, nil, err
	}
	if !s.Moderator && (!s.Admin || !c.Local) {
		return c, &Refusal{Kind: Forbidden, Reason: "not-moderator", Text: "Only those who moderate this community can do that."}, nil
	}
	return c, nil, nil
}

// Rearrange is what somebody of another server who moderates a community of ours can say
// of it. Everything else stays.
type Rearrange struct {
	Community string // id
	By        Person
	Title     string
	Summary   Text
	Rules     Text

	Sensitive, Restricted bool
}

// Rearrange does what Arrange does, at the word of a moderator elsewhere. The community
// says it in its own name.
func (f *Forum) Rearrange(ctx context.Context, tx Tx, a Rearrange) (Outcome, error) {
	c, no, err := arranged(ctx, tx, a.Community, a.By)
	if err != nil || no != nil {
		return Outcome{Refused: no}, err
	}
	check := Arrange{Title: strings.TrimSpace(a.Title), Summary: a.Summary, Rules: a.Rules}
	if out, no := refusedBy(check.Check()); no {
		return out, nil
	}
	before := c
	c.Title, c.Sensitive, c.Restricted = check.Title, a.Sensitive, a.Restricted
	c.SummarySource, c.SummaryHTML, c.RulesSource, c.RulesHTML = a.Summary.Source, a.Summary.HTML, a.Rules.Source, a.Rules.HTML
	return f.setCommunity(ctx, tx, before, c)
}

// MaxBio is how much somebody may write of themselves, in bytes.
const MaxBio = 5_000

func (l *ProfileLink) check() *Refusal {
	switch {
	case *l == ProfileLink{}:
		return nil
	case utf8.RuneCountInString(l.Label) > MaxLabel:
		return &Refusal{Kind: Invalid, Reason: "label-too-long", Text: "What a link is called has at most 50 characters."}
	case !WebAddress(l.URL):
		return &Refusal{Kind: Invalid, Reason: "bad-link", Text: "That is no address of a web page."}
	}
	return nil
}

// WebAddress reports whether a text is the address of a page of the web, at most 2,000
// bytes long.
func WebAddress(link string) bool {
	if len(link) > 2000 || strings.ContainsAny(link, " \t\r\n\x00\"<>\\") {
		return false
	}
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && strings.ContainsAny(u.Host, ".:[")
}

// Present changes a whole profile, and tells the servers that know its owner.
func (f *Forum) Present(ctx context.Context, tx Tx, a Present) (Outcome, error) {
	switch {
	case utf8.RuneCountInString(a.Title) > MaxCommunityTitle:
		return refuse(Invalid, "title-too-long", "A title has at most 50 characters."), nil
	case len(a.Bio.Source) > MaxBio:
		return refuse(Invalid, "text-too-long", "A biography has at most 5,000 bytes."), nil
	}
	for i := range a.Links {
		l := &a.Links[i]
		l.Label = strings.Join(strings.Fields(l.Label), " ")
		if out, no := refusedBy(l.check()); no {
			return out, nil
		}
	}
	p, ok, err := tx.PersonByURI(ctx, a.Person)
	if err != nil {
		return Outcome{}, err
	}
	if !ok || !p.Local || p.Gone {
		return refuse(NotFound, "no-such-actor", "No community or person of this node has that address."), nil
	}
	before := p
	p.Title, p.BioSource, p.BioHTML, p.Emoji = strings.TrimSpace(a.Title), a.Bio.Source, a.Bio.HTML, a.Emoji
	p.AvatarURL, p.BannerURL, p.Links = a.AvatarURL, a.BannerURL, a.Links
	p.Bot, p.Discoverable, p.Indexable = a.Bot, a.Discoverable, a.Indexable
	return f.setProfile(ctx, tx, before, p)
}

func (f *Forum) setProfile(ctx context.Context, tx Tx, before, p Person) (Outcome, error) {
	if p == before {
		return Outcome{ID: p.ID}, nil
	}
	p.Updated = f.Now()
	if err := tx.SetProfile(ctx, p); err != nil {
		return Outcome{}, err
	}
	inboxes, err := tx.Acquainted(ctx, p.ID)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{ID: p.ID, Fresh: true}, f.publish(ctx, tx, []*Event{f.profile(p.Updated, func(e *Event) { e.Actor, e.Direct = p, inboxes })})
}

// profile is the event of an actor that says something else of itself.
func (f *Forum) profile(at time.Time, of func(*Event)) *Event {
	e := &Event{Verb: VerbProfile, At: at, Origin: Origin{Activity: f.publisher.NewActivity()}}
	of(e)
	return e
}

// Introduce tells all servers that follow a community here what the node's own
// actor says of itself, if that has changed, or if the node was away for long:
// Mastodon sends nothing to a server that did not answer for a week until it
// hears from it.
func (f *Forum) Introduce(ctx context.Context, tx Tx, node Person, said string) (Outcome, error) {
	due, err := tx.NodeSays(ctx, said)
	if err != nil || !due {
		return Outcome{}, err
	}
	inboxes, err := tx.Acquainted(ctx, 0)
	if err != nil || len(inboxes) == 0 {
		return Outcome{}, err
	}
	return Outcome{Fresh: true}, f.publish(ctx, tx, []*Event{f.profile(f.Now(), func(e *Event) { e.Actor, e.Direct = node, inboxes })})
}

// Leave takes in that people deleted their accounts elsewhere: nobody hears from
// them any more, and what they wrote is deleted. Their own servers tell everybody
// who knows them, so nothing is announced. With erase the words go for good, at once.
func (f *Forum) Leave(ctx context.Context, tx Tx, people []Person, at time.Time, erase bool) ([]Outcome, error) {
	out := make([]Outcome, len(people))
	for i, p := range people {
		if p.Local {
			out[i] = refuse(Forbidden, "local-actor", "This account lives here.")
			continue
		}
		changed, err := tx.SetGone(ctx, p, at, erase)
		if err != nil {
			return nil, err
		}
		out[i] = Outcome{ID: p.ID, Fresh: changed}
	}
	return out, nil
}

// Depart ends an account of this node: nothing it says has an effect any more, what
// it wrote is deleted afterwards, step by step, and every server that may hold some of
// it is told once. activity is the id under which they are.
func (f *Forum) Depart(ctx context.Context, tx Tx, person string) (out Outcome, activity string, err error) {
	p, ok, err := tx.PersonByURI(ctx, person)
	if err != nil {
		return out, "", err
	}
	if !ok || !p.Local || p.Gone {
		return refuse(NotFound, "no-such-actor", "No community or person of this node has that address."), "", nil
	}
	inboxes, err := tx.Reached(ctx, p.ID)
	if err != nil {
		return out, "", err
	}
	at := f.Now()
	if _, err := tx.SetGone(ctx, p, at, true); err != nil {
		return out, "", err
	}
	e := &Event{Verb: VerbDepart, At: at, Actor: p, Direct: inboxes, Origin: Origin{Activity: f.publisher.NewActivity()}}
	return Outcome{ID: p.ID, Fresh: true}, e.Origin.Activity, f.publish(ctx, tx, []*Event{e})
}
