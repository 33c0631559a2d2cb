package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"stoa/federation/forum"
	"stoa/storage"
)

// probed takes a server for a moment and records what it understands from a
// transaction on.
func (o *outgoing) probed(server, since int64, d storage.Dialect) {
	o.t.Helper()
	us := uuid.New()
	o.exec(`update server set lease_owner = $2, lease_until = now() + interval '1 minute' where id = $1`, server, us)
	err := o.Probed(o.t.Context(), us, server, storage.Identity{Software: "x", Dialects: o.dialects(server).Add(since, d), Again: time.Now()})
	if err != nil {
		o.t.Fatal(err)
	}
	o.exec(`update server set lease_owner = null, lease_until = null where id = $1`, server)
}

// dialects are those that a walk of the server is given.
func (o *outgoing) dialects(server int64) storage.Dialects {
	o.t.Helper()
	var since []int64
	var is []storage.Dialect
	o.scan(&since, `select array(select since_xid from server_form where server_id = $1 order by since_xid)`, server)
	o.scan(&is, `select array(select form from server_form where server_id = $1 order by since_xid)`, server)
	var d storage.Dialects
	for i := range is {
		d = d.Add(since[i], is[i])
	}
	return d
}

// What a row changes, who signs what microblogs get of it, and whether it lasts,
// comes with its units.
func TestUnitsSayWhatTheyChange(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	server, inbox := o.inbox("peer.example", "/inbox")
	o.follow(server, inbox)
	first := o.row(o.Pool(), forum.LaneContent, "post")
	second := o.row(o.Pool(), forum.LaneContent, "post")
	o.exec(`update log set micro_id = 'https://stoa.example/m', micro_doc = '{}' where seq = any($1)`, []int64{first.Seq, second.Seq})
	o.exec(`update log set of_xid = $2, lasting = true, micro_signer = 'https://stoa.example/u/ada' where seq = $1`, second.Seq, first.XID)
	units, _ := o.units(server, forum.LaneContent, storage.UnitID{}, o.settled(uuid.New()).To, 10)
	if len(units) != 2 {
		t.Fatalf("units: %v", subjects(units))
	}
	if u := units[0]; u.OfXID != 0 || u.SpokenAt() != first.XID || u.Lasting || u.Micro.Signer != "https://stoa.example/c/go" {
		t.Errorf("what is new: %+v", u)
	}
	if u := units[1]; u.OfXID != first.XID || u.SpokenAt() != first.XID || !u.Lasting || u.Micro.Signer != "https://stoa.example/u/ada" || u.Forum.Signer != "https://stoa.example/c/go" {
		t.Errorf("what changes it: %+v, micro %+v, forum %+v", u, u.Micro, u.Forum)
	}
}

func TestDialects(t *testing.T) {
	t.Parallel()
	const both, forums, micro = storage.BothDialects, storage.ForumDialect, storage.MicroblogDialect
	var none storage.Dialects
	for name, c := range map[string]struct {
		d    storage.Dialects
		at   map[int64]storage.Dialect
		only bool // microblogs
	}{
		"nothing known":               {none, map[int64]storage.Dialect{0: both, 9: both}, false},
		"known before anything":       {none.Add(0, micro), map[int64]storage.Dialect{0: micro, 9: micro}, true},
		"told in both before":         {none.Add(5, micro), map[int64]storage.Dialect{0: both, 4: both, 5: micro, 9: micro}, false},
		"as before":                   {none.Add(0, micro).Add(7, micro), map[int64]storage.Dialect{0: micro, 9: micro}, true},
		"another":                     {none.Add(0, micro).Add(7, forums), map[int64]storage.Dialect{6: micro, 7: forums}, false},
		"and back":                    {none.Add(0, micro).Add(7, forums).Add(9, micro), map[int64]storage.Dialect{6: micro, 8: forums, 9: micro}, false},
		"another, at the same moment": {none.Add(0, micro).Add(7, forums).Add(7, both), map[int64]storage.Dialect{6: micro, 7: both}, false},
		"another, told of nothing":    {none.Add(0, forums).Add(0, micro), map[int64]storage.Dialect{0: micro}, true},
	} {
		for xid, want := range c.at {
			if got := c.d.At(xid); got != want {
				t.Errorf("%s: at %d it is %d, want %d", name, xid, got, want)
			}
		}
		if got := c.d.Only(micro); got != c.only {
			t.Errorf("%s: only microblogs %v", name, got)
		}
	}
}

// A server that was ever told things in another form is told of what changes
// them, also when it takes nothing but posts now.
func TestFormerForumsAreTouchedForVotes(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	server, inbox := o.inbox("micro.example", "/inbox")
	o.follow(server, inbox)
	o.probed(server, 0, storage.ForumDialect)
	o.probed(server, 1, storage.MicroblogDialect)
	o.row(o.Pool(), forum.LaneVotes, "vote")
	a := o.settled(uuid.New())
	if len(a.Leased) != 1 {
		t.Fatalf("not leased for a vote: %+v", a)
	}
	if d := a.Leased[0].Dialects; d.At(0) != storage.ForumDialect || d.At(1) != storage.MicroblogDialect || d.Only(storage.MicroblogDialect) {
		t.Errorf("dialects came back as %+v", d)
	}
}

// Who has lost the lease does not decide any more in which form things are said.
func TestProbedNeedsTheLease(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	server, _ := o.inbox("peer.example", "/inbox")
	var d storage.Dialects
	err := o.Probed(t.Context(), uuid.New(), server, storage.Identity{Software: "lemmy", Dialects: d.Add(0, storage.ForumDialect)})
	if !errors.Is(err, storage.ErrLeaseLost) {
		t.Errorf("Probed without the lease: %v", err)
	}
	var forms int
	o.scan(&forms, `select count(*) from server_form`)
	if forms != 0 {
		t.Errorf("%d dialects recorded", forms)
	}
}
