package reach

import (
	"context"
	"errors"

	ap "stoa/activitypub"
	"stoa/federation/fetch"
)

// entries are what a collection lists.
type entries struct {
	objects []*ap.Object // that stood in it and count as they stand
	ids     []string     // of the rest, in order
	ours    []string     // ids of this node, which need no fetch
	total   int          // that it says it has; -1 when it does not say
	tag     string       // entity tag of a collection that came whole
	same    bool         // nothing has changed since the tag that was given
	whole   bool         // all of it was read
	next    string       // page that was not read any more
	pages   int
}

// errNoCollection says that something else stands where a collection should be.
var errNoCollection = errors.New("no collection")

// walk reads a collection, or goes on at one of its pages, for at most so many pages. Pages are read only
// from the origin of the collection, and none twice: a collection may lead in a
// circle or never end. each, if it is not nil, is given the entries of every page
// as it is read.
func (r *Reach) walk(ctx context.Context, b *budget, iri, tag string, pages int) (e entries, err error) {
	seen := map[string]bool{}
	for next := iri; next != ""; {
		if seen[next] || e.pages >= pages || len(e.ids)+len(e.objects) >= maxListed {
			e.next = next
			return e, nil
		}
		seen[next] = true
		c, v, same, err := r.collection(ctx, b, next, tag)
		if err != nil {
			return e, err
		}
		if same {
			e.same = true
			return e, nil
		}
		tag = ""
		e.pages++
		if next == iri {
			e.total, e.tag = total(&c), v.Tag
		}
		next = r.take(&e, b, &c, iri, seen)
	}
	e.whole = true
	if e.pages > 1 {
		e.tag = "" // of the first page alone
	}
	return e, nil
}

// total is how many entries a collection says it has; -1 when it does not say.
func total(c *ap.RemoteCollection) int {
	if (ap.Ref{Raw: c.Raw}).Field("totalItems") == nil {
		return -1
	}
	return c.TotalItems
}

// take adds what a collection or page lists, and what its embedded first page does,
// and returns the page that comes next.
func (r *Reach) take(e *entries, b *budget, c *ap.RemoteCollection, origin string, seen map[string]bool) (next string) {
	inline := 0
	for _, item := range c.Items {
		if len(e.ids)+len(e.objects)+len(e.ours) >= maxListed {
			break
		}
		o, id := r.o.Inbox.ReadInside(item, c.ID)
		switch {
		case o != nil:
			inline++
			e.objects = append(e.objects, o)
		case id != "":
			e.ids = append(e.ids, id)
		case r.o.Inbox.Ours(item.ID):
			e.ours = append(e.ours, item.ID)
		}
	}
	if inline > 0 && inline*2 >= len(c.Items) {
		b.inlined(c.ID)
	}
	next = c.Next.ID
	if first, err := c.First.Collection(); err == nil && !seen["first of "+c.ID] {
		seen["first of "+c.ID] = true
		if first.ID == "" {
			first.ID = c.ID
		}
		if ap.SameOrigin(first.ID, origin) {
			seen[first.ID] = true
			next = r.take(e, b, &first, origin, seen)
		}
	} else if next == "" && len(c.Items) == 0 {
		next = c.First.ID
	}
	if next != "" && !ap.SameOrigin(next, origin) {
		return ""
	}
	return next
}

// collection gets one collection or page.
func (r *Reach) collection(ctx context.Context, b *budget, iri, tag string) (c ap.RemoteCollection, v fetch.Version, same bool, err error) {
	rate := r.o.Rate
	if b.isInlined(iri) {
		rate = max(rate, inlineRate)
	}
	if err := r.ask(ctx, b, iri, rate); err != nil {
		return c, v, false, err
	}
	if v, same, err = r.o.Client.DocumentUnless(ctx, iri, tag); err != nil || same {
		return c, v, same, err
	}
	if !ap.SameOrigin(v.URL, iri) {
		return c, v, false, errNoCollection
	}
	if c, err = ap.ReadCollection(v.Body); err != nil {
		return c, v, false, errNoCollection
	}
	return c, v, false, nil
}
