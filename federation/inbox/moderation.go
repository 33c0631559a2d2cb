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
		own, err := in.recalls(ctx, tx, a, people)
		if err == nil && !own && a.Type == "Remove" {
			own, err = in.drops(ctx, tx, a, people)
		}
		if err != nil {
			return err
		}
		if own || a.settled {
			continue
		}
		m, ok := in.moderation(a)
		if !ok && (m.Verb == forum.VerbRemove || m.Verb == forum.VerbRestore) {
			// Lemmy 0.19 removes a comment without a word: who says so tells it from a
			// deletion.
			if ok, err = tx.Moderates(ctx, a.Actor, m.Object, a.origin().Via); err != nil {
				return err
			}
		}
		if !ok {
			continue
		}
		person, ok := in.by(a, people)
		if !ok && m.Verb == forum.VerbRestore && in.Ours(a.Actor) {
			// Who gave it back here saw it; its own server may not have heard then.
			if err := in.mayBeBack(ctx, tx, a, m.Object); err != nil {
				return err
			}
		}
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
		if m.Verb == forum.VerbRestore && out[0].Refused == nil {
			if err := in.mayBeBack(ctx, tx, a, m.Object); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayBeBack has something looked at where it is from that a community gives back: as long
// as it was removed there, too, it looked as if its author had deleted it.
func (in *Inbox) mayBeBack(ctx context.Context, tx *storage.Tx, a *act, iri string) error {
	if a.via == nil || in.Ours(iri) {
		return nil
	}
	held, err := tx.Written(ctx, []string{iri}, make([]forum.Person, 1))
	if err != nil || held[0].Post.ID == 0 {
		return err
	}
	_, err = tx.AskLater(ctx, storage.FetchObject{IRI: iri, Via: a.via.URI, Asker: in.asker(a.row.Actor), Refresh: true, Late: true}, in.o.Clock().Add(storage.BackPause))
	return err
}

// recalls takes it as a removal when a community elsewhere takes back what it announced,
// which is how one that has no moderators of its own removes something, or deletes it in
// its own name, as PieFed does with what it does not let in. It reports whether that was so.
func (in *Inbox) recalls(ctx context.Context, tx *storage.Tx, a *act, people map[string]forum.Person) (bool, error) {
	boost := a.Type == "Undo" && a.Object.Type == "Announce"
	deletes := a.Type == "Delete" || a.Type == "Undo" && a.Object.Type == "Delete"
	if _, known := people[a.Actor]; !boost && !deletes || deletes && (known || a.Object.ID == a.Actor) {
		return false, nil
	}
	places, err := tx.CommunitiesByURI(ctx, []string{a.Actor})
	if err != nil {
		return false, err
	}
	c, ok := places[a.Actor]
	if !boost && (!ok || c.Wall) {
		return false, nil
	}
	m := forum.Moderation{Verb: forum.VerbRemove, Object: a.Object.ID, Reason: cut(a.Summary, forum.MaxReason)}
	if a.Type == "Undo" {
		inner, err := a.Object.Activity()
		if own := err == nil && inner.Actor == a.Actor; !own {
			a.refuse("undoes somebody else's act")
			return true, nil
		}
		m.Object, m.Undoes = inner.Object.ID, inner.ID
		if !boost {
			m.Verb = forum.VerbRestore
		} else if said, err := inner.Object.Activity(); err == nil && said.Type == "Create" {
			m.Object = said.Object.ID
		}
	}
	post, _, err := tx.FindSubject(ctx, m.Object)
	switch {
	case err != nil:
		return false, err
	case !ok || c.Wall || c.Local || post == nil:
		a.done("takes back nothing that is here") // a boost by somebody, or of something else
		return true, nil
	}
	m.By, m.At, m.Origin = forum.Person{URI: c.URI, Name: c.Name, Host: c.Host}, in.when(a), a.origin()
	if a.via == nil {
		m.Origin.Via = c.ID
	}
	out, err := in.o.Forum.Moderate(ctx, tx, []forum.Moderation{m})
	if err == nil {
		in.take(a, out[0])
	}
	return true, err
}

// drops takes it as a removal when a category elsewhere has a thread no more that went
// where nobody here can follow: NodeBB says so by a Remove of the thread from the
// category itself, in its name or that of somebody there. It reports whether that was so.
func (in *Inbox) drops(ctx context.Context, tx *storage.Tx, a *act, people map[string]forum.Person) (bool, error) {
	places, err := tx.CommunitiesByURI(ctx, []string{a.Target.ID})
	c, ok := places[a.Target.ID]
	if err != nil || !ok || c.Wall || c.Local {
		return false, err
	}
	by, said, ok, err := in.speaker(ctx, tx, a, people)
	if err != nil || !ok {
		return true, err
	}
	m := forum.Moderation{Verb: forum.VerbRemove, By: by, Reason: cut(a.Summary, forum.MaxReason), At: in.when(a), Origin: said}
	if m.Object, err = in.moving(ctx, tx, a.Object.ID); err != nil {
		return false, err
	}
	switch valid := ap.ValidID(m.Object, in.o.Dev) == nil; {
	case !valid:
		a.refuse("moderates nothing")
		return true, nil
	case m.Origin.Via == 0 && by.Host == c.Host:
		m.Origin.Via = c.ID
	}
	out, err := in.o.Forum.Moderate(ctx, tx, []forum.Moderation{m})
	if err == nil {
		in.take(a, out[0])
	}
	return true, err
}

// withheld takes it as a removal when the author of something refuses that a community of
// ours announces it, as GoToSocial lets people do. Who wanted to be asked first says so of
// what nobody has been told of. That others agree changes nothing, since nothing waits for
// it. It reports whether either was so.
func (in *Inbox) withheld(ctx context.Context, tx *storage.Tx, a *act, people map[string]forum.Person) (bool, error) {
	if post, err := tx.Asking(ctx, a.Object.ID); err != nil || post != "" {
		by, ok := in.by(a, people)
		if err != nil || !ok {
			return true, err
		}
		answer := forum.Consented{Post: post, Announce: a.Object.ID, By: by, Agrees: a.Type == "Accept"}
		if id := a.Result.ID; ap.ValidID(id, in.o.Dev) == nil && ap.SameOrigin(id, a.Actor) {
			answer.Approval = id
		}
		out, err := in.o.Forum.Consented(ctx, tx, answer)
		if err == nil {
			in.take(a, out)
		}
		return true, err
	}
	object, err := tx.Announced(ctx, a.Object.ID)
	if err != nil || object == "" {
		return false, err
	}
	if a.Type == "Accept" {
		a.done("lets it be announced")
		return true, nil
	}
	return true, in.withholds(ctx, tx, a, people, object)
}

// withholds has the author of something take back that a community of ours announces it.
func (in *Inbox) withholds(ctx context.Context, tx *storage.Tx, a *act, people map[string]forum.Person, object string) error {
	by, ok := in.by(a, people)
	if !ok {
		return nil
	}
	out, err := in.o.Forum.Moderate(ctx, tx, []forum.Moderation{{Verb: forum.VerbRemove, By: by, Object: object, Withheld: true, At: in.when(a), Origin: a.origin()}})
	if err == nil {
		in.take(a, out[0])
	}
	return err
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
		if doc.Object.ID == doc.Actor { // an account
			return forum.Moderation{}, false
		}
		return m, doc.HasSummary
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

// reports turns Flag, the Undo of one, and Resolve into the verbs.
func (in *Inbox) reports(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	for _, a := range acts {
		if a.settled || a.Type != "Flag" && a.Type != "Resolve" && (a.Type != "Undo" || a.Object.Type != "Flag") {
			continue
		}
		by, ok := in.reporter(a, people)
		if !ok {
			continue
		}
		if a.Type == "Resolve" {
			if err := in.resolves(ctx, tx, a, by); err != nil {
				return err
			}
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
		r := forum.Report{By: by, Reason: cut(reason, forum.MaxReason), Server: ap.Host(a.row.Actor), At: in.when(a), Origin: a.origin(), Withdraw: withdraw}
		if withdraw {
			r.Undoes = flag.ID
		}
		if err := in.flags(ctx, tx, a, r, flag.Object.All()); err != nil {
			return err
		}
	}
	return nil
}

// reporter is who reports something, or deals with a report. Of Mastodon and its kind that
// is the actor of a server, which nobody here knows as a person. Nobody is fetched for it.
func (in *Inbox) reporter(a *act, people map[string]forum.Person) (forum.Person, bool) {
	if p, ok := people[a.Actor]; ok || in.Ours(a.Actor) || ap.ValidID(a.Actor, in.o.Dev) != nil {
		_, ok = in.by(a, people)
		return p, ok
	}
	return forum.Person{URI: a.Actor, Host: ap.Host(a.Actor)}, true
}

// flags reports each of several objects: Mastodon names an account, and what it wrote if
// that is what it is about, so an account counts only where nothing else does.
func (in *Inbox) flags(ctx context.Context, tx *storage.Tx, a *act, r forum.Report, objects []ap.Ref) error {
	var things, actors []forum.Report
	for _, o := range objects[:min(len(objects), forum.MaxReported)] {
		if !in.Ours(o.ID) && ap.ValidID(o.ID, in.o.Dev) != nil {
			continue
		}
		r.Object = o.ID
		actor, err := tx.IsActor(ctx, o.ID)
		if err != nil {
			return err
		}
		if actor {
			actors = append(actors, r)
		} else {
			things = append(things, r)
		}
	}
	none := &forum.Refusal{Kind: forum.Invalid, Reason: "reports nothing that is here"}
	best := forum.Outcome{Refused: none}
	for _, reports := range [][]forum.Report{things, actors} {
		out, err := in.o.Forum.Report(ctx, tx, reports)
		if err != nil {
			return err
		}
		for _, o := range out {
			switch {
			case o.Refused == nil && (best.Refused != nil || o.Fresh):
				best = o
			case o.Refused != nil && o.Refused.Needs == "" && best.Refused == none:
				best = o // the first says it best: of what is named most precisely
			}
		}
		if best.Refused == nil {
			break
		}
	}
	in.take(a, best)
	return nil
}

// resolves takes that a report has been dealt with. Lemmy embeds the report, or names it.
func (in *Inbox) resolves(ctx context.Context, tx *storage.Tx, a *act, by forum.Person) error {
	flag, err := a.Object.Activity()
	var objects []string
	reporter, named := flag.Actor, a.Object.ID
	if err == nil && flag.Type == "Flag" {
		for _, o := range flag.Object.All() {
			objects = append(objects, o.ID)
		}
	} else if objects, reporter, err = tx.ReportNamed(ctx, a.Object.ID); err != nil {
		return err
	}
	out := forum.Outcome{Refused: &forum.Refusal{Kind: forum.Invalid, Reason: "no report that is open here"}}
	for _, id := range objects[:min(len(objects), forum.MaxReported)] {
		if reporter == "" {
			break
		}
		all, err := in.o.Forum.Resolve(ctx, tx, []forum.Resolve{{By: by, Object: id, Reporter: reporter, Report: named, Server: ap.Host(a.row.Actor), At: in.when(a), Origin: a.origin()}})
		if err != nil {
			return err
		}
		if r := all[0].Refused; r == nil || r.Needs == "" {
			out = all[0]
		}
	}
	in.take(a, out)
	return nil
}
