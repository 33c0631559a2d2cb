package web

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"stoa/federation/forum"
	"stoa/web/view"
)

// pageSize is how many posts, comments or communities a page lists.
const pageSize = 25

// order reads how a list is to be sorted. A word that is no order is refused,
// so that no two addresses show the same by accident.
func order(r *http.Request) (view.Order, error) {
	q := r.URL.Query()
	o := view.Order{Sort: forum.Sort(q.Get("sort")), Window: view.Window(q.Get("t"))}
	if o.Sort == "" {
		o.Sort = forum.SortHot
	}
	switch o.Sort {
	case forum.SortHot, forum.SortNew, forum.SortTop:
	default:
		return o, forum.Refuse(forum.Invalid, "bad-sort", "Posts can be sorted by hot, new or top.")
	}
	switch o.Window {
	case "":
		o.Window = view.WindowWeek
	case view.WindowDay, view.WindowWeek, view.WindowMonth, view.WindowYear, view.WindowEver:
	default:
		return o, forum.Refuse(forum.Invalid, "bad-window", "The time can be a day, week, month, year, or all.")
	}
	return o, nil
}

// cursorPattern is the shape of every cursor that storage hands out: a number
// and an id.
var cursorPattern = regexp.MustCompile(`^-?[0-9]{1,16}(\.[0-9]{1,20})?~[0-9]{1,10}$`)

// cursor reads where a page of a list begins. One that was not made here is
// refused before the database sees it.
func cursor(r *http.Request) (string, error) {
	after := r.URL.Query().Get("after")
	if after == "" {
		return "", nil
	}
	if _, id, _ := strings.Cut(after, "~"); cursorPattern.MatchString(after) {
		if _, err := strconv.ParseInt(id, 10, 32); err == nil {
			return after, nil
		}
	}
	return "", forum.Refuse(forum.Invalid, "bad-cursor", "The address of this page is not complete.")
}

// list is what to ask storage for. The beginning of a window is cut to the
// minute, so that requests of one minute ask the same.
func list(r *http.Request, o view.Order, now time.Time) (forum.List, error) {
	after, err := cursor(r)
	l := forum.List{Sort: o.Sort, After: after, Limit: pageSize}
	if o.Sort == forum.SortTop {
		now = now.UTC().Truncate(time.Minute)
		switch o.Window {
		case view.WindowDay:
			l.Since = now.AddDate(0, 0, -1)
		case view.WindowWeek:
			l.Since = now.AddDate(0, 0, -7)
		case view.WindowMonth:
			l.Since = now.AddDate(0, -1, 0)
		case view.WindowYear:
			l.Since = now.AddDate(-1, 0, 0)
		}
	}
	return l, err
}
