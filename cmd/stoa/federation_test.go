package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/storage"
	"stoa/storage/storagetest"
)

// desk is a node with an admin at it, and peers that know its community.
type desk struct {
	*testNode
	dsn, community, ann string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	dsn := storagetest.DSN(t, schema)
	d := &desk{testNode: runTestNode(t, "node", dsn, nil), dsn: dsn}
	d.community, d.ann = d.found("porch", true), d.found("ann", false)
	return d
}

// admin runs a command as the admin would, beside the node.
func (d *desk) admin(args ...string) (out string, status int) {
	d.t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"--database-url", d.dsn, "--url", d.cfg.URL.String(), "--data", d.t.TempDir(), "federation"}, args...)
	status = run(d.t.Context(), args, &stdout, &stderr, func(string) string { return "" })
	if status != 0 {
		return stderr.String(), status
	}
	return stdout.String(), 0
}

// says fails the test unless a command works and says all of this.
func (d *desk) says(command string, want ...string) string {
	d.t.Helper()
	out, status := d.admin(strings.Fields(command)...)
	if status != 0 {
		d.t.Fatalf("%s: status %d: %s", command, status, out)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			d.t.Errorf("%s does not say %q:\n%s", command, w, out)
		}
	}
	return out
}

// asks runs a command with --json.
func asks[T any](d *desk, command string) (v T) {
	d.t.Helper()
	if err := json.Unmarshal([]byte(d.says(command+" --json")), &v); err != nil {
		d.t.Fatalf("%s: %v", command, err)
	}
	return v
}

// send delivers an activity of a peer and waits until it has been judged.
func (d *desk) send(p *fedtest.Peer, activity fedtest.Doc) storage.Parcel {
	d.t.Helper()
	if res, err := p.Send(d.t.Context(), d.cfg.URL.String()+"/inbox", activity, fedtest.SignAs{}); err != nil || res.Status != http.StatusAccepted {
		d.t.Fatalf("%s: %d %v", activity["type"], res.Status, err)
	}
	return d.judged(activity)
}

func (d *desk) judged(activity fedtest.Doc) (p storage.Parcel) {
	d.t.Helper()
	eventually(d.t, fmt.Sprint(activity["id"], " is judged"), func() bool {
		t, err := d.db.Reader().Trace(d.t.Context(), activity["id"].(string), namesIn)
		if err != nil || len(t.Parcels) == 0 {
			return false
		}
		p = t.Parcels[0].Parcel
		return p.State == "applied" || p.State == "refused" || p.State == "failed"
	})
	return p
}

func (d *desk) exec(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.db.Pool().Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatal(err)
	}
}

func TestServersAreShown(t *testing.T) {
	d := newDesk(t)
	well := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Lenient: true})
	ill := fedtest.New(t, fedtest.Options{Software: fedtest.PieFed, Lenient: true})
	for _, p := range []*fedtest.Peer{well, ill} {
		d.send(p, p.Person("jo").Follow(d.community))
		if _, err := p.WaitType(t.Context(), "Accept"); err != nil {
			t.Fatal(err)
		}
	}
	ill.OnPost(func(fedtest.Received) fedtest.Reply {
		return fedtest.Reply{Status: http.StatusServiceUnavailable, Body: `{"error":"\u001b[31mbroken"}`}
	})
	for i := range 5 {
		d.submit(d.ann, d.community, fmt.Sprintf("Post %d", i), "text")
	}
	var away storage.Peer
	eventually(t, "the breaker opens", func() bool {
		for _, p := range asks[[]storage.Peer](d, "servers --behind") {
			if p.Host == ill.Host() {
				away = p
			}
		}
		return away.Breaker == "open" && away.Lanes[1].Rows == 5
	})
	if away.Software != "piefed" || away.Failures < storage.BreakerAfter || away.Lanes[1].More || away.Lanes[2].Rows != 0 ||
		away.Lanes[1].Lane != "content" || away.Oldest.IsZero() || away.LastAt.IsZero() {
		t.Errorf("a server that is away: %+v", away)
	}
	eventually(t, "the other has all", func() bool {
		return len(asks[[]storage.Peer](d, "servers --behind")) == 1
	})
	d.says("servers", well.Host(), ill.Host(), "lemmy", "piefed", "open", "0/5/0")
	out := d.says("server "+ill.Host(), "piefed", "open", ill.SharedInbox(), "content")
	if strings.Contains(out, "\x1b") {
		t.Errorf("an answer reaches the terminal: %q", out)
	}

	// A row that was given up, and an inbox that is gone.
	d.exec(`insert into delivery_skip (server_id, inbox_id, lane, form, at, xid, seq, tries, status, reason)
		select i.server_id, i.id, 2, 2, g.at, g.xid, g.seq, 8, 500, 'no' || chr(27) || chr(8238) from server_inbox i, log g where i.url = $1 and g.verb = 'submit' order by g.xid limit 1`, well.SharedInbox())
	d.exec(`update server_inbox set refused_status = 410, refused_at = now() where url = $1`, well.SharedInbox())
	d.says("server "+well.Host(), "410", "submit", `no\x1b\u202e`)
	one := asks[storage.PeerDetail](d, "server "+well.Host())
	if len(one.Skips) != 1 || one.Skips[0].Activity == "" || one.Inboxes[0].Refused != 410 || one.Inboxes[0].Follows != 1 {
		t.Errorf("in detail: %+v", one)
	}
	if out, status := d.admin("server", "nobody.example"); status == 0 || !strings.Contains(out, "nobody.example") {
		t.Errorf("an unknown server: %d %s", status, out)
	}
	d.exec(`insert into domain_block (host, blocked_at) values ($1, now())`, strings.Split(ill.Host(), ":")[0])
	d.exec(`insert into domain_block (host, blocked_at) values ($1, now())`, ill.Host())
	d.says("server "+ill.Host(), "blocked")
}

// What could not be applied is applied once what it lacked is there.
func TestReplayAppliesWhatCouldNotBeApplied(t *testing.T) {
	d := newDesk(t)
	peer := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Lenient: true})
	jo := peer.Person("jo")
	like := jo.Like(d.publisher.PostURI(1), fedtest.CommunityAt(d.community))
	refused := d.send(peer, like)
	if refused.State != "refused" {
		t.Fatalf("a vote on nothing: %+v", refused)
	}
	list := asks[[]storage.Parcel](d, "refused")
	if len(list) != 1 || list[0].Activity != like["id"] || list[0].Reason == "" || list[0].Bytes == 0 || list[0].Host != peer.Host() {
		t.Fatalf("refused: %+v", list)
	}
	number := fmt.Sprint(list[0].ID)
	d.says("refused --host "+peer.Host()+" --limit 1", number, "Like", "no such object here", jo.ID)
	d.says("show "+number, "refused", jo.ID, `"Like"`)
	var sent fedtest.Doc
	if raw, _ := d.admin("show", number, "--raw"); json.Unmarshal([]byte(raw), &sent) != nil || sent["id"] != like["id"] {
		t.Errorf("its bytes: %s", raw)
	}

	// Replayed too early it is refused again, and its sender may still send it.
	if r := asks[replayed](d, "replay "+number); r.Outcome != "refused" || !r.Running || !strings.Contains(r.Reason, "no such object") {
		t.Errorf("replayed in vain: %+v", r)
	}
	post := d.submit(d.ann, d.community, "At last", "text")
	if post != d.publisher.PostURI(1) {
		t.Fatal(post)
	}
	if r := asks[replayed](d, "replay "+number); r.Outcome != "applied" {
		t.Errorf("replayed: %+v", r)
	}
	votes := func() int {
		p, err := d.db.Reader().PostByURI(t.Context(), post)
		if err != nil {
			t.Fatal(err)
		}
		return p.Up
	}
	if votes() != 2 { // its author's and jo's
		t.Errorf("after the replay: %d votes", votes())
	}
	if out, status := d.admin("replay", number); status == 0 || !strings.Contains(out, "was applied") {
		t.Errorf("what was applied: %d %s", status, out)
	}
	// It counts as seen now: sent once more it is a repeat.
	if res, err := peer.Send(t.Context(), d.cfg.URL.String()+"/inbox", like, fedtest.SignAs{}); err != nil || res.Status != http.StatusAccepted {
		t.Fatal(res, err)
	}
	next := d.send(peer, jo.Dislike(post, fedtest.CommunityAt(d.community)))
	trace := asks[storage.Trace](d, "trace "+like["id"].(string))
	if len(trace.Parcels) != 1 || next.State != "applied" {
		t.Errorf("a repeat was taken: %+v", trace.Parcels)
	}
}

func TestReplayIsRefused(t *testing.T) {
	d := newDesk(t)
	peer := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Lenient: true})
	jo := peer.Person("jo")
	like := jo.Like(d.publisher.PostURI(1), fedtest.CommunityAt(d.community))
	number := fmt.Sprint(d.send(peer, like).ID)
	refuses := func(what, want string) {
		t.Helper()
		if out, status := d.admin("replay", number); status == 0 || !strings.Contains(out, want) {
			t.Errorf("%s: %d %s", what, status, out)
		}
	}
	// Its sender sent it again, and then it could be applied.
	d.submit(d.ann, d.community, "At last", "text")
	if again := d.send(peer, like); again.State != "applied" || fmt.Sprint(again.ID) == number {
		t.Fatalf("sent again: %+v", again)
	}
	refuses("sent again since", "sent again")
	d.exec(`update received set body = '' where id = $1`, number)
	refuses("without a body", "is not kept")
	d.says("show "+number, "Its body is not kept")
	d.exec(`update received set state = 2 where id = $1`, number)
	refuses("under way", "being worked on")
	number = "987654321"
	refuses("nothing", "987654321")

	// Without a node nobody judges, and the command says so.
	other := d.send(peer, jo.Like(d.publisher.PostURI(99), fedtest.CommunityAt(d.community)))
	d.stop()
	out := d.says(fmt.Sprintf("replay %d --wait 0s", other.ID))
	if !strings.Contains(out, "does not run") {
		t.Errorf("without a node: %s", out)
	}
}

func TestTraceShowsEachStep(t *testing.T) {
	d := newDesk(t)
	forums := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Lenient: true})
	micro := fedtest.New(t, fedtest.Options{Software: fedtest.Mastodon, Lenient: true})
	away := fedtest.New(t, fedtest.Options{Software: fedtest.PieFed, Lenient: true})
	jo := forums.Person("jo")
	for _, p := range []*fedtest.Peer{forums, micro, away} {
		d.send(p, p.Person("jo").Follow(d.community))
		if _, err := p.WaitType(t.Context(), "Accept"); err != nil {
			t.Fatal(err)
		}
	}
	post := d.submit(d.ann, d.community, "Hello", "text")
	for _, p := range []*fedtest.Peer{forums, micro, away} {
		if _, err := p.WaitType(t.Context(), "Announce"); err != nil {
			t.Fatal(err)
		}
	}
	away.AnswerAll(http.StatusInternalServerError)
	like := jo.Like(post, fedtest.CommunityAt(d.community))
	d.send(forums, like)
	stops := func(tr storage.Trace) map[string]string {
		out := map[string]string{}
		for _, r := range tr.Rows {
			for _, s := range r.Servers {
				out[s.Host] = s.State
			}
		}
		return out
	}
	var tr storage.Trace
	eventually(t, "the vote has gone its way", func() bool {
		tr = asks[storage.Trace](d, "trace "+like["id"].(string))
		s := stops(tr)
		return s[forums.Host()] == "finished" && s[away.Host()] == "tried"
	})
	if len(tr.Parcels) != 1 || tr.Parcels[0].State != "applied" || len(tr.Rows) != 1 || tr.Rows[0].Verb != "vote" || tr.Rows[0].Community != d.community {
		t.Fatalf("%+v", tr)
	}
	if s := stops(tr); s[micro.Host()] != "nothing-to-say" {
		t.Errorf("how far it got: %v", s)
	}
	for _, s := range tr.Rows[0].Servers {
		if s.Host == away.Host() && (s.Tries == 0 || s.Next.IsZero()) {
			t.Errorf("being tried: %+v", s)
		}
	}
	// The same by its announcement.
	by := asks[storage.Trace](d, "trace "+tr.Rows[0].Forum)
	if len(by.Parcels) != 1 || by.Parcels[0].ID != tr.Parcels[0].ID || len(by.Rows) != 1 || by.Rows[0].Seq != tr.Rows[0].Seq {
		t.Errorf("by its announcement: %+v", by)
	}
	// A post by its id, with both of its documents.
	by = asks[storage.Trace](d, "trace "+post)
	if len(by.Rows) != 1 || by.Rows[0].Verb != "submit" || by.Rows[0].Micro == "" || stops(by)[micro.Host()] != "finished" {
		t.Errorf("by its object: %+v", by)
	}
	d.says("trace "+like["id"].(string), "RECEIVED", "applied", "LOG", "vote", forums.Host(), "finished", away.Host(), "tried", "nothing-to-say")

	// What waits, and for what.
	reply := jo.Create(fedtest.Post{Community: fedtest.CommunityAt(d.community), HTML: "<p>yes</p>", InReplyTo: away.URL("/nothing/1")})
	away.PutAnswer("/nothing/1", fedtest.Answer{Hang: true})
	if _, err := forums.Send(t.Context(), d.cfg.URL.String()+"/inbox", reply, fedtest.SignAs{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reply waits for a fetch", func() bool {
		tr, err := d.db.Reader().Trace(t.Context(), reply["id"].(string), namesIn)
		return err == nil && len(tr.Parcels) == 1 && tr.Parcels[0].State == "waiting" && len(tr.Parcels[0].Fetches) > 0
	})
	d.says("trace "+reply["id"].(string), "waits for", away.URL("/nothing/1"), "fetch", "attempt")
	if out, status := d.admin("trace", "https://nowhere.example/1"); status == 0 || !strings.Contains(out, "nowhere.example") {
		t.Errorf("an unknown id: %d %s", status, out)
	}
}

// The flow is counted by every process and written down, and an idle node writes
// nothing.
func TestTrafficIsCounted(t *testing.T) {
	d := newDesk(t)
	peer := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Lenient: true})
	jo := peer.Person("jo")
	d.send(peer, jo.Follow(d.community))
	if _, err := peer.WaitType(t.Context(), "Accept"); err != nil {
		t.Fatal(err)
	}
	post := d.submit(d.ann, d.community, "Hello", "text")
	like := jo.Like(post, fedtest.CommunityAt(d.community))
	d.send(peer, like)
	d.send(peer, jo.Like(d.publisher.PostURI(77), fedtest.CommunityAt(d.community)))
	for range 2 { // a repeat, and what is not signed
		if _, err := peer.Send(t.Context(), d.cfg.URL.String()+"/inbox", like, fedtest.SignAs{}); err != nil {
			t.Fatal(err)
		}
	}
	if res, err := peer.Send(t.Context(), d.cfg.URL.String()+"/inbox", like, fedtest.SignAs{Style: fedtest.Unsigned}); err != nil || res.Status != http.StatusUnauthorized {
		t.Fatal(res.Status, err)
	}
	d.stop() // which writes what was counted
	db, err := storage.Open(t.Context(), d.dsn, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	sum := map[storage.Flow]int64{}
	rows, err := db.Reader().Traffic(t.Context(), time.Now().Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for flow, n := range row.Counts {
			sum[flow] += n
		}
	}
	want := map[storage.Flow]int64{storage.FlowApplied: 2, storage.FlowRefused: 2, storage.FlowRepeated: 2}
	for flow, n := range want {
		if sum[flow] != n {
			t.Errorf("flow %d: %d, want %d (%v)", flow, sum[flow], n, sum)
		}
	}
	if sum[storage.FlowDelivered] < 2 {
		t.Errorf("delivered: %v", sum)
	}
	before := sum[storage.FlowApplied]
	if err := new(traffic).write(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if again, err := db.Reader().Traffic(t.Context(), time.Now().Add(-24*time.Hour)); err != nil || len(again) != len(rows) || before != 2 {
		t.Errorf("nothing counted, and yet written: %v %v", again, err)
	}
}

func TestBudgetIsShown(t *testing.T) {
	d := newDesk(t)
	d.submit(d.ann, d.community, "Hello", "text")
	d.says("budget", "log", "received", "seen", "traffic", "together", "31", "KiB")
	for _, b := range asks[[]storage.TableBudget](d, "budget") {
		if b.DaysKept <= 0 || b.Bytes <= 0 || b.Expected() < b.DayBytes {
			t.Errorf("%+v", b)
		}
	}
}

// The admin's pages are on the private listener and nowhere else.
func TestAdminPagesAreOnThePrivateListenerOnly(t *testing.T) {
	d := newDesk(t)
	for _, path := range []string{"/federation", "/federation/refused", "/federation/activity", "/federation/budget", "/federation/flow.svg"} {
		if w := d.get(path, "text/html"); w.Code != http.StatusNotFound {
			t.Errorf("the public door answers %s with %d", path, w.Code)
		}
	}
	private := httptest.NewServer(d.privateHandler())
	t.Cleanup(private.Close)
	get := func(path string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, private.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	for _, path := range []string{"/", "/federation", "/federation/refused", "/federation/activity", "/federation/budget", "/federation/flow.svg", "/healthz", "/metrics"} {
		if status, _ := get(path); status != http.StatusOK {
			t.Errorf("the private door answers %s with %d", path, status)
		}
	}
	_, index := get("/")
	for _, link := range []string{"/federation", "/federation/refused", "/federation/activity", "/federation/budget", "/healthz", "/readyz", "/metrics"} {
		if !strings.Contains(index, `href="`+link+`"`) {
			t.Errorf("the first page does not lead to %s", link)
		}
	}
	style := regexp.MustCompile(`/assets/stoa[^"]+css`).FindString(index)
	if status, body := get(style); status != http.StatusOK || !strings.Contains(body, ".grid") {
		t.Errorf("the stylesheet %s: %d", style, status)
	}
}
