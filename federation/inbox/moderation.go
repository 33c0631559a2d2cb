package inbox

import (
	"context"
	"strings"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// moderates turns what moderators do into the verb: Delete with a summary, Lock, Add and
// Remove of pinned posts and of moderators, Block in a community and from a server,
// Warn, and what undoes them.
func (in *Inbox) moderates(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	for _, a := range acts {
		if a.settled {
			continue
		}
		if a.blocksPerson() {
			// What they do not want to see, their own server keeps from them.
			a.private = true
			a.done("a block between two people")
			continue
		}
		m, ok := in.moderation(a)
		if !ok {
			continue
		}
		person, ok := in.by(a, people)
		if !ok {
			continue
		}
		if ap.ValidID(m.Object, in.o.Dev) != nil {
			a.refuse("moderates nothing")
			continue
		}
		m.By, m.At, m.Origin = person, in.when(a), a.origin()
		out, err := in.o.Forum.Moderate(ctx, tx, []forum.Moderation{m})
		if err != nil {
			return err
		}
		in.take(a, out[0])
	}
	return nil
}

// blocksPerson reports whether somebody blocks another, or does so no more, as in
// Mastodon: there is no target.
func (a *act) blocksPerson() bool {
	doc := a.Activity
	if a.Type == "Undo" && a.Object.Type == "Block" {
		var err error
		if doc, err = a.Object.Activity(); err != nil {
			return false
		}
	}
	return doc.Type == "Block" && doc.Target.ID == "" && doc.Actor == a.Actor && a.via == nil
}

// isRoot reports whether an address names a whole server: Lemmy has the id of its
// actor there, PieFed tells it by the slashes.
func isRoot(iri string) bool { return strings.Count(iri, "/") < 4 && strings.Trim(iri, "/") != "" }

// moderation reads what a moderator did; false for anything else.
func (in *Inbox) moderation(a *act) (forum.Moderation, bool) {
	doc, undo := a.Activity, false
	if a.Type == "Undo" {
		inner, err := a.Object.Activity()
		if err != nil || inner.Actor == "" {
			return forum.Moderation{}, false
		}
		doc, undo = inner, true
	}
	m := forum.Moderation{Object: doc.Object.ID, Reason: cut(doc.Summary, forum.MaxReason)}
	if undo {
		m.Undoes = doc.ID
		if a.HasSummary {
			m.Reason = cut(a.Summary, forum.MaxReason)
		}
	}
	verb := func(does, undoes forum.Verb) forum.Verb {
		if undo {
			return undoes
		}
		return does
	}
	switch doc.Type {
	case "Delete":
		m.Verb, m.Along = verb(forum.VerbRemove, forum.VerbRestore), doc.WithReplies || a.WithReplies
		return m, doc.HasSummary && doc.Object.ID != doc.Actor
	case "Lock":
		m.Verb = verb(forum.VerbLock, forum.VerbUnlock)
		return m, true
	case "Block":
		m.Verb, m.Community = verb(forum.VerbBan, forum.VerbUnban), doc.Target.ID
		if m.Along = doc.RemoveData; undo {
			m.Along = a.RestoreData
		}
		if isRoot(doc.Target.ID) {
			m.Verb, m.Community, m.Server = verb(forum.VerbBanish, forum.VerbReadmit), "", ap.Host(doc.Target.ID)
		}
		if ends := doc.Ends(); ends.Valid {
			m.Until = ends.Time
		}
		return m, doc.Target.ID != ""
	case "Warn":
		m.Verb = forum.VerbWarn
		return m, !undo
	case "Add", "Remove":
		return in.listed(doc, m, undo)
	}
	return m, false
}

// listed reads what is put into, or taken out of, a collection of a community.
func (in *Inbox) listed(doc ap.Activity, m forum.Moderation, undo bool) (forum.Moderation, bool) {
	if undo {
		return m, false
	}
	add := doc.Type == "Add"
	if c, ok := strings.CutSuffix(doc.Target.ID, "/moderators"); ok {
		m.Verb, m.Community = forum.VerbDismiss, c
		if add {
			m.Verb = forum.VerbAppoint
		}
		return m, true
	}
	m.Verb = forum.VerbUnpin
	if add {
		m.Verb = forum.VerbPin
	}
	return m, strings.HasSuffix(doc.Target.ID, "/featured") || strings.HasSuffix(doc.Target.ID, "/pinned")
}

// reports turns Flag, and the Undo of one, into the verb.
func (in *Inbox) reports(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	for _, a := range acts {
		if a.settled || a.Type != "Flag" && (a.Type != "Undo" || a.Object.Type != "Flag") {
			continue
		}
		person, ok := in.by(a, people)
		if !ok {
			continue
		}
		flag, withdraw := a.Activity, a.Type == "Undo"
		if withdraw {
			var err error
			if flag, err = a.Object.Activity(); err != nil || flag.Actor != a.Actor {
				a.refuse("a report of somebody else")
				continue
			}
		}
		reason := flag.Summary
		if reason == "" {
			reason = flag.Content
		}
		out := forum.Outcome{}
		for _, o := range flag.Object.All() {
			id := o.ID
			if !in.Ours(id) && ap.ValidID(id, in.o.Dev) != nil {
				continue
			}
			all, err := in.o.Forum.Report(ctx, tx, []forum.Report{{By: person, Object: id, Reason: cut(reason, forum.MaxReason), Origin: a.origin(), Withdraw: withdraw}})
			if err != nil {
				return err
			}
			if out = all[0]; out.Refused == nil {
				break
			}
		}
		if r := out.Refused; r != nil && r.Needs != "" {
			a.refuse("reports nothing that is here")
			continue
		}
		in.take(a, out)
	}
	return nil
}
