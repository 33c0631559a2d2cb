package web

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"stoa/federation/forum"
	"stoa/web/view"
)

// pageSize is how many posts, comments or communities a page lists.
const pageSize = 25

// The orders of lists; the first of each is what an address without one means.
var (
	communitySorts = []forum.Sort{
		forum.SortHot, forum.SortActive, forum.SortNew, forum.SortOld, forum.SortTop, forum.SortControversial, forum.SortComments,
	}
	frontSorts  = append(slices.Clone(communitySorts), forum.SortScaled)
	authorSorts = []forum.Sort{forum.SortNew, forum.SortTop, forum.SortOld}
	remarkSorts = []forum.Sort{forum.SortNew, forum.SortTop}
)

// order reads how a list is to be sorted and laid out. A word that is none of its
// orders is refused, so that no two addresses show the same by accident.
func order(r *http.Request, sorts []forum.Sort) (view.Order, error) {
	q := r.URL.Query()
	o := view.Order{Sort: forum.Sort(q.Get("sort")), Window: view.Window(q.Get("t")), Compact: q.Get("view") == "compact"}
	if v := viewerOf(r); v != nil {
		o.Usual.Compact = v.Settings.Layout == "compact"
		o.Compact = o.Compact || o.Usual.Compact && q.Get("view") != "cards"
		if sort := forum.Sort(v.Settings.Sort); sort != "" && sorts[0] == forum.SortHot && slices.Contains(sorts, sort) {
			o.Usual.Sort = sort
		}
	}
	if o.Sort == "" {
		o.Sort = cmp.Or(o.Usual.Sort, sorts[0])
	}
	if !slices.Contains(sorts, o.Sort) {
		return o, forum.Refuse(forum.Invalid, "bad-sort", "This list cannot be sorted like that.")
	}
	if o.Window == "" {
		o.Window = view.WindowWeek
	}
	if _, ok := lengths[o.Window]; !ok {
		return o, forum.Refuse(forum.Invalid, "bad-window", "The time can be hour, 6hours, day, week, month, year, or all.")
	}
	return o, nil
}

// lengths says how far each window looks back from a time.
var lengths = map[view.Window]func(time.Time) time.Time{
	view.WindowHour:     func(t time.Time) time.Time { return t.Add(-time.Hour) },
	view.WindowSixHours: func(t time.Time) time.Time { return t.Add(-6 * time.Hour) },
	view.WindowDay:      func(t time.Time) time.Time { return t.AddDate(0, 0, -1) },
	view.WindowWeek:     func(t time.Time) time.Time { return t.AddDate(0, 0, -7) },
	view.WindowMonth:    func(t time.Time) time.Time { return t.AddDate(0, -1, 0) },
	view.WindowYear:     func(t time.Time) time.Time { return t.AddDate(-1, 0, 0) },
	view.WindowEver:     func(time.Time) time.Time { return time.Time{} },
}

// cursorPattern is the shape of every cursor that storage hands out: a number
// and an id.
var cursorPattern = regexp.MustCompile(`^-?[0-9]{1,16}(\.[0-9]{1,30})?~[0-9]{1,10}$`)

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
	if view.Windowed(o.Sort) {
		l.Since = lengths[o.Window](now.UTC().Truncate(time.Minute))
	}
	return l, err
}
