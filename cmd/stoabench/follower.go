package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"stoa/federation/fedtest"
)

// follow has a server follow a community, and waits until it is accepted.
func (r *rig) follow(ctx context.Context, p *fedtest.Peer, community string) error {
	had := p.Total()
	fan, target := p.Person("fan"), r.url+"/c/"+community
	answer, err := p.Send(ctx, r.inbox(), fan.Follow(target), fedtest.SignAs{Actor: fan})
	if err != nil {
		return err
	}
	if answer.Status/100 != 2 {
		return fmt.Errorf("following was answered %d: %s", answer.Status, answer.Body)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return p.WaitTotal(ctx, had+1)
}

// replay is a follower that is told the same again and again: its marks are put
// back to where they stood before.
type replay struct {
	r    *rig
	peer *fedtest.Peer
	n    int // deliveries of one replay
}

// newReplay makes a server follow, and n votes that it is told of.
func (r *rig) newReplay(ctx context.Context, n int) (*replay, error) {
	if err := r.muster(ctx, min(n, 500)); err != nil {
		return nil, err
	}
	peer, err := r.peer(ctx, fedtest.Options{Software: fedtest.Lemmy, Name: "follower", Discard: true})
	if err != nil {
		return nil, err
	}
	posts := (n + len(r.crew) - 1) / len(r.crew)
	ids, err := r.addPosts(ctx, posts)
	if err != nil {
		return nil, err
	}
	if err := r.follow(ctx, peer, "porch"); err != nil {
		return nil, err
	}
	if err := r.quiet(ctx); err != nil {
		return nil, err
	}
	if _, err := r.watch.Exec(ctx, "create table bench_mark as table delivery_lane"); err != nil {
		return nil, err
	}
	letters, err := r.sign(ctx, n, func(i int) (*fedtest.Actor, fedtest.Doc) {
		a := r.crew[i%len(r.crew)]
		like := a.Like(ids[i/len(r.crew)], r.community("porch"))
		return a, like
	})
	if err != nil {
		return nil, err
	}
	had := peer.Total()
	if err := r.send(letters); err != nil {
		return nil, err
	}
	if err := r.quiet(ctx); err != nil {
		return nil, err
	}
	if told := peer.Total() - had; told != n {
		return nil, fmt.Errorf("the follower was told %d times of %d votes", told, n)
	}
	return &replay{r, peer, n}, nil
}

// again has everything delivered once more.
func (p *replay) again(ctx context.Context) error {
	had := p.peer.Total()
	if err := p.rewind(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	return p.peer.WaitTotal(ctx, had+p.n)
}

// rewind puts the marks back once the server has been let go.
func (p *replay) rewind(ctx context.Context) error {
	for {
		tag, err := p.r.watch.Exec(ctx, `with free as materialized (select id from server where lease_owner is null and touched_xid <= walked_xid for update),
			gone as (delete from delivery_lane where server_id in (select id from free)
				and (server_id, lane) not in (select server_id, lane from bench_mark)),
			back as (update delivery_lane l set low_xid = m.low_xid, low_seq = m.low_seq, low_at = m.low_at, done = m.done, tried = m.tried
				from bench_mark m where m.server_id = l.server_id and m.lane = l.lane and l.server_id in (select id from free))
			update server set walked_xid = 0 where id in (select id from free) and touched_xid > 0`)
		if err != nil || tag.RowsAffected() > 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// arrivals notes when which server was first told of which object.
type arrivals struct {
	mu    sync.Mutex
	first map[string]map[*fedtest.Peer]time.Time
	grown chan struct{}
}

func newArrivals() *arrivals {
	return &arrivals{first: map[string]map[*fedtest.Peer]time.Time{}, grown: make(chan struct{}, 1)}
}

// note is what the inbox of a peer calls.
func (a *arrivals) note(p *fedtest.Peer, rec fedtest.Received) {
	object := objectID(rec.Activity)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.first[object] == nil {
		a.first[object] = map[*fedtest.Peer]time.Time{}
	}
	if _, again := a.first[object][p]; !again {
		a.first[object][p] = rec.Time
	}
	select {
	case a.grown <- struct{}{}:
	default:
	}
}

// last waits until all of these servers were told of an object, and returns when
// the last of them was.
func (a *arrivals) last(ctx context.Context, object string, all []*fedtest.Peer) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		var last time.Time
		told := 0
		a.mu.Lock()
		for _, p := range all {
			if at, ok := a.first[object][p]; ok {
				told++
				if at.After(last) {
					last = at
				}
			}
		}
		a.mu.Unlock()
		if told == len(all) {
			return last, nil
		}
		select {
		case <-ctx.Done():
			return last, fmt.Errorf("%d of %d servers were told: %w", told, len(all), ctx.Err())
		case <-a.grown:
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// after is how long after a moment each of some servers was told of an object, in seconds.
func (a *arrivals) after(object string, at time.Time, all []*fedtest.Peer) figures {
	a.mu.Lock()
	defer a.mu.Unlock()
	var took figures
	for _, p := range all {
		if came, ok := a.first[object][p]; ok {
			took = append(took, came.Sub(at).Seconds())
		}
	}
	return took
}
