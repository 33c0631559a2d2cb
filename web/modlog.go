package web

import (
	"net/http"
	"strconv"

	"stoa/federation/forum"
	"stoa/web/view"
)

// modlog shows what moderators and admins did: everywhere, or in one community.
func (s *Site) modlog(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := view.ModerationPage{Frame: s.Frame(r, s.Words(r).Moderate.Log)}
	p.NoIndex = true
	var in, before int64
	if handle := q.Get("in"); handle != "" {
		c, err := s.findCommunity(r, handle)
		if err != nil {
			return err
		}
		in, p.Community = c.ID, &c
	}
	if after := q.Get("before"); after != "" {
		var err error
		if before, err = strconv.ParseInt(after, 10, 64); err != nil || before < 1 {
			return forum.Refuse(forum.Invalid, "bad-cursor", "That is no place in this list.")
		}
	}
	var err error
	if p.Log, err = s.Reader.ModerationLog(r.Context(), in, before, pageSize+1); err != nil {
		return err
	}
	if p.More = len(p.Log) > pageSize; p.More {
		p.Log = p.Log[:pageSize]
	}
	return s.HTML(w, r, http.StatusOK, p)
}
