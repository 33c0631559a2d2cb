package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// post takes out of the log what a node has to tell the others, as delivery does.
func (m *member) post() {
	m.t.Helper()
	db := m.any().db
	var to storage.Horizon
	err := db.Pool().QueryRow(m.ctx, `select coalesce(max(xid), 0) + 1, now() from log`).Scan(&to.XID, &to.At)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, o := range m.nodes {
		server := m.lines(`select id::text from server where host = $1`, o.host)
		if o == m || len(server) == 0 {
			continue
		}
		var id int64
		if _, err := fmt.Sscan(server[0], &id); err != nil {
			m.t.Fatal(err)
		}
		for _, in := range []forum.Lane{forum.LaneDirect, forum.LaneContent, forum.LaneVotes} {
			at := lane{o.host, in}
			units, _, err := db.Units(m.ctx, id, in, m.sent[at], to.At.Add(-time.Hour), to, false, 10_000)
			if err != nil {
				m.t.Fatal(err)
			}
			for i := range units {
				m.sent[at] = units[i].ID()
				doc := units[i].Direct
				if units[i].Form == storage.FormAnnouncement {
					doc = units[i].Forum
				}
				if doc != nil {
					m.flight = append(m.flight, &parcel{from: m, to: o, body: doc.Body, left: 1 + m.dice.IntN(2)})
					if m.calm {
						m.flight[len(m.flight)-1].left = 1
					}
				}
			}
		}
	}
}

// arrive has something arrive somewhere: one letter or several, in any order.
func (w *together) arrive() {
	w.t.Helper()
	w.dice.Shuffle(len(w.flight), func(i, k int) { w.flight[i], w.flight[k] = w.flight[k], w.flight[i] })
	to, most := w.flight[0].to, 1+w.dice.IntN(6)
	var arrivals []storage.Arrival
	w.flight = slices.DeleteFunc(w.flight, func(l *parcel) bool {
		if l.to != to || len(arrivals) == most {
			return false
		}
		arrivals = append(arrivals, w.arrival(l))
		l.left--
		return l.left == 0
	})
	if _, err := to.any().db.Receive(w.ctx, arrivals); err != nil {
		w.t.Fatal(err)
	}
}

// brief is what an activity says, for whoever reads what was done.
func brief(body []byte) string {
	a, err := ap.ReadActivity(body)
	if err != nil {
		return string(body)
	}
	text := a.Type
	for a.Object.IsEmbedded() {
		inner, err := a.Object.Activity()
		if err != nil {
			break
		}
		a = inner
		text += " " + a.Type
	}
	return text + " " + a.Object.ID + " " + a.Target.ID + " by " + a.Actor + " at " + a.Published.Text
}

func (w *together) arrival(l *parcel) storage.Arrival {
	w.t.Helper()
	env, err := ap.ReadEnvelope(l.body)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, l.body)
	}
	w.say("%s tells %s: %s", l.from.name, l.to.name, brief(l.body))
	a := storage.Arrival{Verified: true, Host: l.from.host, Type: env.Type, Actor: env.Actor, Activity: env.ID, Body: l.body}
	a.Family, a.About = sortOut(env)
	return a
}

// work has a process apply some of what is there, and die now and then before that
// is committed. It reports whether there was anything.
func (m *member) work() (worked bool) {
	m.t.Helper()
	return m.workUpTo(1 + m.dice.IntN(12))
}

// workUpTo is work for so many letters of each family at once.
func (m *member) workUpTo(limit int) (worked bool) {
	m.t.Helper()
	p, dies := m.any(), m.dice.IntN(6) == 0 && !m.calm
	families, err := p.db.ReadyFamilies(m.ctx)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, family := range families {
		apply := p.in.apply
		if dies {
			apply = func(ctx context.Context, tx *storage.Tx, rows []storage.Received) ([]storage.Verdict, error) {
				if _, err := p.in.apply(ctx, tx, rows); err != nil {
					return nil, err
				}
				return nil, errDied
			}
		}
		rows, verdicts, err := p.db.Work(m.ctx, family, limit, apply)
		for i := range verdicts {
			if v := verdicts[i]; err == nil && (v.Reason != "" || v.Needs != "") {
				m.say("%s judges %s: %d %s %s", m.name, brief(rows[i].Body), v.State, v.Reason, v.Needs)
			}
		}
		if err != nil && !errors.Is(err, errDied) {
			m.t.Fatalf("%s: %v", m.name, err)
		}
		worked = worked || len(rows) > 0 || err != nil
	}
	return worked
}

// ask gets one of the objects that the node wants to see where they are from, early
// also those for which the time has not come; of one id alone where that is given.
func (m *member) ask(early bool, of ...string) (asked bool) {
	m.t.Helper()
	p := m.any()
	var job river.Job[storage.FetchObject]
	var args []byte
	row := &rivertype.JobRow{State: rivertype.JobStateRunning, MaxAttempts: 1}
	const due = `kind = 'fetch_object' and (state = 'available' or state in ('scheduled', 'retryable') and ($1 or scheduled_at <= now())) and (cardinality($2::text[]) = 0 or args ->> 'iri' = any($2))`
	of = append([]string{}, of...)
	open := m.number(`select count(*) from river_job where `+due, early, of)
	if open == 0 {
		return false
	}
	err := p.db.Pool().QueryRow(m.ctx, `update river_job set state = 'running', attempt = attempt + 1, attempted_at = now() where id = (
		select id from river_job where `+due+` order by id offset $3 limit 1)
		returning id, attempt, args`, early, of, m.dice.IntN(open)).Scan(&row.ID, &row.Attempt, &args)
	if err == nil {
		err = json.Unmarshal(args, &job.Args)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	job.JobRow = row
	m.say("%s asks for %s, refresh %v", m.name, job.Args.IRI, job.Args.Refresh)
	fetcher := p.in.Fetcher()
	fetcher.end = endJob
	if err := fetcher.Work(m.ctx, &job); err != nil {
		m.t.Fatalf("%s: fetching %s: %v", m.name, job.Args.IRI, err)
	}
	return true
}

// endJob completes a job as river does, which is not at work here.
func endJob(tx *storage.Tx, ctx context.Context, job *river.Job[storage.FetchObject]) error { //nolint:revive // as the method it stands for
	_, err := tx.SQL().Exec(ctx, `update river_job set state = 'completed', finalized_at = now() where id = $1`, job.ID)
	return err
}

// tally tells of the polls that stand otherwise than others were told.
func (m *member) tally() (told bool) {
	m.t.Helper()
	p := m.any()
	for _, post := range m.lines(`delete from river_job where kind = 'tell_poll' and not args ? 'final' returning args->>'post'`) {
		var id int64
		if _, err := fmt.Sscan(post, &id); err != nil {
			m.t.Fatal(err)
		}
		if err := p.db.InTx(m.ctx, func(ctx context.Context, tx *storage.Tx) error { return p.forum.Tally(ctx, tx, id) }); err != nil {
			m.t.Fatal(err)
		}
		told = true
	}
	return told
}
