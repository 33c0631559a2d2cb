package fetch

import (
	"context"
	"encoding/xml"
	"net/url"
	"strings"

	"stoa/activitypub"
)

// Account is what a host says of a name on it (RFC 7033).
type Account struct {
	// Subject is the account's own name for itself, "acct:name@host", in its own
	// spelling. It may name another host than the one asked.
	Subject string
	// Actors are the addresses of the ActivityPub actors, in the order given.
	// They are claims until each has been fetched.
	Actors []AccountActor
}

// AccountActor is one actor of an Account. Lemmy gives two when a person and a
// community share a name.
type AccountActor struct {
	ID   string
	Type string // "Person", "Group", …; "" when not said
}

// WebFinger asks host for name. Where host answers 404 or with something else
// than a JRD, its host-meta is asked where accounts are to be looked up
// (RFC 6415). Neither answer need have a particular content type. At most three
// redirects each; an answer without any actor is an error of kind NotFound.
func (c *Client) WebFinger(ctx context.Context, name, host string) (account Account, err error) {
	defer c.observe("webfinger", c.now(), &err)
	ctx, cancel := c.begin(ctx, c.o.Timeout)
	defer cancel()
	return c.webFinger(ctx, name, host)
}

func (c *Client) webFinger(ctx context.Context, name, host string) (Account, error) {
	root, err := c.root(host)
	if err != nil {
		return Account{}, err
	}
	if name == "" || len(name) > maxName || strings.ContainsAny(name, "@/\\ \t\r\n") {
		return Account{}, fail(BadURL, root.String(), "%q names no account", clip(name))
	}
	resource := "acct:" + name + "@" + root.Host
	query := url.QueryEscape(resource)
	ask := root.String() + ".well-known/webfinger?resource=" + query
	account, err := c.jrd(ctx, ask)
	if k := KindOf(err); k != NotFound && k != Malformed {
		return account, err
	}
	template := c.hostMeta(ctx, root.String()+".well-known/host-meta")
	if !strings.Contains(template, "{uri}") {
		return Account{}, err
	}
	other := strings.ReplaceAll(template, "{uri}", query)
	if other == ask {
		return Account{}, err
	}
	return c.jrd(ctx, other)
}

// maxName is the longest name of an account that is asked for, in bytes.
const maxName = 512

// jrd gets a WebFinger answer and keeps what leads to actors.
func (c *Client) jrd(ctx context.Context, at string) (Account, error) {
	p, err := c.get(ctx, at, question{accept: activitypub.ContentTypeJRD + ", application/json", limit: maxDiscovery})
	if err != nil {
		return Account{}, err
	}
	jrd, err := activitypub.ReadJRD(p.body)
	if err != nil {
		return Account{}, &Error{Kind: Malformed, URL: p.url.String(), Err: err}
	}
	account := Account{Subject: jrd.Subject}
	for _, link := range jrd.Actors() {
		if _, err := address(link.Href, c.o.Dev); err != nil {
			continue // a link this node could not follow
		}
		account.Actors = append(account.Actors, AccountActor{ID: link.Href, Type: link.Properties[activitypub.PropertyType]})
	}
	if len(account.Actors) == 0 {
		return Account{}, fail(NotFound, p.url.String(), "no actor has the name")
	}
	return account, nil
}

// hostMeta gives the template by which a host wants its accounts looked up, ""
// when it does not say.
func (c *Client) hostMeta(ctx context.Context, at string) string {
	p, err := c.get(ctx, at, question{accept: activitypub.ContentTypeXRD + ", application/xml", limit: maxDiscovery})
	if err != nil {
		return ""
	}
	var xrd struct {
		Links []struct {
			Rel      string `xml:"rel,attr"`
			Type     string `xml:"type,attr"`
			Template string `xml:"template,attr"`
		} `xml:"Link"`
	}
	if err := xml.Unmarshal(p.body, &xrd); err != nil {
		return ""
	}
	for _, link := range xrd.Links {
		if link.Rel == "lrdd" && (link.Type == "" || strings.HasSuffix(link.Type, "json")) {
			return link.Template
		}
	}
	return ""
}

// root is the address "scheme://host/" of a bare host, with a port only in Dev.
func (c *Client) root(host string) (*url.URL, error) {
	if strings.ContainsAny(host, "/?#@\\") {
		return nil, fail(BadURL, clip(host), "no host")
	}
	scheme := "https://"
	if c.o.Dev {
		scheme = "http://"
	}
	return address(scheme+host+"/", c.o.Dev)
}

// Intent is an address at which somebody can do something about an object of
// another server: a link of WebFinger that holds {object} (FEP-3b86) or {uri}
// (OStatus).
type Intent struct{ Rel, Template string }

// Intents asks host for the intents of an account on it, in the order given.
// Templates are addresses that this client would ask.
func (c *Client) Intents(ctx context.Context, name, host string) (intents []Intent, err error) {
	defer c.observe("webfinger", c.now(), &err)
	ctx, cancel := c.begin(ctx, c.o.Timeout)
	defer cancel()
	root, err := c.root(host)
	if err != nil {
		return nil, err
	}
	ask := root.String() + ".well-known/webfinger?resource=" + url.QueryEscape("acct:"+name+"@"+root.Host)
	p, err := c.get(ctx, ask, question{accept: activitypub.ContentTypeJRD + ", application/json", limit: maxDiscovery})
	if err != nil {
		return nil, err
	}
	jrd, err := activitypub.ReadJRD(p.body)
	if err != nil {
		return nil, &Error{Kind: Malformed, URL: p.url.String(), Err: err}
	}
	for _, link := range jrd.Links {
		template := link.Template
		if template == "" {
			template = link.Href // as some write it
		}
		if !strings.Contains(template, "{object}") && !strings.Contains(template, "{uri}") {
			continue
		}
		if _, err := address(strings.NewReplacer("{", "", "}", "").Replace(template), c.o.Dev); err == nil {
			intents = append(intents, Intent{Rel: link.Rel, Template: template})
		}
	}
	return intents, nil
}
