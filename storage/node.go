package storage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/publicsuffix"

	"stoa/federation/forum"
)

// ErrOtherURL is returned by Bind for a database that belongs to another url.
type ErrOtherURL struct{ Have, Want string }

func (e *ErrOtherURL) Error() string {
	return fmt.Sprintf("this database belongs to the node %s; every id in it begins with that, so it cannot become %s. "+
		"Set url to %s, or use another database for the new node", e.Have, e.Want, e.Have)
}

// Bind ties the database to the node's public url: written at the first start,
// compared at every later one. It also keeps log positions growing when the
// database was restored into a cluster whose transaction ids are younger.
func (db *DB) Bind(ctx context.Context, base string) error {
	base = strings.TrimSuffix(base, "/")
	var have string
	err := db.pool.QueryRow(ctx, `insert into node (url) values ($1)
		on conflict (one) do update set url = node.url returning url`, base).Scan(&have)
	if err != nil {
		return fmt.Errorf("storage.Bind: %w", err)
	}
	if have != base {
		return &ErrOtherURL{Have: have, Want: base}
	}
	db.base = base
	// Positions are kept in more places than the log, which may be empty by now.
	_, err = db.pool.Exec(ctx, `update node set xid_offset = xid_offset + lag.by
		from (select greatest(
				(select max(xid) from log), (select max(xid) from outbox_direct), (select max(low_xid) from delivery_lane),
				(select max(greatest(since_xid, until_xid)) from audience), (select max(greatest(touched_xid, walked_xid)) from server),
				(select max(xid) from log_reader), 0) - log_xid() + 1 as by) lag
		where lag.by > 1`)
	if err != nil {
		return fmt.Errorf("storage.Bind: log positions: %w", err)
	}
	return nil
}

// URL is the node's public url that the database is tied to; empty before the
// first Bind.
func (db *DB) URL(ctx context.Context) (string, error) {
	var have string
	err := db.pool.QueryRow(ctx, `select url from node`).Scan(&have)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return have, err
}

// LocalKey is the private key of an actor that lives here.
type LocalKey struct {
	Owner, KeyID, PrivatePEM string
}

// LocalKey finds the key that signs for an actor of ours; false when there is none.
func (db *DB) LocalKey(ctx context.Context, owner string) (LocalKey, bool, error) {
	k := LocalKey{Owner: owner}
	err := db.pool.QueryRow(ctx, `select key_id, private_pem from local_key where owner = $1`, owner).Scan(&k.KeyID, &k.PrivatePEM)
	if errors.Is(err, pgx.ErrNoRows) {
		return k, false, nil
	}
	if err != nil {
		return k, false, fmt.Errorf("storage.LocalKey(%q): %w", owner, err)
	}
	return k, true, nil
}

// AddLocalKey keeps a key made for an actor of ours; one that is there already
// stays and is returned, so that of two processes that start at once both sign
// with the same key.
func (db *DB) AddLocalKey(ctx context.Context, k LocalKey) (LocalKey, error) {
	err := db.pool.QueryRow(ctx, `insert into local_key (owner, key_id, private_pem) values ($1, $2, $3)
		on conflict (owner) do update set owner = excluded.owner returning key_id, private_pem`,
		k.Owner, k.KeyID, k.PrivatePEM).Scan(&k.KeyID, &k.PrivatePEM)
	if err != nil {
		return k, fmt.Errorf("storage.AddLocalKey(%q): %w", k.Owner, err)
	}
	return k, nil
}

// ProofSeed keeps what the keys of this node's integrity proofs are made of, and
// returns what was kept first.
func (db *DB) ProofSeed(ctx context.Context, fresh []byte) (seed []byte, err error) {
	err = db.pool.QueryRow(ctx, `update node set proof_seed = coalesce(proof_seed, $1) returning proof_seed`, fresh).Scan(&seed)
	if err != nil {
		return nil, fmt.Errorf("storage.ProofSeed: %w", err)
	}
	return seed, nil
}

// ReserveName implements forum.FoundingTx.
func (t *Tx) ReserveName(ctx context.Context, name string, at time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, `insert into local_name (name, taken_at) values ($1, $2) on conflict do nothing`, name, at)
	return err == nil && tag.RowsAffected() == 1, err
}

// InsertCommunity implements forum.FoundingTx.
func (t *Tx) InsertCommunity(ctx context.Context, c forum.Community, privateKey string) (int64, error) {
	var id int64
	err := t.tx.QueryRow(ctx, `insert into community (uri, name, host, local, title, summary_source, summary_html,
			inbox, shared_inbox, followers_url, public_key, key_id, published_at, sensitive, restricted,
			rules_source, rules_html, language, untitled)
		values ($1, $2, $3, true, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) returning id`,
		c.URI, c.Name, c.Host, c.Title, c.SummarySource, c.SummaryHTML, c.Inbox, t.base+"/inbox", c.FollowersURL,
		c.PublicKey, c.KeyID, c.Published, c.Sensitive, c.Restricted, c.RulesSource, c.RulesHTML, c.Language, c.Untitled).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("storage.InsertCommunity(%q): %w", c.Name, err)
	}
	return id, t.insertKey(ctx, c.URI, c.KeyID, privateKey)
}

// InsertPerson implements forum.FoundingTx.
func (t *Tx) InsertPerson(ctx context.Context, p forum.Person, privateKey string) (int64, error) {
	var id int64
	err := t.tx.QueryRow(ctx, `insert into person (uri, name, host, local, title, bio_source, bio_html,
			inbox, shared_inbox, public_key, key_id, published_at, bot, discoverable)
		values ($1, $2, $3, true, $4, $5, $6, $7, $8, $9, $10, $11, $12, not $12) returning id`,
		p.URI, p.Name, p.Host, p.Title, p.BioSource, p.BioHTML, p.Inbox, t.base+"/inbox",
		p.PublicKey, p.KeyID, p.Published, p.Bot).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("storage.InsertPerson(%q): %w", p.Name, err)
	}
	return id, t.insertKey(ctx, p.URI, p.KeyID, privateKey)
}

func (t *Tx) insertKey(ctx context.Context, owner, keyID, privatePEM string) error {
	_, err := t.tx.Exec(ctx, `insert into local_key (owner, key_id, private_pem) values ($1, $2, $3)`, owner, keyID, privatePEM)
	return err
}

// HostOf is the host[:port] of an id or url, lower case; empty when it has none.
func HostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// Registrable is the domain below which whoever owns a server has as many names as they
// like: budgets of servers are counted by it.
func Registrable(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}
