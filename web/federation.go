package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web/view"
	"stoa/web/words"
)

// AdminOptions are what the admin's pages need besides.
type AdminOptions struct {
	// Replay has an activity judged once more, as storage.DB.Replay does.
	Replay func(ctx context.Context, id int64) error
	// Names lists the ids that an ActivityPub document says.
	Names func(document []byte) []string
	// Host is the address of the private listener, host:port; may be empty.
	Host string
}

// Admin serves the admin's pages: how the node gets on with other servers. It asks
// for no password, so it belongs on a listener that nobody else reaches.
type Admin struct {
	*Site
	o AdminOptions
}

// NewAdmin returns an Admin. It fails only when its templates are broken.
func NewAdmin(o Options, a AdminOptions) (*Admin, error) {
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	s.private = true
	return &Admin{s, a}, nil
}

// Register adds the pages to r, which must not be what everybody reaches.
func (a *Admin) Register(r *mux.Router) {
	guard := http.NewCrossOriginProtection()
	add := func(path string, h Handler, methods ...string) {
		r.Handle(path, guard.Handler(a.Page(a.named(h)))).Methods(methods...)
	}
	get := func(path string, h Handler) { add(path, h, http.MethodGet, http.MethodHead) }
	get("/", a.overview)
	get("/federation", a.servers)
	get("/federation/flow.svg", a.picture)
	get("/federation/server/{host}", a.server)
	get("/federation/refused", a.refused)
	get("/federation/activity", a.trace)
	get("/federation/budget", a.budget)
	get("/federation/received/"+id, a.parcel)
	get("/federation/received/"+id+"/bytes", a.bytes)
	add("/federation/received/"+id+"/replay", a.replay, http.MethodPost)
	get("/favicon.ico", a.favicon)
	get(view.AssetPrefix+"{file}", a.asset)
}

// named refuses requests that name another host than those that can only mean
// this listener: a page elsewhere could give its own name this address, and read
// here as if it came from here.
func (a *Admin) named(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		host, own := hostName(r.Host), hostName(a.o.Host)
		_, err := netip.ParseAddr(host)
		if err != nil && host != "localhost" && !strings.HasSuffix(host, ".localhost") && (own == "" || host != own) {
			return forum.Refuse(forum.Forbidden, "host", "Ask for this page by localhost or by a number, not as %s.", view.Visible(host, 100))
		}
		return h(w, r)
	}
}

func hostName(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

func (a *Admin) overview(w http.ResponseWriter, r *http.Request) error {
	return a.HTML(w, r, http.StatusOK, view.AdminPage{Frame: a.Frame(r, a.Words(r).Admin.Overview)})
}

// day reads the flow of the last 24 hours.
func (a *Admin) day(ctx context.Context, t *words.Words) (*view.Flow, error) {
	const steps = int(24 * time.Hour / storage.TrafficStep)
	f := &view.Flow{T: t, Step: storage.TrafficStep, Start: a.Now().UTC().Truncate(storage.TrafficStep).Add(-(time.Duration(steps) - 1) * storage.TrafficStep)}
	rows, err := a.Reader.Traffic(ctx, f.Start)
	if err != nil {
		return f, err
	}
	stream := func(flow storage.Flow) []int64 {
		counts := make([]int64, steps)
		for _, row := range rows {
			if i := int(row.At.Sub(f.Start) / f.Step); i >= 0 && i < steps {
				counts[i] = row.Counts[flow]
			}
		}
		return counts
	}
	for i := range storage.Inward {
		f.In, f.Out = append(f.In, stream(storage.Inward[i])), append(f.Out, stream(storage.Outward[i]))
	}
	return f, nil
}

// flowPolicy allows the picture its own style and nothing else.
var flowPolicy = func() string {
	sum := sha256.Sum256([]byte(view.FlowStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'"
}()

func (a *Admin) picture(w http.ResponseWriter, r *http.Request) error {
	f, err := a.day(r.Context(), a.Words(r))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", flowPolicy)
	return sendOnce(w, r, http.StatusOK, "image/svg+xml", f.Picture())
}

func (a *Admin) servers(w http.ResponseWriter, r *http.Request) error {
	in := r.URL.Query()
	q := storage.PeerQuery{Text: strings.TrimSpace(in.Get("q")), Behind: in.Get("behind") != "", After: in.Get("after")}
	list, err := a.Reader.Peers(r.Context(), q)
	if err != nil {
		return err
	}
	p := view.ServersPage{Frame: a.Frame(r, a.Words(r).Admin.Servers), Text: q.Text, Behind: q.Behind, Paged: q.After != ""}
	p.Section = view.SectionServers
	if !p.Paged {
		if p.Flow, err = a.day(r.Context(), a.Words(r)); err != nil {
			return err
		}
		p.Hours = p.Flow.Hours()
	}
	p.Servers = serverGrid(p.Frame, list.Items)
	p.More = next("/federation", in, "after", list.Next)
	return a.HTML(w, r, http.StatusOK, p)
}

// next is the address of the page that follows, with the filter of this one.
func next(path string, q url.Values, key, cursor string) string {
	if cursor == "" {
		return ""
	}
	q.Set(key, cursor)
	return path + "?" + q.Encode()
}

func (a *Admin) server(w http.ResponseWriter, r *http.Request) error {
	d, err := a.Reader.Peer(r.Context(), mux.Vars(r)["host"])
	if err != nil {
		return err
	}
	p := serverPage(a.Frame(r, view.Visible(d.Host, 100)), &d)
	p.Section = view.SectionServers
	return a.HTML(w, r, http.StatusOK, p)
}

// refusedOnPage is how many refused activities a page lists.
const refusedOnPage = 50

func (a *Admin) refused(w http.ResponseWriter, r *http.Request) error {
	in := r.URL.Query()
	before, err := strconv.ParseInt(in.Get("before"), 10, 64)
	if err != nil && in.Get("before") != "" {
		return forum.Refuse(forum.Invalid, "bad-cursor", "The address of this page is not complete.")
	}
	host := strings.ToLower(strings.TrimSpace(in.Get("host")))
	list, err := a.Reader.Refused(r.Context(), host, before, refusedOnPage+1)
	if err != nil {
		return err
	}
	p := view.RefusedPage{Frame: a.Frame(r, a.Words(r).Admin.Refused), Host: host, Paged: before > 0}
	p.Section = view.SectionRefused
	if len(list) > refusedOnPage {
		list = list[:refusedOnPage]
		p.More = next("/federation/refused", in, "before", strconv.FormatInt(list[refusedOnPage-1].ID, 10))
	}
	p.List = refusedGrid(p.Frame, list)
	return a.HTML(w, r, http.StatusOK, p)
}

// received is the number of an activity that came in.
func received(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	if err != nil {
		return 0, errNoPage
	}
	return n, nil
}

func (a *Admin) parcel(w http.ResponseWriter, r *http.Request) error {
	n, err := received(r)
	if err != nil {
		return err
	}
	parcel, body, err := a.Reader.Parcel(r.Context(), n)
	if err != nil {
		return err
	}
	p := parcelPage(a.Frame(r, a.Words(r).Admin.Activity+" "+strconv.FormatInt(parcel.ID, 10)), &parcel, body)
	p.Section = view.SectionRefused
	return a.HTML(w, r, http.StatusOK, p)
}

// bytes answers with what came in, as text that no browser takes for anything else.
func (a *Admin) bytes(w http.ResponseWriter, r *http.Request) error {
	n, err := received(r)
	if err != nil {
		return err
	}
	parcel, body, err := a.Reader.Parcel(r.Context(), n)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return forum.Refuse(forum.Gone, "body-gone", "%s", a.Words(r).Admin.BodyGone)
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	w.Header().Set("Content-Disposition", `attachment; filename="activity-`+strconv.FormatInt(parcel.ID, 10)+`.json"`)
	return sendOnce(w, r, http.StatusOK, "text/plain; charset=utf-8", body)
}

// replayWait is how long a click waits for the outcome; the page says what there
// is by then.
const replayWait = 3 * time.Second

func (a *Admin) replay(w http.ResponseWriter, r *http.Request) error {
	n, err := received(r)
	if err != nil {
		return err
	}
	if err := a.o.Replay(r.Context(), n); err != nil {
		return err
	}
	for end := time.Now().Add(replayWait); time.Now().Before(end); {
		parcel, _, err := a.Reader.Parcel(r.Context(), n)
		if err != nil {
			return err
		}
		if parcel.State != "ready" {
			break
		}
		select {
		case <-r.Context().Done():
			return r.Context().Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	w.Header().Set("Location", "/federation/received/"+strconv.FormatInt(n, 10))
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

func (a *Admin) trace(w http.ResponseWriter, r *http.Request) error {
	p := view.TracePage{Frame: a.Frame(r, a.Words(r).Admin.Trace), ID: strings.TrimSpace(r.URL.Query().Get("id"))}
	p.Section = view.SectionTrace
	if p.ID == "" {
		return a.HTML(w, r, http.StatusOK, p)
	}
	status := http.StatusOK
	t, err := a.Reader.Trace(r.Context(), p.ID, a.o.Names)
	p.ID = view.Visible(p.ID, 2048)
	refused, isRefusal := errors.AsType[*forum.Refusal](err)
	switch {
	case isRefusal:
		status, p.Missing = refused.Kind.Status(), view.Visible(refused.Text, 2048)
	case err != nil:
		return err
	default:
		p.Steps = steps(p.Frame, &t)
	}
	return a.HTML(w, r, status, p)
}

func (a *Admin) budget(w http.ResponseWriter, r *http.Request) error {
	tables, err := a.Reader.Budget(r.Context())
	if err != nil {
		return err
	}
	p := view.BudgetPage{Frame: a.Frame(r, a.Words(r).Admin.Budget)}
	p.Section, p.Tables = view.SectionBudget, budgetGrid(p.Frame, tables)
	return a.HTML(w, r, http.StatusOK, p)
}
