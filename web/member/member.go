// Package member is the door for people who live on this node: signing in and out,
// joining, and what they set for themselves.
//
// It changes what is private, in storage/private, and calls the verbs of
// federation/forum for what the world sees. Where mail has to be sent, the page only
// leaves a letter in the transaction; nobody waits for a mail server.
package member

import (
	"context"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/media"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

// Options are what the pages of members need.
type Options struct {
	Site  *web.Site
	DB    *storage.DB
	Forum *forum.Forum
	// Render makes what is stored of Markdown.
	Render func(source string) (forum.Text, error)
	// Keys makes a pair of keys for somebody new: PKCS#8 and SPKI, as PEM. It may take
	// a second.
	Keys func() (private, public string, err error)
	// Mails says that letters are sent, and not only written to the log.
	Mails bool
	// MinimumAge is how old people have to be who join, in years; 0 asks nobody.
	MinimumAge int
}

// Members serves the pages. It is safe for concurrent use.
type Members struct {
	Options
	own private.Store

	tries limit // wrong passwords and codes, by account
	doors limit // the same, by network
	asks  limit // letters that were asked for, by network; without one there is no account
}

// New returns Members.
func New(o Options) *Members {
	return &Members{
		Options: o, own: private.Of(o.DB),
		tries: limit{most: 10, within: 10 * time.Minute}, doors: limit{most: 50, within: 10 * time.Minute},
		asks: limit{most: 10, within: time.Hour},
	}
}

// Own answers about whoever is signed in, for web.Options.
func Own(db *storage.DB, now func() time.Time) *web.Own {
	own := private.Of(db)
	return &web.Own{
		Who: func(ctx context.Context, token string) (*web.Viewer, error) {
			kept := account.Digest(token)
			u, notices, messages, ok, err := own.Session(ctx, kept, now())
			if err != nil || !ok {
				return nil, err
			}
			return &web.Viewer{Account: u, Session: kept, Notices: notices, Messages: messages}, nil
		},
		Marks: own.Marks, Draft: own.Draft, Read: own.Read, Following: own.Following, Collections: own.Collections, Follows: own.Follows, Joins: own.Joins, Wants: own.Wants, Standing: own.Standing, Shuns: own.Shuns, FollowingWall: own.FollowingWall,
	}
}

// Pictures keeps what people of the node send, for web.Options: files of at most
// budget bytes in all.
func Pictures(db *storage.DB, files *media.Uploads, budget int64, now func() time.Time) *web.Pictures {
	return &web.Pictures{
		Files: files,
		Add: func(ctx context.Context, person int64, u media.Upload) (full account.Room, err error) {
			err = db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
				full, err = private.In(tx).AddUpload(ctx, person, account.Upload(u), budget, now())
				return err
			})
			return full, err
		},
	}
}

// Register adds the pages to r.
func (m *Members) Register(r *mux.Router) {
	get := func(path string, h web.Handler) {
		r.Handle(path, m.Site.Page(h)).Methods(http.MethodGet, http.MethodHead)
	}
	post := func(path string, h web.Handler) { r.Handle(path, m.Site.Act(h)).Methods(http.MethodPost) }
	get("/sign-in", m.askLogin)
	post("/sign-in", m.login)
	post("/sign-in/code", m.code)
	post("/sign-out", m.logout)
	get("/join", m.askJoin)
	post("/join", m.join)
	get("/reset", m.askReset)
	post("/reset", m.reset)
	get("/link/{token:[A-Za-z0-9_-]{43}}", m.askLink)
	post("/link/{token:[A-Za-z0-9_-]{43}}", m.link)
	get("/notices", m.notices)
	get("/messages", m.messages)
	get("/message/person-{id:[1-9][0-9]{0,9}}", m.toMessages)
	get("/messages/{handle:[^/]{1,320}}", m.askConversation)
	post("/messages/{handle:[^/]{1,320}}", m.sendMessage)
	get("/messages/report/{id:[1-9][0-9]{0,17}}", m.askReportMessage)
	post("/messages/report/{id:[1-9][0-9]{0,17}}", m.reportMessage)
	get("/messages/reported/{id:[1-9][0-9]{0,17}}", m.reportedMessage)
	get("/settings", m.askReading)
	post("/settings", m.reading)
	get("/settings/profile", m.askProfile)
	post("/settings/profile", m.profile)
	get("/settings/blocks", m.blocks)
	get("/settings/account", m.askAccess)
	post("/settings/blocks", m.unblock)
	get("/settings/export", m.export)
	get(movePath, m.askMove)
	post(movePath+"/claim", m.claim)
	post(movePath+"/to", m.moveAway)
	post(movePath+"/return", m.moveBack)
	get("/settings/leave", m.askLeave)
	post("/settings/leave", m.leave)
	get("/farewell/{id:[0-9a-f-]{36}}", m.farewell)
	get("/saved", m.saved)
	get("/drafts", m.drafts)
	post("/drafts", m.dropDraft)
	post("/communities/join", m.joinPicked)
	get("/communities/servers", m.askServers)
	post("/communities/servers", m.servers)
	get("/collections", m.collections)
	post("/collections", m.collect)
	get(collectionPath, m.collection)
	post(collectionPath, m.arrangeCollection)
	get(collectionPath+"/edit", m.askCollection)
	post("/settings/password", m.password)
	post("/settings/email", m.email)
	post("/settings/factor", m.factor)
	post("/settings/factor/code", m.confirmFactor)
	get("/settings/sessions", m.sessions)
	post("/settings/sessions", m.endSession)
}

// page begins a page with one heading.
func (m *Members) page(r *http.Request, heading string) view.FormPage {
	p := view.FormPage{Frame: m.Site.Frame(r, heading), Heading: heading}
	p.NoIndex, p.Address = true, ""
	return p
}

// send answers with a page that nobody may keep.
func (m *Members) send(w http.ResponseWriter, r *http.Request, status int, p view.FormPage) error {
	for i := range p.After {
		p.After[i].T = p.T
	}
	for i := range p.Forms {
		p.Forms[i].T = p.T
	}
	return m.Site.Once(w, r, status, p)
}

// fault is what the page says of a refusal; empty for none.
func fault(t *words.Words, r *forum.Refusal) string {
	if r == nil {
		return ""
	}
	return t.Refusal(r.Reason, r.Text)
}

// network is where a request came from, as limits see it.
func (m *Members) network(r *http.Request) string {
	if m.Site.Source == nil {
		return ""
	}
	return m.Site.Source(r.RemoteAddr, r.Header.Values("X-Forwarded-For"))
}

func (m *Members) now() time.Time { return m.Site.Now() }
