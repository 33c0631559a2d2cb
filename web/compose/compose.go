// Package compose is the door for what people of this node do: voting, saving, joining,
// writing, changing and deleting what they wrote.
//
// Each act is one verb of federation/forum, the same that a signed activity of another
// server reaches, in one transaction with what is private about it. Pages work without
// script; with it the same forms are sent in the background.
package compose

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
)

// Options are what the pages need.
type Options struct {
	Site  *web.Site
	DB    *storage.DB
	Forum *forum.Forum
	// Render makes what is stored of Markdown.
	Render func(source string) (forum.Text, error)
	// Keys makes a pair of keys for a community: PKCS#8 and SPKI, as PEM. It may take
	// a second.
	Keys func() (private, public string, err error)
}

// Desk serves the pages. It is safe for concurrent use.
type Desk struct {
	Options
	own private.Store
}

// New returns a Desk.
func New(o Options) *Desk { return &Desk{Options: o, own: private.Of(o.DB)} }

const (
	subject = `{on:(?:post|comment)-[1-9][0-9]{0,9}}`
	actor   = `{on:(?:person|community)-[1-9][0-9]{0,9}}`
	place   = `{place:[^/]{1,320}}`
)

// Register adds the pages to r.
func (d *Desk) Register(r *mux.Router) {
	get := func(path string, h web.Handler) {
		r.Handle(path, d.Site.Page(h)).Methods(http.MethodGet, http.MethodHead)
	}
	post := func(path string, h web.Handler) { r.Handle(path, d.Site.Act(h)).Methods(http.MethodPost) }
	post("/act", d.act)
	get("/submit", d.askSubmit)
	post("/submit", d.submit)
	get("/reply/"+subject, d.askReply)
	post("/reply/"+subject, d.reply)
	get("/edit/"+subject, d.askEdit)
	post("/edit/"+subject, d.edit)
	post("/draft", d.draft)
	get("/links", d.links)
	get("/complete", d.complete)
	get("/communities/new", d.askFound)
	post("/communities/new", d.found)
	get("/c/"+place+"/edit", d.askArrange)
	post("/c/"+place+"/edit", d.arrange)
	post("/c/"+place+"/edit/moderators", d.moderators)
	get("/moderate/"+subject, d.askModerate)
	post("/moderate/"+subject, d.moderate)
	get("/report/"+subject, d.askReport)
	post("/report/"+subject, d.report)
	get("/report/"+actor, d.askReportActor)
	post("/report/"+actor, d.reportActor)
	get("/vote/"+subject, d.askVote)
	post("/vote/"+subject, d.vote)
	get("/react/"+subject, d.askReact)
	post("/react/"+subject, d.react)
}

// say runs a verb on one act in a transaction. A refusal is an error.
func (d *Desk) say(ctx context.Context, verb func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error)) error {
	return d.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		all, err := verb(ctx, tx)
		if err == nil && all[0].Refused != nil {
			err = all[0].Refused
		}
		return err
	})
}

var (
	errNoAct    = forum.Refuse(forum.Invalid, "no-such-act", "There is nothing like that to do.")
	errNoObject = forum.Refuse(forum.NotFound, "no-such-thing", "There is nothing here with that name.")
)

var actPattern = regexp.MustCompile(`^([a-z]+) (post|comment|community|person|message)-([1-9][0-9]{0,9})$`)

var subjectPattern = regexp.MustCompile(`^(post|comment)-[1-9][0-9]{0,9}$`)

// named reads what an act is on.
func named(kind, number string) (forum.Subject, error) {
	id, err := strconv.ParseInt(number, 10, 32)
	if err != nil {
		return forum.Subject{}, errNoObject
	}
	if kind == "comment" {
		return forum.Subject{Kind: forum.OnComment, ID: id}, nil
	}
	return forum.Subject{Kind: forum.OnPost, ID: id}, nil
}

// on is the subject in an address.
func on(r *http.Request) (forum.Subject, error) {
	kind, number, _ := strings.Cut(mux.Vars(r)["on"], "-")
	return named(kind, number)
}

// act does one of the small things that take a button: votes, saving, hiding, joining,
// deleting and taking back. It answers with the page that the button was on, at the
// place of what the act was on; to script, with what the button is to show.
func (d *Desk) act(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	m := actPattern.FindStringSubmatch(r.PostForm.Get("do"))
	if m == nil {
		return errNoAct
	}
	switch m[2] {
	case "person":
		err = d.toward(r.Context(), v, m[1], m[3])
	case "community":
		err = d.membership(r.Context(), v, m[1], m[3])
	case "message":
		err = d.unsend(r.Context(), v, m[1], m[3])
	default:
		var on forum.Subject
		if on, err = named(m[2], m[3]); err == nil {
			err = d.deed(r.Context(), v, m[1], on)
		}
	}
	if err != nil {
		return err
	}
	if forScript(r) {
		return d.answer(w, r, v, m)
	}
	back := web.Here(r.PostForm.Get("back"))
	if m[1] == "refuse" {
		back = "/messages?show=requests"
	}
	if m[1] == "hide" || m[1] == "unhide" || m[2] == "community" || m[2] == "person" {
		return web.SeeOther(w, back)
	}
	return web.SeeOther(w, back+"#"+m[2]+"-"+m[3])
}

// deed does something to a post or comment.
func (d *Desk) deed(ctx context.Context, v *web.Viewer, verb string, on forum.Subject) error {
	o, err := d.own.Object(ctx, on)
	if err != nil {
		return err
	}
	now := d.Site.Now()
	switch verb {
	case "up", "down", "unvote":
		dir := map[string]int{"up": 1, "down": -1}[verb]
		err = d.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			return d.Forum.Vote(ctx, tx, []forum.Vote{{Voter: v.Person, Object: o.URI, Dir: dir}})
		})
	case "save", "unsave":
		err = d.own.Save(ctx, v.Person.ID, on, verb == "save", now)
	case "hide", "unhide":
		if on.Kind != forum.OnPost {
			return errNoAct
		}
		err = d.own.Hide(ctx, v.Person.ID, on.ID, verb == "hide", now)
	case "watch", "unwatch", "mute", "unmute":
		if on.Kind != forum.OnPost {
			return errNoAct
		}
		if strings.HasSuffix(verb, "watch") {
			err = d.own.Watch(ctx, v.Person.ID, on.ID, verb == "watch", now)
		} else {
			err = d.own.Mute(ctx, v.Person.ID, on.ID, verb == "mute", now)
		}
	case "delete", "restore":
		err = d.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			return d.Forum.Delete(ctx, tx, []forum.Delete{{Object: o.URI, By: v.Person, Undo: verb == "restore"}})
		})
	default:
		err = errNoAct
	}
	return err
}

// membership joins or leaves a community. What happened before in one of another
// server is read from there afterwards, in the background.
func (d *Desk) membership(ctx context.Context, v *web.Viewer, verb, number string) error {
	id, err := strconv.ParseInt(number, 10, 32)
	if err != nil {
		return errNoObject
	}
	uri, err := d.own.CommunityURI(ctx, id)
	if err != nil {
		return err
	}
	switch verb {
	case "block", "unblock":
		return d.own.Shun(ctx, v.Person.ID, private.ShunCommunity, id, "", verb == "block", d.Site.Now())
	case "join", "leave":
	default:
		return errNoAct
	}
	return d.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		out, err := d.Forum.Follow(ctx, tx, []forum.Follow{{Person: v.Person, Community: uri, Undo: verb == "leave"}})
		if err == nil && verb == "join" && out[0].Refused == nil {
			_, err = tx.BeginBackfill(ctx, id)
		}
		return out, err
	})
}

// toward has somebody follow a person of another server, or read no more of a person
// or of the person's server.
func (d *Desk) toward(ctx context.Context, v *web.Viewer, verb, number string) error {
	id, err := strconv.ParseInt(number, 10, 32)
	if err != nil {
		return errNoObject
	}
	whom, err := d.own.PersonByID(ctx, id)
	if err != nil {
		return err
	}
	verb, not := strings.TrimPrefix(verb, "un"), strings.HasPrefix(verb, "un")
	switch {
	case verb == "accept" && !not:
		_, err := d.own.Accept(ctx, v.Person.ID, id)
		return err
	case verb == "refuse" && !not:
		return d.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
			_, err := private.In(tx).Refuse(ctx, v.Person.ID, id)
			return err
		})
	case verb == "follow" && whom.ID != v.Person.ID:
		return d.follow(ctx, v, whom, not)
	case verb == "block" && whom.ID != v.Person.ID:
		return d.shun(ctx, v, private.ShunPerson, whom, !not)
	case verb == "blockserver" && !whom.Local:
		return d.shun(ctx, v, private.ShunHost, forum.Person{Host: whom.Host}, !not)
	}
	return errNoAct
}

// shun has somebody read no more of a person or, with no id, of the person's server, or
// undoes that. Nor are they followed or quoted from there any more.
func (d *Desk) shun(ctx context.Context, v *web.Viewer, kind private.ShunKind, whom forum.Person, yes bool) error {
	host := ""
	if kind == private.ShunHost {
		host = whom.Host
	}
	for more := true; more; {
		err := d.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
			more = false
			err := private.In(tx).Shun(ctx, v.Person.ID, kind, whom.ID, host, yes, d.Site.Now())
			if err != nil || !yes {
				return err
			}
			if err = d.Forum.Unquote(ctx, tx, v.Person, whom); err == nil {
				more, err = d.Forum.TurnAway(ctx, tx, v.Person, whom.ID, host)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unsend takes back a message. Those of others are no more there than those that never
// were.
func (d *Desk) unsend(ctx context.Context, v *web.Viewer, verb, number string) error {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || verb != "unsend" {
		return errNoAct
	}
	one, err := d.own.Message(ctx, v.Person.ID, id)
	if err != nil {
		return err
	}
	return d.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		out, err := d.Forum.Unsend(ctx, tx, private.In(tx), one.URI, v.Person)
		if err == nil && out.Refused != nil {
			err = out.Refused
		}
		return err
	})
}

// follow follows a person, and has the past of one of another server read.
func (d *Desk) follow(ctx context.Context, v *web.Viewer, whom forum.Person, undo bool) error {
	return d.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		if !undo {
			if err := tx.OpenWall(ctx, whom); err != nil {
				return nil, err
			}
		}
		out, err := d.Forum.Follow(ctx, tx, []forum.Follow{{Person: v.Person, Community: whom.URI, Undo: undo}})
		if err == nil && !undo && out[0].Refused == nil {
			_, err = tx.BeginBackfill(ctx, out[0].ID)
		}
		return out, err
	})
}

// state is what the buttons of a post or comment are to show.
type state struct {
	Up     string `json:"up"`   // values of the buttons, pressed again
	Down   string `json:"down"` //
	Save   string `json:"save"`
	Dir    int    `json:"dir"`
	Saved  bool   `json:"saved"`
	Label  string `json:"label"`  // of the button to save
	Points string `json:"points"` // empty while only the author has voted
}

func (d *Desk) answer(w http.ResponseWriter, r *http.Request, v *web.Viewer, m []string) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if m[2] == "community" || m[2] == "person" || m[2] == "message" {
		return json.NewEncoder(w).Encode(struct{}{})
	}
	on, err := named(m[2], m[3])
	if err != nil {
		return err
	}
	o, err := d.own.Object(r.Context(), on)
	if err != nil {
		return err
	}
	marks, err := d.own.Marks(r.Context(), v.Person.ID, []int64{on.ID}, []int64{on.ID})
	if err != nil {
		return err
	}
	t := d.Site.Words(r)
	a := view.Acts{T: t, On: m[2] + "-" + m[3], Up: marks.Votes[on] > 0, Down: marks.Votes[on] < 0, Saved: marks.Saved[on]}
	s := state{Up: a.UpAct(), Down: a.DownAct(), Save: a.SaveAct(), Dir: marks.Votes[on], Saved: a.Saved, Label: a.SaveLabel()}
	if o.Up+o.Down > 1 {
		s.Points = t.Points.Of(o.Up - o.Down)
	}
	return json.NewEncoder(w).Encode(s)
}

// forScript reports whether script has sent a form, which then changes the page itself.
func forScript(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// refused tells a refusal from an error.
func refused(err error) *forum.Refusal {
	r, _ := errors.AsType[*forum.Refusal](err)
	return r
}
