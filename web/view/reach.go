package view

import (
	"strings"

	"stoa/federation/forum"
)

// ReachWords is the part of the catalogue about what is asked of other servers.
type ReachWords struct {
	Looking                      Phrase // at the server %s
	Nothing, Gone, Away, Foreign string
	Homeless, Blocked, Busy      string
	Reading, Fresh               Phrase // what was said before, from %s
	PostsSoFar, CommentsSoFar    Plural
	PostsOf                      Phrase // so far, of %s
	ThreadsLeft                  Plural
	NoOutbox, FirstPosts         Phrase // %s is the server
	NoComments, Budget, Broken   Phrase
	Peek                         string
	Failed                       Plural
	Missing                      Plural // comments that are not here
	MissingAt                    Phrase // before the name of the server
	Fetching                     string
	Lost, Unverified             Plural
	Restricted                   string
}

// LookingText says that something is being looked for; empty when it is not.
func (p SearchPage) LookingText() string {
	if !p.Looked.Pending {
		return ""
	}
	return p.T.Reach.Looking.With(hostIn(p.Unknown))
}

// hostIn is the server in a handle or address.
func hostIn(text string) string {
	if strings.Contains(text, "/") {
		return hostOf(text)
	}
	_, host, _ := strings.Cut(strings.TrimLeft(text, "@!"), "@")
	return host
}

// WhyNot says why what was looked for is not shown.
func (p SearchPage) WhyNot() string {
	t := &p.T.Reach
	switch p.Looked.Reason {
	case forum.LookupNothing:
		return t.Nothing
	case forum.LookupGone:
		return t.Gone
	case forum.LookupAway:
		return t.Away
	case forum.LookupForeign:
		return t.Foreign
	case forum.LookupHomeless:
		return t.Homeless
	case forum.LookupBlocked:
		return t.Blocked
	}
	if p.LookBusy {
		return t.Busy
	}
	return p.UnknownText()
}

// Past is how far the past of a community elsewhere has been read.
type Past struct {
	Heading    string // empty when it is not being read
	Done, Most int    // posts, for a bar; Most is 0 when nobody knows
	Counts     []string
	Notes      []string // what cannot be had
}

// Past says how far this community's past has been read; nil where there is nothing
// to say.
func (p CommunityPage) Past() *Past {
	t, b := &p.T.Reach, &p.Backfill
	out := &Past{}
	host := p.Community.Host
	switch b.State {
	case forum.BackfillNone:
		return nil
	case forum.BackfillUnder:
		out.Heading = t.Reading.With(host)
		if !b.EndedAt.IsZero() {
			out.Heading = t.Fresh.With(host)
		}
		posts := t.PostsSoFar.Of(b.Posts)
		if b.Said > b.Posts {
			posts = t.PostsOf.With(posts) + p.T.Number(b.Said)
			out.Done, out.Most = b.Posts, b.Said
		}
		out.Counts = []string{posts, t.CommentsSoFar.Of(b.Comments)}
		if b.Left > 0 {
			out.Counts = append(out.Counts, t.ThreadsLeft.Of(b.Left))
		}
	case forum.BackfillBroken:
		out.Notes = append(out.Notes, t.Broken.With(host))
	case forum.BackfillDone:
	}
	for _, note := range b.Notes {
		switch note {
		case forum.BackfillNoOutbox:
			out.Notes = append(out.Notes, t.NoOutbox.With(host))
		case forum.BackfillFirstPosts:
			out.Notes = append(out.Notes, t.FirstPosts.With(host))
		case forum.BackfillNoComments:
			out.Notes = append(out.Notes, t.NoComments.With(host))
		case forum.BackfillBudget:
			out.Notes = append(out.Notes, t.Budget.With(host))
		case forum.BackfillPeek:
			out.Notes = append(out.Notes, t.Peek)
		}
	}
	if b.Failed > 0 {
		out.Notes = append(out.Notes, t.Failed.Of(b.Failed))
	}
	if out.Heading == "" && len(out.Notes) == 0 {
		return nil
	}
	return out
}

// Gaps says what is missing of a thread that lives elsewhere.
func (p ThreadPage) Gaps() []string {
	t, s := &p.T.Reach, &p.State
	host := p.Thread.Post.Community.Host
	var out []string
	if s.Missing > 0 {
		text := t.MissingAt.With(t.Missing.Of(s.Missing)) + host
		if s.Fetching {
			text += t.Fetching
		} else {
			text += "."
		}
		out = append(out, text)
	}
	if s.Unhad > 0 {
		out = append(out, t.Lost.Of(s.Unhad))
	}
	if s.Unverified > 0 {
		out = append(out, t.Unverified.Of(s.Unverified))
	}
	return out
}

func englishReach(n func(one, other string) Plural) ReachWords {
	return ReachWords{
		Looking: "Looking at %s …", Nothing: "Its server knows nothing of that name or address.", Gone: "It was there, and is no longer.",
		Away: "Its server does not answer just now.", Foreign: "What is there is nothing that a forum can show.",
		Homeless: "It is in no community that has told this server of it.", Blocked: "This server does not speak with that one.",
		Busy:    "Too much is looked for just now. Please try again in a minute.",
		Reading: "What was said here before is being fetched from %s.", Fresh: "What is new is being fetched from %s.",
		PostsSoFar: n("%d post", "%d posts"), CommentsSoFar: n("%d comment", "%d comments"), PostsOf: "%s of ", ThreadsLeft: n("%d thread to go", "%d threads to go"),
		NoOutbox: "%s does not list older posts, so only what was posted since somebody here follows is shown.", FirstPosts: "%s lists only its newest posts.",
		NoComments: "%s does not say what answers older posts.", Budget: "There is more at %s than is fetched at a time.", Broken: "%s stopped answering before all was here. It will be tried again.",
		Peek: "Nobody here follows this community yet, so only its newest posts are here.", Failed: n("%d thing could not be had from its server.", "%d things could not be had from their servers."),
		Missing: n("%d more comment", "%d more comments"), MissingAt: "%s at ", Fetching: ", fetching …", Lost: n("%d comment could not be had from its server.", "%d comments could not be had from their servers."),
		Unverified: n("%d comment could not be verified with its server.", "%d comments could not be verified with their servers."),
		Restricted: "Only its owners post here.",
	}
}

func germanReach(n func(one, other string) Plural) ReachWords {
	return ReachWords{
		Looking: "Suche auf %s …", Nothing: "Der Server kennt nichts unter diesem Namen oder dieser Adresse.", Gone: "Es war dort, und ist nicht mehr da.",
		Away: "Der Server antwortet gerade nicht.", Foreign: "Was dort steht, kann ein Forum nicht zeigen.",
		Homeless: "Es steht in keiner Community, die diesem Server davon erzählt hat.", Blocked: "Dieser Server spricht nicht mit jenem.",
		Busy:    "Gerade wird zu viel gesucht. Bitte in einer Minute noch einmal versuchen.",
		Reading: "Was hier früher gesagt wurde, wird von %s geholt.", Fresh: "Neues wird von %s geholt.",
		PostsSoFar: n("%d Beitrag", "%d Beiträge"), CommentsSoFar: n("%d Kommentar", "%d Kommentare"), PostsOf: "%s von ", ThreadsLeft: n("noch %d Diskussion", "noch %d Diskussionen"),
		NoOutbox: "%s nennt keine älteren Beiträge; zu sehen ist, was geschrieben wurde, seit jemand von hier folgt.", FirstPosts: "%s nennt nur die neuesten Beiträge.",
		NoComments: "%s sagt nicht, was auf ältere Beiträge geantwortet wurde.", Budget: "Auf %s ist mehr, als auf einmal geholt wird.", Broken: "%s antwortete nicht mehr, bevor alles hier war. Es wird wieder versucht.",
		Peek: "Dieser Community folgt hier noch niemand, daher sind nur ihre neuesten Beiträge hier.", Failed: n("%d Teil war von seinem Server nicht zu bekommen.", "%d Teile waren von ihren Servern nicht zu bekommen."),
		Missing: n("%d weiterer Kommentar", "%d weitere Kommentare"), MissingAt: "%s auf ", Fetching: ", wird geholt …", Lost: n("%d Kommentar war von seinem Server nicht zu bekommen.", "%d Kommentare waren von ihren Servern nicht zu bekommen."),
		Unverified: n("%d Kommentar ließ sich bei seinem Server nicht bestätigen.", "%d Kommentare ließen sich bei ihren Servern nicht bestätigen."),
		Restricted: "Hier schreiben nur die, denen es gehört.",
	}
}
