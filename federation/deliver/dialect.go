package deliver

import (
	"slices"
	"strconv"
	"strings"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
)

// What servers understand of a community.
const (
	// both: its software is not known, or takes either.
	both = storage.BothDialects
	// forums take an Announce of the whole activity (FEP-1b12).
	forums = storage.ForumDialect
	// microblogs take an Announce of a post's id, and what its author says of it
	// later; of anything else they would fetch the activity only to drop it.
	microblogs = storage.MicroblogDialect
)

// bundles is how a server is told of several votes that wait for it.
type bundles int

const (
	// single: each in an Announce of its own, as everybody takes it.
	single bundles = iota
	// listed: one Announce of all of them, in the order in which they were cast
	// (PieFed, FEP-1a11).
	listed
	// repeated: one Announce of their Announces. Each keeps its id, so that whoever
	// gets it alone too knows it again, and the time from which it counts, which votes of
	// older software do not carry: of two by one person the later must win, in
	// whatever Announces they came.
	repeated
)

// dialect is what a server that runs some software is told, and in which form:
// everything in which peers differ stands here. What is not here is the same for
// all, since a form was found that all of them read.
type dialect struct {
	// form is that of posts and of what becomes of them. Comments, votes and what
	// moderators do are for forums alone.
	form storage.Dialect
	// votes go out together where that is read; others would take the whole for
	// unreadable.
	votes bundles
	// questions: polls are told as Questions, and how they stand. Others refuse a
	// Question with all that is said about it, or show it without its title, and get
	// a Page with the choices as a list.
	questions bool
	// reactions: an EmojiReact is told as it came. Others get it as a Like: Misskey and
	// what is made of it read the emoji there, and who knows none would count one vote
	// less than here.
	reactions bool
	// chats: messages are told as ChatMessage.
	chats bool
	// unread are activities that it answers with an error, or that are nothing to it.
	unread []unread
}

// unread is a type of activity, or one with what it is about.
type unread string

const (
	commentLock unread = "Lock of a comment"
	resolve     unread = "Resolve"
	warn        unread = "Warn"
	lock        unread = "Lock"
)

// The rows that many share.
var (
	// microblog: all know a Question. GoToSocial answers what it does not know with
	// 500, and would be tried again and again.
	microblog = dialect{form: microblogs, questions: true, unread: []unread{lock, resolve, warn}}
	// reacting is a microblog that reads an EmojiReact.
	reacting = dialect{form: microblogs, questions: true, reactions: true, unread: []unread{lock, resolve, warn}}
	// board is a forum that is not known to read more than FEP-1b12.
	board = dialect{form: forums}
	// asked is a forum that reads a Question.
	asked = dialect{form: forums, questions: true}
	// pieFed has ChatMessage from Lemmy.
	pieFed = dialect{form: forums, votes: listed, questions: true, reactions: true, chats: true}
	// mbin takes a Question for a microblog post, without its title, and messages as
	// ChatMessage alone.
	mbin = dialect{form: forums, chats: true}
)

// dialects sorts nodeinfo's software.name.
var dialects = map[string]dialect{
	// Lemmy refuses a Question, and with it whatever is said about it. 1.0 takes
	// messages in either form, and tries a Note as a comment and a post first.
	"lemmy": {form: forums, chats: true},

	"stoa":   {form: forums, votes: repeated, questions: true, reactions: true},
	"piefed": pieFed, "pyfedi": pieFed,
	"mbin": mbin, "kbin": mbin,
	"nodebb": asked, "friendica": asked, "hubzilla": asked, "streams": asked, "forte": asked, "zap": asked,
	"discourse": board, "lotide": board, "littr": board, "brutalinks": board, "azorius": board, "mobilizon": board,

	"mastodon": microblog, "hometown": microblog, "glitchcafe": microblog, "fedibird": reacting, "kmyblue": reacting,
	"gotosocial": microblog, "pleroma": reacting, "akkoma": reacting, "mitra": reacting, "snac": microblog,
	"snac2": microblog, "takahe": microblog, "pixelfed": microblog, "bookwyrm": microblog, "peertube": microblog,
	"misskey": microblog, "sharkey": microblog, "firefish": microblog, "calckey": microblog, "foundkey": microblog,
	"iceshrimp": microblog, "iceshrimp.net": microblog, "iceshrimp-js": microblog, "cherrypick": microblog,
	"catodon": microblog, "magnetar": microblog, "meisskey": microblog, "dolphin": microblog,
	"hollo": reacting, "hackerspub": microblog, "ghost": microblog, "microdotblog": microblog, "wafrn": microblog,
	"honk": microblog, "ktistec": microblog, "epicyon": microblog, "smithereen": microblog, "socialhome": microblog,
	"threads": microblog, "loops": microblog, "guppe": microblog, "writefreely": microblog, "owncast": microblog,
	"funkwhale": microblog, "flipboard": microblog,

	"wordpress": {form: both},
}

// earlier is what versions below the one named are told instead.
var earlier = map[string]struct {
	before int // major version
	dialect
}{
	"lemmy": {1, dialect{form: forums, chats: true, unread: []unread{commentLock, resolve, warn}}},
}

// dialectOf is what software of a version is told; what is not known gets both forms.
// A version that is no number counts as an early one.
func dialectOf(name, version string) dialect {
	if old, ok := earlier[name]; ok && major(version) < old.before {
		return old.dialect
	}
	return dialects[name]
}

func major(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return n
}

// documents is what a unit says to a server that is told all this, in the form in
// which it is to be told of this unit; it may be nothing.
func (d *dialect) documents(u *storage.Unit, form storage.Dialect) []*forum.Document {
	all := d.inForm(u, form)
	if u.Verb == forum.VerbTally && !d.questions {
		return nil // to them nothing has changed
	}
	all = slices.DeleteFunc(all, func(doc *forum.Document) bool { return d.ignores(u, doc) })
	for i, doc := range all {
		if doc == u.Micro {
			continue
		}
		body := doc.Body
		if !d.questions {
			body = outbox.Plain(body)
		}
		if !d.reactions && u.Verb == forum.VerbVote {
			body = outbox.Liked(body)
		}
		if len(body) != len(doc.Body) || len(body) > 0 && &body[0] != &doc.Body[0] {
			all[i] = &forum.Document{ID: doc.ID, Body: body, Signer: doc.Signer, Public: doc.Public}
		}
	}
	return all
}

func (d *dialect) inForm(u *storage.Unit, form storage.Dialect) []*forum.Document {
	switch {
	case u.Form == storage.FormAct, u.Form == storage.FormMessage && !d.chats:
		return present(u.Direct)
	case u.Form == storage.FormMessage:
		return present(u.Chat)
	}
	switch form {
	case forums:
		return present(u.Forum)
	case microblogs:
		return present(u.Micro)
	}
	return present(u.Forum, u.Micro)
}

// ignores reports whether a document is among what is not read. What everybody
// reads is not looked into.
func (d *dialect) ignores(u *storage.Unit, doc *forum.Document) bool {
	if len(d.unread) == 0 {
		return false
	}
	switch u.Verb {
	case forum.VerbVote, forum.VerbSubmit, forum.VerbReply, forum.VerbEdit, forum.VerbDelete, forum.VerbUndelete, forum.VerbTally,
		forum.VerbAccept, forum.VerbFollow, forum.VerbUnfollow, forum.VerbChoose, forum.VerbProfile:
		return false
	}
	env, err := ap.ReadEnvelope(doc.Body)
	if err != nil {
		return false
	}
	kind := env.Type
	for object := env.Object; kind == "Announce" || kind == "Undo"; {
		inner, err := object.Activity()
		if err != nil {
			return false
		}
		kind, object = inner.Type, inner.Object
	}
	if slices.Contains(d.unread, unread(kind)) {
		return true
	}
	return kind == string(lock) && u.Parent != "" && slices.Contains(d.unread, commentLock)
}

func present(documents ...*forum.Document) []*forum.Document {
	out := documents[:0]
	for _, doc := range documents {
		if doc != nil {
			out = append(out, doc)
		}
	}
	return out
}
