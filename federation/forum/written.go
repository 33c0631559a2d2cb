package forum

import (
	"context"
	"slices"
	"time"
)

// Words are what an edit may change of a post or comment. Title, Link, Shape,
// Occasion and Poll are a post's alone, Distinguished a comment's.
type Words struct {
	Title                  string
	TitleGiven, TitleWhole bool
	Link                   string
	Text                   Text
	Language               string
	Sensitive              bool
	Warning                string
	URL                    string

	Shape         Shape
	Attachments   []Attachment
	Occasion      *Occasion
	Poll          *Poll
	Distinguished bool
	Tags          Tags
}

// Same reports whether two say the same. How a poll stands is not said by its
// author: the votes in it change by themselves.
func (w Words) Same(o Words) bool {
	return w.Title == o.Title && w.TitleGiven == o.TitleGiven && w.TitleWhole == o.TitleWhole && w.Link == o.Link && w.Text == o.Text &&
		w.Language == o.Language && w.Sensitive == o.Sensitive && w.Warning == o.Warning && w.URL == o.URL && w.Shape == o.Shape &&
		slices.Equal(w.Attachments, o.Attachments) && w.Occasion.same(o.Occasion) && w.Poll.asksSame(o.Poll) && w.Distinguished == o.Distinguished && w.Tags == o.Tags
}

// Counted reports whether only the votes in a poll are others than in o.
func (w Words) Counted(o Words) bool { return w.Same(o) && !w.Poll.stands(o.Poll) }

// Words returns what can be edited of a post.
func (p Post) Words() Words {
	return Words{
		Title: p.Title, TitleGiven: p.TitleGiven, TitleWhole: p.TitleWhole, Link: p.Link, Text: p.Text, Language: p.Language,
		Sensitive: p.Sensitive, Warning: p.Warning, URL: p.URL,
		Shape: p.Shape, Attachments: p.Attachments, Occasion: p.Occasion, Poll: p.Poll, Tags: p.Tags,
	}
}

// With returns a post with edited words.
func (p Post) With(w Words) Post {
	p.Title, p.TitleGiven, p.TitleWhole, p.Link, p.Text = w.Title, w.TitleGiven, w.TitleWhole, w.Link, w.Text
	p.Language, p.Sensitive, p.Warning, p.URL = w.Language, w.Sensitive, w.Warning, w.URL
	p.Shape, p.Attachments, p.Occasion, p.Poll, p.Tags = w.Shape, w.Attachments, w.Occasion, w.Poll, w.Tags
	return p
}

// Words returns what can be edited of a comment.
func (c Comment) Words() Words {
	return Words{
		Text: c.Text, Language: c.Language, Sensitive: c.Sensitive, Warning: c.Warning, URL: c.URL,
		Attachments: c.Attachments, Distinguished: c.Distinguished, Tags: c.Tags,
	}
}

// With returns a comment with edited words.
func (c Comment) With(w Words) Comment {
	c.Text, c.Language, c.Sensitive, c.Warning, c.URL = w.Text, w.Language, w.Sensitive, w.Warning, w.URL
	c.Attachments, c.Distinguished, c.Tags = w.Attachments, w.Distinguished, w.Tags
	return c
}

// bare takes away what a post says, and leaves its place.
func (p Post) bare() Post {
	p.Text, p.Title, p.Link = Text{}, "", ""
	p.Attachments, p.Occasion, p.Poll, p.Tags = nil, nil, nil, Tags{}
	return p
}

func (c Comment) bare() Comment {
	c.Text, c.Attachments, c.Tags = Text{}, nil, Tags{}
	return c
}

// Life is the newest deletion of a post or comment by its author, or the newest
// Undo of one.
type Life struct {
	Gone     bool
	At       time.Time // zero when there never was one
	Activity string    // breaks ties of At
	Undone   string    // id of the last deletion that was taken back by name
}

// Written is a post or comment as the rules for its author's later acts need it,
// its row locked.
type Written struct {
	Post    Post     // itself, or the thread of Comment; zero ID when nothing here has the id
	Comment *Comment // nil for posts
	Places  []Placement
	// Told is when a comment was announced; of a post, each of its Places says so.
	Told     int64
	Answered Person // who wrote what a comment answers

	EditedAt time.Time // of the newest edit; zero when there was none
	EditedBy string    // id of its activity; breaks ties
	Life     Life
	Blanked  bool // the words of what was deleted are gone for good

	Tombstone bool // nothing with this id comes back, ever
	Blocked   bool // the server of whoever acts
	Banned    bool // its author, from its community
	Barred    bool // nor in anything here
}

// Subject names what was written.
func (w *Written) Subject() Subject {
	if w.Comment != nil {
		return Subject{OnComment, w.Comment.ID}
	}
	return Subject{OnPost, w.Post.ID}
}

func (w *Written) uri() string {
	if w.Comment != nil {
		return w.Comment.URI
	}
	return w.Post.URI
}

// AuthorID is the id of who wrote it.
func (w *Written) AuthorID() int64 { return w.author().ID }

func (w *Written) author() *Person {
	if w.Comment != nil {
		return &w.Comment.Author
	}
	return &w.Post.Author
}

func (w *Written) published() time.Time {
	if w.Comment != nil {
		return w.Comment.Published.Time
	}
	return w.Post.Published.Time
}

// State is the state of what was written.
func (w *Written) State() State {
	if w.Comment != nil {
		return w.Comment.State
	}
	return w.Post.State
}

func (w *Written) setState(s State) {
	if w.Comment != nil {
		w.Comment.State = s
		return
	}
	w.Post.State = s
}

// WrittenTx is what the verbs of authors need.
type WrittenTx interface {
	// Written answers for each id at its index, for whoever acts on it there. It
	// locks posts, then comments, each in ascending order. Of what is not known here
	// it has the Life that was remembered.
	Written(ctx context.Context, ids []string, by []Person) ([]Written, error)
	// SaveWords writes edits, at most one for each post or comment, and keeps what
	// each said before; of one, the newest MaxRevisions are kept.
	SaveWords(ctx context.Context, edits []Edited) error
	// SaveLife writes the newest deletion or its Undo, and, where the state
	// changes with it, lists and counts too.
	SaveLife(ctx context.Context, s Subject, life Life, state State, at time.Time) error
	// BlankWords destroys what the log, the received activities and the history
	// still hold of the words of deleted objects. Whoever has not been told of an
	// object yet is told Instead: what answers it must find its place.
	BlankWords(ctx context.Context, blanked []Blanked) error
	// RememberDeletion keeps somebody's word about an object that is not known here,
	// in the place of what they said before. It counts for their own objects alone.
	RememberDeletion(ctx context.Context, object, by string, life Life) error
}

// Blanked is an object whose words go.
type Blanked struct {
	Object  string
	Instead map[int64]*Document // by the community that announces it
	Direct  *Document           // of what was written here: for the communities elsewhere that it was sent to
}

// untold stands for words that are gone: without any, servers take nothing in.
const untold = "…"

// skeleton renders how an object without its words is announced.
func (f *Forum) skeleton(ctx context.Context, w *Written) (Blanked, error) {
	verb, bare := VerbSubmit, *w
	bare.Post = bare.Post.bare()
	bare.Post.Title = untold
	o := Origin{Fetched: true}
	if w.author().Local {
		o = Origin{Activity: w.Post.Create} // it keeps its name
	}
	b := Blanked{Object: w.Post.URI, Instead: map[int64]*Document{}}
	if w.Comment != nil {
		c := w.Comment.bare()
		c.Text = Text{Source: untold, Format: Markdown, HTML: "<p>" + untold + "</p>"}
		verb, bare.Comment, b.Object = VerbReply, &c, c.URI
		if c.Author.Local {
			o.Activity = c.Create
		}
	}
	for _, e := range bare.events(verb, w.published(), o) {
		r, err := f.publisher.Publish(ctx, e)
		if err != nil {
			return b, err
		}
		if e.Announce {
			b.Instead[e.Community.ID] = r.Forum
		}
		if len(e.Direct) > 0 {
			b.Direct = r.Direct
		}
	}
	return b, nil
}

// words are those of what was written.
func (w *Written) words() Words {
	if w.Comment != nil {
		return w.Comment.Words()
	}
	return w.Post.Words()
}

// events makes one event per community that hears of an act on what was written.
func (w *Written) events(verb Verb, at time.Time, o Origin) []*Event {
	var events []*Event
	post := w.Post
	for i, place := range w.Places {
		if place.Community.Removed {
			continue
		}
		e := &Event{
			Verb: verb, At: at, Actor: *w.author(), Community: place.Community, Post: &post, Comment: w.Comment,
			Origin: o, Of: place.Told, Boost: place.Boost,
		}
		if w.Comment != nil {
			e.Of, e.Boost = w.Told, ""
		}
		address(e)
		// Whoever was answered got the comment without following the community.
		if c := w.Comment; i == 0 && c != nil && c.Author.Local && !w.Answered.Local && w.Answered.Inbox != "" {
			e.Direct = appendNew(e.Direct, w.Answered.Inbox)
		}
		if i == 0 {
			e.tellNamed(w.words().Tags.Mentions)
		}
		if e.Announce || len(e.Direct) > 0 {
			events = append(events, e)
		}
	}
	return events
}

// gather finds what acts are on, the same Written for all acts on one object, and
// names those begun here. act tells what, by whom and how the act at an index is.
func (f *Forum) gather(ctx context.Context, tx Tx, acts int, act func(int) (string, Person, *Origin)) ([]*Written, error) {
	ids, by := make([]string, acts), make([]Person, acts)
	for i := range acts {
		var o *Origin
		if ids[i], by[i], o = act(i); by[i].Local && o.Activity == "" {
			o.Activity = f.publisher.NewActivity()
		}
	}
	written, err := tx.Written(ctx, ids, by)
	if err != nil {
		return nil, err
	}
	out, first := make([]*Written, acts), map[string]*Written{}
	for i, id := range ids {
		if first[id] == nil {
			first[id] = &written[i]
		}
		out[i] = first[id]
	}
	return out, nil
}

// judgeAuthor says whether somebody may change what was written. Only its author
// may: the words of people are theirs, wherever their thread lives, so neither
// the home of the thread nor anybody else on the author's server can.
func judgeAuthor(w *Written, by *Person) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	switch {
	case w.Blocked:
		return no(Forbidden, "server-blocked", "This server does not take anything from the author's server.")
	case w.Tombstone || w.Post.ID != 0 && w.State() == Purged:
		return no(Gone, "deleted", "This has been deleted.")
	case w.Post.ID == 0:
		return nil // the verbs tell what then
	case w.author().ID != by.ID:
		return no(Forbidden, "not-author", "Only its author can change this.")
	case w.author().Gone:
		return no(Gone, "author-gone", "The author's account no longer exists.")
	}
	return nil
}
