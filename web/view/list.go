package view

import (
	"net/url"

	"stoa/federation/forum"
)

// Choice is one link of a row of which one is in force.
type Choice struct {
	Label, Href string
	On          bool
}

// Window is the time that a list by score looks back over.
type Window string

// The windows of lists by score.
const (
	WindowDay   Window = "day"
	WindowWeek  Window = "week"
	WindowMonth Window = "month"
	WindowYear  Window = "year"
	WindowEver  Window = "all"
)

// Order is how a list of posts is sorted. The zero value is the order that a
// list has when its address says nothing: hottest first.
type Order struct {
	Sort   forum.Sort
	Window Window // with SortTop
}

// Query is the order as an address says it, without what goes without saying.
func (o Order) Query() url.Values {
	q := url.Values{}
	if o.Sort != "" && o.Sort != forum.SortHot {
		q.Set("sort", string(o.Sort))
	}
	if o.Sort == forum.SortTop && o.Window != "" && o.Window != WindowWeek {
		q.Set("t", string(o.Window))
	}
	return q
}

// at is a path with a query.
func at(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// PostList is a page of posts with its ways to others.
type PostList struct {
	T       *Words
	Cards   []Card
	Sorts   []Choice // empty where the order is fixed
	Windows []Choice // empty but for SortTop
	Older   string   // empty at the end
	First   string   // empty on the first page
}

// posts prepares a listing that is found at path.
func (f Frame) posts(l forum.Listing, path string, o Order, paged bool) PostList {
	out := PostList{T: f.T}
	known := langs{}
	for i := range l.Items {
		out.Cards = append(out.Cards, f.card(&l.Items[i], known))
	}
	if l.Next != "" {
		q := o.Query()
		q.Set("after", l.Next)
		out.Older = at(path, q)
	}
	if paged {
		out.First = at(path, o.Query())
	}
	return out
}

// sorted adds the row of orders.
func (l PostList) sorted(path string, o Order) PostList {
	if o.Sort == "" {
		o.Sort = forum.SortHot
	}
	for _, c := range []struct {
		sort  forum.Sort
		label string
	}{{forum.SortHot, l.T.SortHot}, {forum.SortNew, l.T.SortNew}, {forum.SortTop, l.T.SortTop}} {
		l.Sorts = append(l.Sorts, Choice{c.label, at(path, Order{Sort: c.sort}.Query()), c.sort == o.Sort})
	}
	if o.Sort != forum.SortTop {
		return l
	}
	if o.Window == "" {
		o.Window = WindowWeek
	}
	for _, c := range []struct {
		window Window
		label  string
	}{{WindowDay, l.T.Day}, {WindowWeek, l.T.Week}, {WindowMonth, l.T.Month}, {WindowYear, l.T.Year}, {WindowEver, l.T.Ever}} {
		l.Windows = append(l.Windows, Choice{c.label, at(path, Order{forum.SortTop, c.window}.Query()), c.window == o.Window})
	}
	return l
}
