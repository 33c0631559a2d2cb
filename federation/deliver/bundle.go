package deliver

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
)

const (
	// maxBundle is how many votes go out in one Announce at most.
	maxBundle = 500
	// bundleBytes is how long such an Announce may be: what Lemmy takes, and far from
	// what others do.
	bundleBytes = 256 << 10
	// gatherMost is how many times as long as at first a lane rests while votes keep
	// coming.
	gatherMost = 15
)

// bundle is votes that go out in one Announce. It stays as it is, under one id, until
// all of it is finished or it is taken apart.
//
// A process that comes after one that was killed makes new bundles under new ids,
// so that none of them passes for one that had other votes in it. Who gets a vote
// again knows it by its own id, or by its being what that person last said.
type bundle struct {
	units []*unit
	doc   *forum.Document
}

// gathering is the votes that a lane may send together, by community and inbox.
type gathering struct{ groups []*group }

type group struct {
	inbox     int64
	signer    string
	units     []*unit
	announces []*forum.Document
}

// gathers reports whether a unit may go together with others.
func (w *walk) gathers(l *lane, u *unit, documents []*forum.Document) bool {
	return l.kind == forum.LaneVotes && w.tells.votes != single && u.Form == storage.FormAnnouncement && u.Verb == forum.VerbVote &&
		!u.alone && u.sent == 0 && len(documents) == 1
}

// add takes a vote, unless the lane rests after the last ones.
func (g *gathering) add(l *lane, u *unit, announce *forum.Document, now time.Time) {
	if now.Before(l.restsUntil) {
		return
	}
	i := slices.IndexFunc(g.groups, func(o *group) bool { return o.inbox == u.Inbox && o.signer == announce.Signer })
	if i < 0 {
		i = len(g.groups)
		g.groups = append(g.groups, &group{inbox: u.Inbox, signer: announce.Signer})
	}
	g.groups[i].units = append(g.groups[i].units, u)
	g.groups[i].announces = append(g.groups[i].announces, announce)
}

// sendGathered sends what was gathered, as far as there is room, and has the lane
// rest when that was all there is: what comes meanwhile goes together. One vote after
// a while of none goes at once.
func (w *walk) sendGathered(ctx context.Context, l *lane, g *gathering, now time.Time) {
	sent := 0
	for _, group := range g.groups {
		for len(group.units) > 0 {
			if w.full(l) {
				l.limited = true
				return
			}
			n, ok := w.sendSome(ctx, l, group)
			if !ok {
				return
			}
			sent += n
			group.units, group.announces = group.units[n:], group.announces[n:]
		}
	}
	if sent == 0 || !l.complete {
		return
	}
	if sent == 1 {
		l.rest = w.d.o.Gather
	} else {
		l.rest = min(2*max(l.rest, w.d.o.Gather), gatherMost*w.d.o.Gather)
	}
	l.restsUntil = now.Add(l.rest)
}

// sendSome sends the first votes of a group, and returns how many; false when the gate
// is full.
func (w *walk) sendSome(ctx context.Context, l *lane, g *group) (n int, ok bool) {
	n = min(len(g.units), l.most)
	if n > 1 {
		b, err := w.bundle(g.units[:n], g.announces[:n])
		switch {
		case err != nil: // the log holds what this program wrote; each may still be fit to be sent
			w.d.o.Log.Error("votes cannot be sent together", "host", w.server.Host, "err", err)
			n = 1
		case len(b.units) > 1:
			if !w.begin(ctx, l, b.units, []*forum.Document{b.doc}) {
				return 0, false
			}
			for _, u := range b.units {
				u.bundle = b
			}
			return len(b.units), true
		default:
			n = 1
		}
	}
	return n, w.begin(ctx, l, g.units[:n], g.announces[:n])
}

// bundle makes one of votes, or of the first of them when they are too long.
func (w *walk) bundle(units []*unit, announces []*forum.Document) (*bundle, error) {
	of := announces[0].ID
	id := of[:strings.LastIndexByte(of, '/')+1] + uuid.Must(uuid.NewV7()).String()
	doc, n, err := outbox.Together(id, announces, w.tells.votes == repeated, bundleBytes)
	if err != nil {
		return nil, err
	}
	return &bundle{units: units[:n:n], doc: doc}, nil
}

// takeApart makes two bundles of one that is at fault, until the vote that is stands
// alone.
func (w *walk) takeApart(l *lane, b *bundle) {
	l.most = max(min(l.most, len(b.units)/2), 2)
	for _, half := range [][]*unit{b.units[:len(b.units)/2], b.units[len(b.units)/2:]} {
		announces := make([]*forum.Document, len(half))
		for i, u := range half {
			u.bundle, announces[i] = nil, w.documents(u)[0]
		}
		if len(half) == 1 {
			half[0].alone = true
			continue
		}
		part, err := w.bundle(half, announces)
		if err != nil || len(part.units) < len(half) { // it was short enough before
			for _, u := range half {
				u.alone = true
			}
			continue
		}
		for _, u := range half {
			u.bundle = part
		}
	}
}
