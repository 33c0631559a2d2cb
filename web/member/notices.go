package member

import (
	"cmp"
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

func communityName(n *private.Notice) string { return cmp.Or(n.Community.Title, n.Community.Handle()) }

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
		line.Text, line.Href = c.LetIn.With(communityName(n)), view.CommunityPath(n.Community)
	case private.Wrote:
		line.Text, line.Href = t.Message.Wrote.With(who), view.MessagesPath(n.Actor)+"#answer"
		if n.Asks {
			line.Text = t.Message.Asked.With(who)
		}
	case private.Reported:
		if n.Server != "" {
			who = n.Server
		}
		line.Text = c.Reported.With(who)
		reported(t, &line, n)
		if n.Report != 0 {
			line.Href = "/messages/reported/" + strconv.FormatInt(n.Report, 10)
		}
	case private.Resolved:
		line.Text = t.Report.Resolved
		reported(t, &line, n)
	case private.Banned, private.Unbanned:
		text := c.Banned
		if n.Kind == private.Unbanned {
			text = c.Unbanned
		}
		line.Text, line.Href = text.With(communityName(n)), view.CommunityPath(n.Community)
	case private.Closed:
		line.Text = c.Closed
	case private.Reopened:
		line.Text = c.Reopened
	case private.Removed:
		line.Text = c.Removed
	case private.Warned:
		line.Text = c.Warned
	case private.Moved:
		line.Text, line.Href = t.Move.Moved.With(who), view.PersonPath(n.Actor)
	case private.Restored:
		line.Text = c.Back
	}
	line.Rich = f.Pictured(line.Text, &n.Actor)
	return line
}

// reported leads to what a report is about.
func reported(t *words.Words, line *view.NoticeLine, n *private.Notice) {
	switch {
	case n.CommentID != 0:
		line.Href = view.CommentPath(n.CommentID)
	case n.PostID != 0:
		line.Href = view.PostPath(n.PostID)
	case n.About.ID != 0:
		line.Href, line.On = view.PersonPath(n.About), n.About.Handle()
	case n.Community.ID != 0:
		line.Href, line.On = view.CommunityPath(n.Community), n.Community.Handle()
	default:
		line.Href, line.On = "/about", t.Report.ThisServer
	}
}
