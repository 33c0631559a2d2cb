package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage/media"
	"stoa/web/view"
)

// Viewer is somebody who is signed in, in one of their browsers.
type Viewer struct {
	account.Account
	Session  []byte // what is kept of its token
	Notices  int    // that they have not seen
	Messages int    // likewise
}

// Own is what a Site asks and notes about whoever is signed in.
type Own struct {
	// Who finds the owner of a session by its token; nil when it is none.
	Who func(ctx context.Context, token string) (*Viewer, error)
	// Marks tells what somebody did to posts and comments.
	Marks func(ctx context.Context, person int64, posts, comments []int64) (forum.Marks, error)
	// Read notes how somebody left a thread.
	Read func(ctx context.Context, person, post int64, m forum.ReadMark, at time.Time) error
	// Draft finds what somebody has begun to write in a place; false when it is nothing.
	Draft func(ctx context.Context, person int64, place string) (account.Draft, bool, error)
	// Shuns tells whom somebody does not want to read.
	Shuns func(ctx context.Context, person int64) (forum.Shuns, error)
	// Standing tells what somebody is in a community.
	Standing func(ctx context.Context, person forum.Person, community int64) (forum.Standing, error)
	// FollowingWall tells how far somebody's follow of a person elsewhere, by id, has
	// come.
	FollowingWall func(ctx context.Context, person int64, uri string) (forum.FollowState, error)
	// Collections lists somebody's own, and whether a community, if it is not 0, is in
	// each.
	Collections func(ctx context.Context, person, community int64) ([]forum.Collection, error)
	// Follows tells the same of several communities, Joins how many they follow and
	// whether they asked one just now, and Wants what is looked for, for them to join.
	Follows func(ctx context.Context, person int64, communities []int64) (map[int64]forum.FollowState, error)
	Joins   func(ctx context.Context, person int64) (n int, lately bool, err error)
	Wants   func(ctx context.Context, person int64) ([]forum.Want, error)
	// Following tells how far somebody's follow of a community has come.
	Following func(ctx context.Context, person, community int64) (forum.FollowState, error)
}

// viewerKey is where Page leaves the viewer of a request.
type viewerKey struct{}

// Viewer is whoever sent a request; nil when nobody is signed in.
func (s *Site) Viewer(r *http.Request) *Viewer { return viewerOf(r) }

func viewerOf(r *http.Request) *Viewer {
	v, _ := r.Context().Value(viewerKey{}).(*Viewer)
	return v
}

// ErrSignIn refuses what only somebody who is signed in can do. Its page is the one
// to sign in, which leads back.
var ErrSignIn = forum.Refuse(forum.Forbidden, "sign-in", "Sign in to do that.")

// Self is the viewer of a request, or ErrSignIn.
func (s *Site) Self(r *http.Request) (*Viewer, error) {
	if v := s.Viewer(r); v != nil {
		return v, nil
	}
	return nil, ErrSignIn
}

// Lapsed answers whoever is signed in no more, or was not, with a form that has in it
// what they sent, to be sent again. Files are not in it.
func (s *Site) Lapsed(w http.ResponseWriter, r *http.Request, heading string, f view.Form) error {
	t := s.Words(r)
	p := view.FormPage{Frame: s.Frame(r, heading), Heading: heading, Wrong: t.Account.LapsedText}
	p.NoIndex, p.Address = true, ""
	f.T = t
	p.Forms = []view.Form{f}
	p.Links = []view.Choice{{Label: t.Account.SignIn, Href: "/sign-in"}}
	return s.Once(w, r, http.StatusForbidden, p)
}

// sessionCookie is the name of the cookie that holds the token of a session. With
// https no page of another port or subdomain can set it; without, nodes on one
// machine tell theirs apart by their ports, which cookies do not.
func (s *Site) sessionCookie() string {
	if s.BaseURL.Scheme == "https" {
		return "__Host-session"
	}
	return "session" + s.BaseURL.Port()
}

// SetSession has the browser hold a token until it is taken back with an empty one.
// How long it is good for is for the server to say.
func (s *Site) SetSession(w http.ResponseWriter, token string) {
	age := 400 * 24 * 3600 // browsers keep nothing longer
	if token == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // a node on localhost without https has it too
		Name: s.sessionCookie(), Value: token, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: s.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode,
	})
}

// identify finds out who sent a request.
func (s *Site) identify(r *http.Request) (*http.Request, error) {
	c, err := r.Cookie(s.sessionCookie())
	if s.Own == nil || err != nil || c.Value == "" {
		return r, nil //nolint:nilerr // no cookie is no error
	}
	v, err := s.Own.Who(r.Context(), c.Value)
	if err != nil || v == nil {
		return r, err
	}
	return r.WithContext(context.WithValue(r.Context(), viewerKey{}, v)), nil
}

// maxForm is how much a form may hold: the longest text, with each byte escaped.
const maxForm = 4 * forum.MaxPostSource

var sameOrigin = http.NewCrossOriginProtection()

var errCrossSite = forum.Refuse(forum.Forbidden, "cross-site", "This came from a page of another site. Please do it on a page of this one.")

// Act makes an http.Handler of what changes something. A request that a page of
// another site has sent is refused before anything is read of it, and the form is
// parsed.
func (s *Site) Act(h Handler) http.Handler {
	return s.Page(func(w http.ResponseWriter, r *http.Request) error {
		if err := sameOrigin.Check(r); err != nil {
			return errCrossSite
		}
		err := s.parse(w, r)
		if r.MultipartForm != nil {
			defer func() { _ = r.MultipartForm.RemoveAll() }() // the system clears its folder too
		}
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return forum.Refuse(forum.Invalid, "form-too-long", "That is more than a form may hold.")
		}
		if err != nil {
			return forum.Refuse(forum.Invalid, "bad-form", "That is no form.")
		}
		return h(w, r)
	})
}

// parse reads a form. Files are taken from those alone who are signed in; they lie on
// the disk meanwhile.
func (s *Site) parse(w http.ResponseWriter, r *http.Request) error {
	files := strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
	most := int64(maxForm)
	if files && s.Pictures != nil && s.Viewer(r) != nil {
		most += MaxFiles * media.MaxBytes
	}
	body := r.Body
	r.Body = http.MaxBytesReader(w, body, most)
	if !files {
		return r.ParseForm()
	}
	if s.Viewer(r) == nil && s.wasSignedIn(r) {
		r.Body = http.MaxBytesReader(w, body, maxForm+MaxFiles*media.MaxBytes)
		return parseWords(r)
	}
	return r.ParseMultipartForm(1 << 20) //nolint:gosec // the body is bounded above
}

// wasSignedIn reports whether a browser has been that of somebody, whose session may
// have ended since.
func (s *Site) wasSignedIn(r *http.Request) bool {
	c, err := r.Cookie(s.sessionCookie())
	return err == nil && c.Value != ""
}

// parseWords reads a form with files and leaves these out, for those who are to have
// back what they wrote but not to leave anything here. Nothing of a file is kept, not
// even for as long as it takes.
func parseWords(r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return err
	}
	r.PostForm = url.Values{}
	for left := int64(maxForm); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			r.Form = r.PostForm
			return nil
		}
		if err != nil {
			return err
		}
		if part.FileName() != "" {
			continue // the next one skips it
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return err
		}
		if left -= int64(len(value)); left < 0 || len(r.PostForm) > mostFields {
			return &http.MaxBytesError{Limit: maxForm}
		}
		r.PostForm.Add(part.FormName(), string(value))
	}
}

// mostFields bounds how many names a form without its files has.
const mostFields = 200

// SeeOther leads to a path on this node after something was done.
func SeeOther(w http.ResponseWriter, path string) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// mark has a page show what its viewer did to what is on it.
func (s *Site) mark(r *http.Request, f *view.Frame, posts []forum.PostItem, comments []forum.Comment) error {
	v := s.Viewer(r)
	if v == nil {
		return nil
	}
	var on, said []int64
	for i := range posts {
		on = append(on, posts[i].Post.ID)
	}
	for i := range comments {
		said = append(said, comments[i].ID)
	}
	var err error
	if f.Marks, err = s.Own.Marks(r.Context(), v.Person.ID, on, said); err != nil {
		return err
	}
	f.Shuns, err = s.Own.Shuns(r.Context(), v.Person.ID)
	return err
}

// sift marks a list of posts and takes out of it what its viewer does not want to see.
// within is the community whose list it is; 0 for others.
func (s *Site) sift(r *http.Request, f *view.Frame, l *forum.Listing, within int64) error {
	if err := s.mark(r, f, l.Items, nil); err != nil {
		return err
	}
	v := s.Viewer(r)
	if v == nil {
		return nil
	}
	filter := account.Filter{Person: v.Person.ID, Settings: &v.Settings, Marks: &f.Marks, Shuns: &f.Shuns, Within: within}
	shown := make([]forum.PostItem, 0, len(l.Items))
	for _, it := range l.Items {
		if why, which := filter.Hides(&it.Post); why != "" {
			f.Hidden = append(f.Hidden, forum.HiddenItem{Post: it.Post, Why: string(why), Which: which})
			continue
		}
		shown = append(shown, it)
	}
	l.Items = shown
	return nil
}

// stand has a page of a community show what its viewer is there.
func (s *Site) stand(r *http.Request, f *view.Frame, community int64) (err error) {
	if v := s.Viewer(r); v != nil {
		f.Standing, err = s.Own.Standing(r.Context(), v.Person, community)
	}
	return err
}

// read notes that the viewer of a thread has seen it as it is.
func (s *Site) read(r *http.Request, t *forum.Thread) error {
	v := s.Viewer(r)
	if v == nil || r.Method != http.MethodGet {
		return nil
	}
	m := forum.ReadMark{Comments: t.Post.Comments}
	for i := range t.Comments {
		m.Last = max(m.Last, t.Comments[i].ID)
	}
	return s.Own.Read(r.Context(), v.Person.ID, t.Post.ID, m, s.Now())
}

// self is what pages show of whoever looks at them.
func (s *Site) self(r *http.Request) *view.Self {
	v := s.Viewer(r)
	if v == nil {
		return nil
	}
	set := &v.Settings
	return &view.Self{
		Person: v.Person, Admin: v.Admin, Notices: v.Notices, Messages: v.Messages, Theme: set.Theme, TextSize: set.TextSize,
		Founds: s.Founding && v.Released, Bare: set.Sensitive == "show", KeepBright: set.Read == "show",
	}
}
