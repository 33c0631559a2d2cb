package storage

import (
	"context"
	"strings"
	"time"
)

// BlockHost implements forum.ModerationTx.
func (t *Tx) BlockHost(ctx context.Context, host, reason string, at time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, `insert into domain_block (host, reason, blocked_at) values ($1, $2, $3) on conflict do nothing`,
		plainHost(host), reason, at)
	return err == nil && tag.RowsAffected() == 1, err
}

// UnblockHost implements forum.ModerationTx.
func (t *Tx) UnblockHost(ctx context.Context, host string) (bool, error) {
	tag, err := t.tx.Exec(ctx, `delete from domain_block where host = $1`, plainHost(host))
	return err == nil && tag.RowsAffected() == 1, err
}

// Blocked says whether a host or a domain above it is blocked.
func (db *DB) Blocked(ctx context.Context, host string) (bool, error) {
	blocked, err := blockedAmong(ctx, db.pool, []string{host})
	return blocked[host], err
}

// blockedHosts says which of the hosts are blocked, by themselves or by a domain
// above them.
func (t *Tx) blockedHosts(ctx context.Context, hosts map[string]bool) (map[string]bool, error) {
	list := make([]string, 0, len(hosts))
	for h := range hosts {
		list = append(list, h)
	}
	return blockedAmong(ctx, t.tx, list)
}

// blockedAmong asks for every name that would block a host, so that the size of
// the block list costs nothing.
func blockedAmong(ctx context.Context, q querier, hosts []string) (map[string]bool, error) {
	out := map[string]bool{}
	names, of := withParents(hosts)
	if len(names) == 0 {
		return out, nil
	}
	var name string
	err := each(ctx, q, "storage: blocked hosts", []any{&name}, func() {
		for _, host := range of[name] {
			out[host] = true
		}
	}, `select host from domain_block where host = any($1)`, names)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// withParents lists each host with and without its port and the domains above
// it, and says of which hosts each name is one.
func withParents(hosts []string) (names []string, of map[string][]string) {
	of = map[string][]string{}
	add := func(name, host string) {
		if len(of[name]) == 0 {
			names = append(names, name)
		}
		of[name] = append(of[name], host)
	}
	for _, host := range hosts {
		plain := plainHost(host)
		if plain == "" {
			continue
		}
		domain, port := cutPort(plain)
		if port != "" {
			add(plain, host)
		}
		for ok := true; ok && domain != ""; _, domain, ok = strings.Cut(domain, ".") {
			add(domain, host)
		}
	}
	return names, of
}

// plainHost writes a host the one way it is compared in. A dot at the end names
// the same server, and must not be a way around a block.
func plainHost(host string) string {
	name, port := cutPort(strings.ToLower(strings.TrimSpace(host)))
	return strings.TrimRight(name, ".") + port
}

// cutPort parts a host from its port, which keeps its colon.
func cutPort(host string) (name, port string) {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') { // an IPv6 address has colons within
		return host[:i], host[i:]
	}
	return host, ""
}
