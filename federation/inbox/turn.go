package inbox

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"stoa/storage"
)

const (
	verifyAtOnce  = 32 // requests whose keys are asked for at one time
	verifyDomain  = 4  // of them, at one registrable domain
	verifySource  = 8  // of them, sent by one network
	domainsAtOnce = 100
	idlePoll      = time.Second // other processes ring no bell here
)

// busy counts the requests whose keys are being asked for.
type busy struct {
	mu               sync.Mutex
	all              int
	domains, sources map[string]int
}

// places is how many more requests may be worked on.
func (b *busy) places() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, verifyAtOnce-b.all)
}

// add counts rows in, or out with -1.
func (b *busy) add(rows []storage.Received, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range rows {
		b.all += n
		count(b.domains, r.Domain, n)
		count(b.sources, r.Source, n)
	}
}

func count(m map[string]int, name string, n int) {
	if m[name] += n; m[name] <= 0 {
		delete(m, name)
	}
}

// verifyLoop gets the keys of requests that were kept without one, and judges
// them as they would have been judged on arrival. Domains and sources take
// turns: one that does not answer holds up its own requests, and nobody else's.
func (in *Inbox) verifyLoop(ctx context.Context) {
	b := &busy{domains: map[string]int{}, sources: map[string]int{}}
	freed := make(chan struct{}, 1)
	after := "" // the domain with which the last turn ended
	var all sync.WaitGroup
	defer all.Wait()
	for ctx.Err() == nil {
		if b.places() == 0 {
			select {
			case <-ctx.Done():
			case <-freed:
			}
			continue
		}
		rows, last, err := in.turn(ctx, b, after)
		if err != nil {
			in.pause(ctx, "inbox: unverified", err)
			continue
		}
		after = last
		for _, group := range byActor(rows) {
			b.add(group, 1)
			all.Go(func() {
				defer ring(freed)
				defer b.add(group, -1)
				in.verifyRows(ctx, group)
			})
		}
		if len(rows) > 0 || after != "" {
			continue
		}
		select {
		case <-ctx.Done():
		case <-freed:
		case <-in.keys:
		case <-time.After(idlePoll):
		}
	}
}

// turn leases what may be worked on next, at domains that come after the given
// one. It returns where the next turn goes on, empty for the beginning.
func (in *Inbox) turn(ctx context.Context, b *busy, after string) (rows []storage.Received, last string, err error) {
	l := storage.Lease{Rows: b.places(), Domains: map[string]int{}, PerSource: verifySource, Sources: map[string]int{}}
	perDomain := verifyDomain
	if in.o.NoLimits {
		l.PerSource, perDomain = verifyAtOnce, verifyAtOnce
	}
	names, err := in.o.DB.UnverifiedDomains(ctx, after, domainsAtOnce)
	if err != nil {
		return nil, "", err
	}
	if len(names) == domainsAtOnce {
		last = names[len(names)-1]
	}
	b.mu.Lock()
	maps.Copy(l.Sources, b.sources)
	for _, name := range names {
		if n := min(perDomain-b.domains[name], in.budgets.domains.left(name)); n > 0 {
			l.Domains[name] = n
		}
	}
	b.mu.Unlock()
	if len(l.Domains) == 0 {
		return nil, last, nil
	}
	rows, err = in.o.DB.Unverified(ctx, l)
	return rows, last, err
}

// byActor parts rows by who is said to have sent them: the first gets the key for
// all, and they keep their order.
func byActor(rows []storage.Received) [][]storage.Received {
	slices.SortFunc(rows, func(a, b storage.Received) int { return cmp.Compare(a.ID, b.ID) })
	var groups [][]storage.Received
	index := map[[2]string]int{}
	for _, row := range rows {
		who := [2]string{row.Actor, row.Domain}
		i, ok := index[who]
		if !ok {
			i = len(groups)
			index[who] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], row)
	}
	return groups
}
