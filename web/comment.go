package web

import (
	"net/http"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/web/view"
)

// commentSort reads how the comments of a thread are to be ordered.
func commentSort(r *http.Request) (view.CommentSort, error) {
	s := view.CommentSort(r.URL.Query().Get("sort"))
	if !s.Known() {
		return "", forum.Refuse(forum.Invalid, "bad-sort", "Comments can be sorted by best, new, old or controversial.")
	}
	return s, nil
}

// comment shows one comment with what it answers and what answers it. Like a
// post, one that can no longer be read keeps its page, under a status that says so.
func (s *Site) comment(w http.ResponseWriter, r *http.Request) error {
	twin(w)
	n, err := number(r)
	if err != nil {
		return err
	}
	sort, err := commentSort(r)
	if err != nil {
		return err
	}
	thread, err := s.Reader.CommentThread(r.Context(), n)
	if err != nil {
		return err
	}
	if thread.Post.Community.Removed {
		return errCommunityRemoved
	}
	s.opened(&thread.Post)
	p := view.CommentPage{ThreadPage: view.ThreadPage{Frame: s.Frame(r, ""), Thread: thread, Sort: sort}, ID: n, Briefs: map[int64]string{}}
	status, found := http.StatusOK, false
	for i := range thread.Comments {
		c := &thread.Comments[i]
		if c.ID < n {
			p.Briefs[c.ID] = markup.Plain(c.Text.HTML, 200)
			continue
		}
		if found = c.ID == n; !found {
			break
		}
		p.JSONAddress = c.URI
		if c.State != forum.Live {
			status, p.NoIndex = http.StatusGone, true
			w.Header().Set("Cache-Control", "no-store")
		} else if !c.Sensitive && c.Warning == "" {
			p.About = markup.Plain(c.Text.HTML, 200)
		}
		break
	}
	if !found { // the comments above it are too large for a page
		w.Header().Set("Location", view.PostPath(thread.Post.ID))
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	if p.Quoted, err = s.quoted(r.Context(), &p.Thread); err != nil {
		return err
	}
	if err := s.mark(r, &p.Frame, []forum.PostItem{thread.PostItem}, thread.Comments); err != nil {
		return err
	}
	if err := s.stand(r, &p.Frame, thread.Post.Community.ID); err != nil {
		return err
	}
	p.Title, p.Section, p.Canonical = p.Heading(), view.SectionPosts, s.base+view.CommentPath(n)
	return s.HTML(w, r, status, p)
}
