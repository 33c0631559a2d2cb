package fetch

import (
	"context"
	"strings"

	"stoa/activitypub"
)

// Software is the program a server says it runs.
type Software struct {
	Name    string // lower case; never empty
	Version string // may be empty
}

// NodeInfo asks what software runs on host. Content types do not matter. The
// document must be on the host that was asked, or on the one it redirected to:
// a link to anywhere else is an error of kind WrongOrigin and is not followed.
// A host without NodeInfo is an error of kind NotFound.
func (c *Client) NodeInfo(ctx context.Context, host string) (software Software, err error) {
	defer c.observe("nodeinfo", c.now(), &err)
	ctx, cancel := c.begin(ctx, c.o.Timeout)
	defer cancel()

	root, err := c.root(host)
	if err != nil {
		return Software{}, err
	}
	ask := question{accept: "application/json", limit: maxDiscovery}
	links, err := c.get(ctx, root.String()+".well-known/nodeinfo", ask)
	if err != nil {
		return Software{}, err
	}
	href, err := activitypub.ReadNodeInfoLinks(links.body)
	if err != nil {
		return Software{}, &Error{Kind: Malformed, URL: links.url.String(), Err: err}
	}
	if href == "" {
		return Software{}, fail(NotFound, links.url.String(), "no link to a schema that is known")
	}
	to, err := address(href, c.o.Dev)
	if err != nil {
		return Software{}, err
	}
	if to.Host != root.Host && to.Host != links.url.Host {
		return Software{}, fail(WrongOrigin, links.url.String(), "leads to %q", clip(href))
	}
	p, err := c.get(ctx, href, ask)
	if err != nil {
		return Software{}, err
	}
	info, err := activitypub.ReadNodeInfo(p.body)
	if err != nil {
		return Software{}, &Error{Kind: Malformed, URL: p.url.String(), Err: err}
	}
	name := strings.ToLower(strings.TrimSpace(info.Name))
	if name == "" {
		return Software{}, fail(Malformed, p.url.String(), "no software name")
	}
	return Software{Name: name, Version: info.Version}, nil
}
