package member

import (
	"net/http"
	"strconv"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage/private"
	"stoa/web/view"
	"stoa/web/words"
)

// noticesOnPage is how many things a page tells.
const noticesOnPage = 30

// notices shows what somebody was told, and notes that they have seen it.
func (m *Members) notices(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	var before int64
	if q := r.URL.Query().Get("before"); q != "" {
		if before, err = strconv.ParseInt(q, 10, 64); err != nil || before < 1 {
			return forum.Refuse(forum.Invalid, "bad-cursor", "That is no place in this list.")
		}
	}
	list, err := m.own.Notices(r.Context(), v.Person.ID, before, noticesOnPage+1)
	if err != nil {
		return err
	}
	more := len(list) > noticesOnPage
	list = list[:min(len(list), noticesOnPage)]
	if before == 0 && len(list) > 0 && v.Notices > 0 && r.Method == http.MethodGet {
		if err := m.own.See(r.Context(), v.Person.ID, list[0].ID); err != nil {
			return err
		}
		v.Notices = 0
	}
	t := m.Site.Words(r)
	p := view.NoticesPage{Frame: m.Site.Frame(r, t.Notice.Heading)}
	p.NoIndex = true
	for i := range list {
		p.Notices = append(p.Notices, told(t, &p.Frame, &list[i]))
	}
	if more {
		p.Older = "/notices?before=" + strconv.FormatInt(list[len(list)-1].ID, 10)
	}
	return m.Site.Once(w, r, http.StatusOK, p)
}

// told words a notice.
func told(t *words.Words, f *view.Frame, n *private.Notice) view.NoticeLine {
	c := &t.Notice
	who := n.Actor.Title
	if who == "" {
		who = n.Actor.Handle()
	}
	line := view.NoticeLine{At: f.Moment(n.At), New: !n.Seen, Reason: n.Reason, Href: view.PostPath(n.PostID)}
	if n.CommentID != 0 {
		line.Href += "#comment-" + strconv.FormatInt(n.CommentID, 10)
	}
	if n.PostTitle != "" {
		line.On = c.On.With(n.PostTitle)
	}
	if n.State == forum.Live && n.Kind != private.LetIn {
		line.Brief = markup.Plain(n.HTML, 240)
	}
	switch n.Kind {
	case private.Answered:
		line.Text = c.Answered.With(who)
	case private.Named:
		line.Text = c.Named.With(who)
	case private.Said:
		line.Text = c.Said.With(who)
	case private.LetIn:
		name := n.Community.Title
		if name == "" {
			name = n.Community.Handle()
		}
		line.Text, line.Href = c.LetIn.With(name), view.CommunityPath(n.Community)
	case private.Wrote:
		line.Text, line.Href = t.Message.Wrote.With(who), view.MessagesPath(n.Actor)+"#answer"
		if n.Asks {
			line.Text = t.Message.Asked.With(who)
		}
	case private.Reported:
		line.Text, line.Href = c.Reported.With(who), view.PostPath(n.PostID)
		if n.CommentID != 0 {
			line.Href = view.CommentPath(n.CommentID)
		}
		if n.Report != 0 {
			line.Href = "/messages/reported/" + strconv.FormatInt(n.Report, 10)
		}
	case private.Removed:
		line.Text = c.Removed
	case private.Moved:
		line.Text, line.Href = t.Move.Moved.With(who), view.PersonPath(n.Actor)
	case private.Restored:
		line.Text = c.Back
	}
	return line
}
