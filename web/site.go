// Package web is the door for people: pages and feeds over HTTP.
//
// It reads through a storage.Reader and renders through web/view; it waits for
// no other server, and a Site changes nothing. An Admin is the door for the
// admin, on a listener that nobody else reaches. The addresses of people, communities,
// posts and comments also answer with ActivityPub documents: another door
// matches those requests first, so every request that reaches this one is taken
// to want a page. Pages that have such a twin say so with Vary: Accept.
package web

import (
	"context"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web/view"
)

// Options say what a Site shows and of which node.
type Options struct {
	Reader  *storage.Reader
	BaseURL *url.URL // the node's public address

	NodeName    string // at most forum.MaxNodeName runes
	NodeSummary string // one line; may be empty
	Contact     string // a mail address, a URL or any text; may be empty
	// Texts are the admin's own /privacy, /terms and /contact, as Markdown by name;
	// what is missing has a default text.
	Texts     map[string]string
	SourceURL string // where the source code of this program can be had
	Version   string

	// Dev shows the text of errors on their page, and reads templates and assets
	// from web/view below the working directory where that exists.
	Dev bool
	// Source names the address that a request came from, where proxies of ours stand
	// before the node. With it, what one network may have made in a minute is limited.
	Source func(remoteAddr string, forwarded []string) string
	// Intents asks a visitor's server how to do something there. Nil leaves visitors
	// to copy names by hand.
	Intents func(ctx context.Context, name, host string) ([]Intent, error)
	// Opened is told of each thread that is shown, and Shown of each person and
	// community elsewhere, with the time of which they are known. Neither may wait
	// for anything. Nil tells nobody.
	Opened func(post int64)
	Shown  func(uri string, fetched time.Time)
	// Look asks for a handle or address to be looked for at its server and tells how
	// that has gone so far; busy is true when too much is looked for already. Nil
	// looks for nothing elsewhere.
	Look func(ctx context.Context, text string) (l forum.LookedUp, busy bool, err error)
	// Media shows pictures of other servers. Nil shows links in their place.
	Media *Media
	// Pictures are those that people of this node have sent. Nil shows and takes none.
	Pictures *Pictures
	// Own answers about whoever is signed in. Nil signs nobody in.
	Own *Own
	// Joining says that anybody may have an account.
	Joining bool
	// Founding says that everybody with an account may make communities, and not only
	// admins.
	Founding bool
	// Suggest are hosts of servers whose communities the admin of an empty node is
	// offered to look at. Nothing is asked of them before.
	Suggest []string
	// Begin are communities of other servers, by name and host, that an empty node offers
	// to everybody as long as it knows of none. Nothing is asked of their servers before.
	Begin []forum.Community
	Log   *slog.Logger     // nil means slog.Default
	Now   func() time.Time // nil means time.Now
}

// Site serves the pages of one node. It holds nothing that changes but finished
// pages, and is safe for concurrent use.
type Site struct {
	Options
	base string // BaseURL without a slash at its end

	private bool // for the admin alone
	view    *view.View
	cache   *cache
	crawl   *crawl
	visits  *visits
	own     map[string]template.HTML // Texts, rendered
	packed  map[string][]byte        // assets in gzip, by address
}

// New returns a Site. It fails only when its templates are broken.
func New(o Options) (*Site, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.BaseURL == nil || o.BaseURL.Host == "" {
		return nil, fmt.Errorf("web.New: no public address")
	}
	if o.NodeName == "" {
		o.NodeName = o.BaseURL.Host
	}
	v, err := view.New(devFiles(o.Dev))
	if err != nil {
		return nil, fmt.Errorf("web.New: %w", err)
	}
	s := &Site{Options: o, base: o.BaseURL.Scheme + "://" + o.BaseURL.Host, view: v, cache: newCache(), crawl: &crawl{}, visits: &visits{}, packed: map[string][]byte{}}
	if err := s.ownTexts(); err != nil {
		return nil, err
	}
	for _, a := range v.Assets() {
		if z := packWell.pack(a.Content); z != nil && compressible(a.Type) {
			s.packed[a.Address] = z
		}
	}
	return s, nil
}

func devFiles(dev bool) fs.FS {
	if _, err := os.Stat("web/view/templates"); !dev || err != nil {
		return nil
	}
	return os.DirFS("web/view")
}

// handle is the pattern of a name in an address: name, or name@host with a port
// on development nodes. What it lets through is only looked up.
const handle = `{handle:[^/]{1,320}}`

// id is the pattern of a database id: no sign, no leading zero, no overflow.
const id = `{id:[1-9][0-9]{0,17}}`

// Register adds all pages to r, and the answers to addresses that lead nowhere
// and to methods that no page has.
func (s *Site) Register(r *mux.Router) {
	get := func(path string, h Handler) {
		r.Handle(path, s.kept(s.Page(h))).Methods(http.MethodGet, http.MethodHead)
	}
	get("/", s.front)
	get("/communities", s.communities)
	get("/c/"+handle, s.community)
	get("/u/"+handle, s.person)
	get("/post/"+id, s.post)
	get("/comment/"+id, s.comment)
	get("/{kind:post|comment}/"+id+"/history", s.history)
	get("/search", s.search)
	get("/open", s.open)
	get("/about", s.about)
	get("/modlog", s.modlog)
	get("/{name:privacy|terms|contact}", s.legal)
	get("/manifest.webmanifest", s.manifest)
	get("/sitemap.xml", s.sitemaps)
	get("/sitemaps/communities.xml", s.sitemapCommunities)
	get("/sitemaps/posts-{after:[0-9]{1,17}}.xml", s.sitemapPosts)
	get("/feeds/all.{as:atom|json}", s.feedAll)
	get("/feeds/c/{handle:[^/]{1,320}}.{as:atom|json}", s.feedCommunity)
	get("/feeds/u/{handle:[^/]{1,320}}.{as:atom|json}", s.feedPerson)
	get("/feeds/u/{handle:[^/]{1,320}}/comments.{as:atom|json}", s.feedRemarks)
	get("/feeds/post/"+id+".{as:atom|json}", s.feedThread)
	get("/feeds/communities.{as:atom|json}", s.feedDirectory)
	get("/robots.txt", s.robots)
	get("/favicon.ico", s.favicon)
	if s.Dev {
		r.Handle("/styleguide", s.Page(s.styleguide)).Methods(http.MethodGet, http.MethodHead)
	}
	if s.Intents != nil {
		get("/follow", s.follow)
	}
	if s.Pictures != nil {
		r.Handle(picturePath, s.Page(s.sent)).Methods(http.MethodGet, http.MethodHead)
	}
	if s.Media != nil {
		r.Handle(mediaPath, s.Page(s.media)).Methods(http.MethodGet, http.MethodHead)
	}
	r.Handle("/language", s.Page(s.language)).Methods(http.MethodGet)
	r.Handle(view.AssetPrefix+"{file}", s.Page(s.asset)).Methods(http.MethodGet, http.MethodHead)
	get("/{kind:c|u|post|comment}/{name:[^/]+}/", withoutSlash)
	get("/{name:communities|about|search|privacy|terms|contact}/", withoutSlash)
	r.NotFoundHandler = s.Page(func(http.ResponseWriter, *http.Request) error { return errNoPage })
	r.MethodNotAllowedHandler = s.Page(func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Allow", "GET, HEAD")
		return errNotAllowed
	})
}

// withoutSlash leads to the same address without the slash at its end.
func withoutSlash(w http.ResponseWriter, r *http.Request) error {
	path := r.URL.EscapedPath()
	return redirect(w, r, path[:len(path)-1])
}

// redirect leads for good to a path on this node, with the query that was asked for.
// Paths come from patterns that begin with a fixed word, so none of them begins
// with two slashes and leads to another host.
func redirect(w http.ResponseWriter, r *http.Request, path string) error {
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusMovedPermanently)
	return nil
}

// Frame is the part that all pages share.
func (s *Site) Frame(r *http.Request, title string) view.Frame {
	f := view.Frame{
		T: s.Words(r), Assets: s.view.Assets(), Now: s.Now(),
		Node: s.NodeName, Title: title, Version: s.Version, SourceURL: s.SourceURL,
		Private: s.private, Public: s.base, NoIndex: s.private, Address: r.URL.RequestURI(),
	}
	if !s.private {
		f.Manifest = "/manifest.webmanifest"
	}
	f.CanFollow = s.Intents != nil && !s.private
	if s.Own != nil && !s.private {
		f.Accounts, f.Joining, f.Self = true, s.Joining, s.self(r)
	}
	if (s.Media != nil || s.Pictures != nil) && !s.private {
		f.Picture = s.picture
	}
	return f
}
