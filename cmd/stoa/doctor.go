package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"stoa/storage/cluster"
)

type doctorCommand struct{}

// check is one thing that is looked at. Its function returns what it found, and
// an error whose text says what to do.
type check struct {
	name string
	look func(ctx context.Context, c *config) (string, error)
}

var checks = []check{
	{"Postgres", checkDatabase},
	{"disk", checkDisk},
	{"clock", checkClock},
	{"DNS", checkDNS},
	{"reachability", checkReachable},
}

// errUnhealthy ends the command after everything has been said.
var errUnhealthy = errors.New("something needs attention, see above")

// Run looks at everything and says what to do.
func (doctorCommand) Run(a *app) error {
	sick := false
	for _, c := range checks {
		ctx, cancel := context.WithTimeout(a.ctx, 20*time.Second)
		found, err := c.look(ctx, a.cfg)
		cancel()
		mark := "ok  "
		if err != nil {
			mark, found, sick = "FAIL", err.Error(), true
		}
		if _, err := fmt.Fprintf(a.out, "%s %-13s %s\n", mark, c.name, found); err != nil {
			return err
		}
	}
	if sick {
		return errUnhealthy
	}
	return nil
}

func checkDatabase(ctx context.Context, c *config) (string, error) {
	if c.DatabaseURL == "" {
		if _, err := cluster.Find(ctx); err != nil {
			return "", err
		}
	}
	db, err := openDatabase(ctx, c, false, newLog(io.Discard, c))
	if err != nil {
		return "", err
	}
	counts, err := db.Reader().Counts(ctx)
	if cerr := db.close(); err == nil {
		err = cerr
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("answers; %d communities, %d posts here", counts.Communities, counts.Posts), nil
}

// minFree is the free space below which a node should not go on for long.
const minFree = 2 << 30

func checkDisk(_ context.Context, c *config) (string, error) {
	dir := c.Data
	free, _, err := diskSpace(dir)
	if err != nil {
		if free, _, err = diskSpace("."); err != nil {
			return "", fmt.Errorf("cannot look at %s: %w", dir, err)
		}
	}
	if free < minFree {
		return "", fmt.Errorf("only %.1f GB free where %s lies: make room, Postgres stops when there is none", float64(free)/1e9, dir)
	}
	return fmt.Sprintf("%.0f GB free", float64(free)/1e9), nil
}

// checkClock compares with what the node's own front says, or with the database:
// signatures are refused by others when the clock is more than an hour off.
func checkClock(ctx context.Context, c *config) (string, error) {
	if !c.public() {
		return "not compared: the node is not public", nil
	}
	resp, err := get(ctx, c.URL.String()+"/.well-known/nodeinfo")
	if err != nil {
		return "not compared: " + err.Error(), nil
	}
	defer func() { _ = resp.Body.Close() }()
	there, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return "not compared: no date in the answer", nil
	}
	if off := time.Since(there).Abs(); off > time.Minute {
		return "", fmt.Errorf("%s apart from what %s says: let ntp or chrony set the clock, others refuse signatures that are an hour off", off.Round(time.Second), c.URL.Host)
	}
	return "agrees with " + c.URL.Host, nil
}

func checkDNS(ctx context.Context, c *config) (string, error) {
	if !c.public() {
		return c.URL.Host + " is this machine", nil
	}
	addrs, err := net.DefaultResolver.LookupHost(ctx, c.URL.Hostname())
	if err != nil {
		return "", fmt.Errorf("%s has no address: add an A or AAAA record for it (%w)", c.URL.Hostname(), err)
	}
	return c.URL.Hostname() + " is " + strings.Join(addrs, ", "), nil
}

// checkReachable asks the node by its public name, as another server would.
func checkReachable(ctx context.Context, c *config) (string, error) {
	resp, err := get(ctx, c.URL.String()+"/.well-known/nodeinfo")
	if err != nil {
		var unknown *tls.CertificateVerificationError
		switch {
		case errors.As(err, &unknown):
			return "", fmt.Errorf("%s has no certificate that others trust: let the proxy get one (%w)", c.URL, err)
		case c.public():
			return "", fmt.Errorf("%s does not answer: start stoa serve, and let the proxy pass everything to %s (%w)", c.URL, c.Listen, err)
		}
		return "", fmt.Errorf("%s does not answer: start stoa serve (%w)", c.URL, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), c.URL.String()+"/nodeinfo/") {
		return "", fmt.Errorf("%s answers, but not with this node (HTTP %d): let the proxy pass everything to %s, with the Host header unchanged",
			c.URL, resp.StatusCode, c.Listen)
	}
	return c.URL.String() + " answers as this node", nil
}

func get(ctx context.Context, address string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: 10 * time.Second}
	if host := r.URL.Hostname(); strings.HasSuffix(host, ".localhost") {
		client.Transport = &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", r.URL.Port()))
		}}
	}
	return client.Do(r)
}
