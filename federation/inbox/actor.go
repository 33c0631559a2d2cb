package inbox

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"

	ap "stoa/activitypub"
	"stoa/activitypub/markup"
	"stoa/activitypub/proof"
	"stoa/activitypub/sig"
	"stoa/federation/forum"
	"stoa/storage"
)

// maxSaid is how long the document of a community may be that is kept whole, for those
// here who moderate it and change it. Most have some thousand bytes.
const maxSaid = 64 << 10

// maxUserName is the longest name of an account, in bytes; Lemmy has the same.
const maxUserName = 255

// Keep keeps what an actor says of itself, as it was read at its own id.
func (in *Inbox) Keep(ctx context.Context, a ap.Actor) error {
	return in.keepActor(ctx, in.o.DB, a)
}

// keeper is a database, or a transaction that is under way.
type keeper interface {
	SavePerson(ctx context.Context, p forum.Person, keys []storage.Key) (forum.Person, error)
	SaveCommunity(ctx context.Context, c forum.Community, keys []storage.Key) (forum.Community, error)
	SaveKeys(ctx context.Context, owner string, keys []storage.Key) error
}

func (in *Inbox) keepActor(ctx context.Context, tx keeper, a ap.Actor) error {
	if !isName(a.PreferredUsername) && a.Type != "Application" {
		return forum.Refuse(forum.Invalid, "bad-name", "%s is called %q.", a.ID, cut(a.PreferredUsername, maxNamed))
	}
	keys := make([]storage.Key, 0, len(a.Keys))
	for _, k := range a.Keys {
		// A key under another server's name is not this actor's to give.
		if k.PEM != "" && (k.Owner == "" || k.Owner == a.ID) && ap.SameOrigin(k.ID, a.ID) {
			keys = append(keys, storage.Key{ID: k.ID, Owner: a.ID, PEM: k.PEM})
		}
	}
	keys = withProofKeys(keys, a)
	if !isWeb(a.Icon.URL) {
		a.Icon.URL = ""
	}
	switch {
	case isPerson(a.Type):
		_, err := tx.SavePerson(ctx, in.person(a, keys), keys)
		return err
	case a.Type == "Group":
		_, err := tx.SaveCommunity(ctx, in.community(a, keys), keys)
		return err
	}
	return tx.SaveKeys(ctx, a.ID, keys)
}

// withProofKeys adds the keys with which an actor signs documents. One that stands
// among the others too must be the same there.
func withProofKeys(keys []storage.Key, a ap.Actor) []storage.Key {
	for _, m := range a.Asserts {
		if m.Controller != a.ID || !ap.SameOrigin(m.ID, a.ID) {
			continue
		}
		pem, err := pemOf(m.Key)
		if err != nil {
			continue // of another kind, which nothing here is signed with
		}
		at := slices.IndexFunc(keys, func(k storage.Key) bool { return k.ID == m.ID })
		switch {
		case at < 0:
			keys = append(keys, storage.Key{ID: m.ID, Owner: a.ID, PEM: pem, Proves: true})
		case sameKey(keys[at].PEM, pem):
			keys[at].Proves = true
		}
	}
	return keys
}

// pemOf is a Multikey as keys are kept here.
func pemOf(multikey string) (string, error) {
	key, err := proof.ParseMultikey(multikey)
	if err != nil {
		return "", err
	}
	return sig.EncodePublicKey(key)
}

// sameKey compares keys by what they are, however they are wrapped.
func sameKey(a, b string) bool {
	first, err := sig.ParsePublicKey(a)
	if err != nil {
		return false
	}
	second, err := sig.ParsePublicKey(b)
	key, ok := first.(ed25519.PublicKey)
	return err == nil && ok && key.Equal(second)
}

func asRefusal(err error) (*forum.Refusal, bool) { return errors.AsType[*forum.Refusal](err) }

// isPerson reports whether actors of a type write, vote and follow.
func isPerson(kind string) bool {
	return kind == "Person" || kind == "Service" || kind == "Organization"
}

// isName reports whether a name can stand in the address of a page, before an @.
// Names of other servers may have any letters.
func isName(name string) bool {
	return name != "" && len(name) <= maxUserName && !strings.ContainsFunc(name, func(r rune) bool {
		return r == '@' || r == '/' || r == '?' || r == '#' || r == '%' || r == '\\' || unicode.IsSpace(r) || unicode.IsControl(r) ||
			unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar
	})
}

func (in *Inbox) person(a ap.Actor, keys []storage.Key) forum.Person {
	p := forum.Person{
		URI: a.ID, Name: a.PreferredUsername, Host: ap.Host(a.ID), Bot: a.Type == "Service",
		Title: cut(oneLine(a.Name), forum.MaxTitle), Inbox: a.Inbox, SharedInbox: a.SharedInbox, AvatarURL: a.Icon.URL, BannerURL: a.Image.URL, Links: links(a.Properties),
		Published: a.Published.Time, Updated: a.Updated.Time, FetchedAt: in.o.Clock().UTC(),
		Discoverable: unlessDenied(a.Discoverable), Indexable: unlessDenied(a.Indexable),
	}
	p.AlsoKnownAs, p.MovedTo = in.accounts(a.AlsoKnownAs), in.accounts([]string{a.MovedTo})
	p.BioSource, p.BioHTML = in.about(a)
	p.Emoji = emojis(a.Tag, a.Name, a.Summary)
	if len(keys) > 0 {
		p.PublicKey, p.KeyID = keys[0].PEM, keys[0].ID
	}
	return p
}

// accounts are the ids among others that somebody names, one a line.
func (in *Inbox) accounts(uris []string) string {
	var ids []string
	for _, uri := range uris {
		if len(ids) < forum.MaxAliasesElsewhere && uri != "" && ap.ValidID(uri, in.o.Dev) == nil {
			ids = append(ids, uri)
		}
	}
	return strings.Join(ids, "\n")
}

func (in *Inbox) community(a ap.Actor, keys []storage.Key) forum.Community {
	c := forum.Community{
		URI: a.ID, Name: a.PreferredUsername, Host: ap.Host(a.ID), Title: cut(oneLine(a.Name), forum.MaxTitle),
		Inbox: a.Inbox, SharedInbox: a.SharedInbox, FollowersURL: a.Followers, IconURL: a.Icon.URL, BannerURL: a.Image.URL, Language: spoken(a.Languages), Sensitive: a.Sensitive,
		Published: a.Published.Time, Updated: a.Updated.Time, FetchedAt: in.o.Clock().UTC(),
		Discoverable: unlessDenied(a.Discoverable), Indexable: unlessDenied(a.Indexable),
		// A channel of PeerTube belongs to an account, which alone puts videos there.
		Restricted: a.PostingRestrictedToMods || len(a.Owners) > 0,
	}
	if len(a.Raw) <= maxSaid {
		c.Said = string(a.Raw)
	}
	c.SummarySource, c.SummaryHTML = in.about(a)
	c.Emoji, c.PostTags = emojis(a.Tag, a.Name), in.postTags(a.PostTags)
	if len(keys) > 0 {
		c.PublicKey, c.KeyID = keys[0].PEM, keys[0].ID
	}
	return c
}

// postTags are the tags that a community has for posts. The list is the community's last
// word: what is missing in it is no more.
func (in *Inbox) postTags(tags []ap.Tag) (out forum.PostTags) {
	for i := range tags {
		t := &tags[i]
		if ap.ValidID(t.ID, in.o.Dev) != nil {
			continue
		}
		p := forum.PostTag{ID: t.ID, Name: cut(oneLine(t.Username), forum.MaxTagTitle), Title: cut(oneLine(t.Name), forum.MaxTagTitle)}
		if p.Name == "" {
			p.Name = p.Title
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(t.Color, "color")); err == nil && n >= 1 && n <= forum.TagColors {
			p.Color = n
		}
		out = out.With(p)
	}
	return out
}

// links are those lines of a profile that lead somewhere.
func links(lines []ap.PropertyValue) (out forum.Links) {
	n := 0
	for _, l := range lines {
		url := strings.TrimSpace(l.Value)
		if hrefs := markup.LeadingLinks("<p>" + l.Value + "</p>"); len(hrefs) > 0 {
			url = hrefs[0]
		}
		if n < len(out) && forum.WebAddress(url) {
			out[n] = forum.ProfileLink{Label: cut(oneLine(markup.Plain(l.Name, forum.MaxLabel)), forum.MaxLabel), URL: url}
			n++
		}
	}
	return out
}

// spoken is the language of a community where there is one alone: Lemmy lists all that
// it allows.
func spoken(all []ap.Language) string {
	if len(all) != 1 || all[0].Identifier == "und" || len(all[0].Identifier) > forum.MaxLanguage {
		return ""
	}
	return all[0].Identifier
}

// unlessDenied reads whether somebody may be found. Software that lets people choose
// says so of everybody; Lemmy and PieFed, whose threads anybody can search, do not
// know the question.
func unlessDenied(may *bool) bool { return may == nil || *may }

// about renders what an actor says of itself.
func (in *Inbox) about(a ap.Actor) (source, rendered string) {
	options := in.render
	options.Base = a.ID
	if a.Source.MediaType == "text/markdown" && a.Source.Content != "" {
		if rendered, err := markup.FromMarkdown(a.Source.Content, options); err == nil {
			return a.Source.Content, rendered
		}
	}
	return a.Summary, markup.FromHTML(a.Summary, options)
}
