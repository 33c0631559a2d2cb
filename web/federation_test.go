package web

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/mux"

	"stoa/web/webtest"
)

const (
	script = `<script>alert(1)</script><img src=x onerror=alert(2)>`
	bidi   = "\u202eevil\u2066 \u200b"
)

// desk is a node with what an admin has to look after, and its private door.
type desk struct {
	*node
	admin    *httptest.Server
	public   string // address of the public door
	replayed []int64
	announce string // id of an Announce that went out
	object   string
}

// exec runs statements that no verb would run: other servers' misfortunes.
func (d *desk) exec(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.db.Pool().Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) number(sql string, args ...any) (n int64) {
	d.t.Helper()
	if err := d.db.Pool().QueryRow(d.t.Context(), sql, args...).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{node: newNode(t)}
	d.public = d.server.URL
	base, err := url.Parse(testBase)
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewAdmin(Options{Reader: d.db.Reader(), BaseURL: base, NodeName: "The Painted Porch", Version: "0.1.0"}, AdminOptions{
		Replay: func(ctx context.Context, id int64) error {
			d.replayed = append(d.replayed, id)
			return d.db.Replay(ctx, id)
		},
		Names: func(doc []byte) []string { return strings.Fields(string(doc)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	router := mux.NewRouter()
	a.Register(router)
	d.admin = httptest.NewServer(router)
	t.Cleanup(d.admin.Close)
	d.server = d.admin // asked by ask and get
	return d
}

// furnish gives the desk servers in every state, and everything else to look at.
func (d *desk) furnish() {
	d.t.Helper()
	craft := d.found("craft", "Craft", "Making things by hand.")
	for i, s := range []struct{ host, software, version, columns string }{
		{"lemmy.example", "lemmy", "1.0.2", `last_ok_at = now() - interval '20 s', last_status = 200, touched_xid = 40, walked_xid = 40`},
		{"microblog.example", "mastodon", "4.6.0", `microblog = true, last_ok_at = now() - interval '3 min', last_status = 202, touched_xid = 40, walked_xid = 40`},
		{"slow.example", "piefed", "1.7.1", `last_ok_at = now() - interval '4 s', last_status = 200, touched_xid = 900, walked_xid = 4`},
		{"away.example", "mbin", "1.9.0", `failures = 7, retry_at = now() + interval '25 min', last_ok_at = now() - interval '9 h', last_error = 'connection refused', last_error_at = now() - interval '2 min', touched_xid = 900, walked_xid = 4`},
		{"busy.example", "nodebb", "4.8.0", `retry_at = now() + interval '40 s', last_status = 429, last_said = '{"error":"rate limited"}', last_error_at = now() - interval '10 s', last_error = 'HTTP 429 Too Many Requests', touched_xid = 900, walked_xid = 4`},
		{"a-rather-long-hostname.for-a-server.example", script, bidi + strings.Repeat("9", 3000), `last_status = 500, last_said = '` + strings.ReplaceAll(script, "'", "") + `', last_error_at = now(), failures = 1, touched_xid = 40, walked_xid = 40`},
		{"jumped.example", "lemmy", "0.19.20", `jumped_at = now() - interval '2 days', jumped_rows = 18233, last_ok_at = now() - interval '1 h', last_status = 200, touched_xid = 40, walked_xid = 40`},
		{"spam.example", "", "", `touched_xid = 40, walked_xid = 40`},
	} {
		id := d.number(`insert into server (host, software, version, probed_at) values ($1, $2, $3, case when $2 <> '' then now() - interval '5 h' end) returning id`, s.host, s.software, s.version)
		d.exec(`update server set `+s.columns+` where id = $1`, id)
		inbox := d.number(`insert into server_inbox (server_id, url) values ($1, $2) returning id`, id, "https://"+s.host+"/inbox")
		d.exec(`insert into audience (community_id, inbox_id, server_id, since_xid, since_seq) values ($1, $2, $3, 5, 0)`, craft.ID, inbox, id)
		for lane := 1; lane <= 3; lane++ {
			low := 900
			if i >= 2 && i <= 4 {
				low = 100 + 50*i
			}
			d.exec(`insert into delivery_lane (server_id, lane, low_xid, low_seq, low_at, width) values ($1, $2, $3, 0, now() - interval '3 h', $4)`, id, lane, low, 1+lane*i)
		}
		if form := map[string]int{"lemmy": 1, "mastodon": 2, "piefed": 1, "mbin": 1, "nodebb": 1}[s.software]; form > 0 {
			d.exec(`insert into server_form (server_id, since_xid, form) values ($1, 0, $2) on conflict do nothing`, id, form)
		}
	}
	d.exec(`insert into domain_block (host, blocked_at) values ('spam.example', now())`)
	d.exec(`update server_inbox set refused_status = 410, refused_at = now() - interval '1 day' where url = 'https://jumped.example/inbox'`)
	d.object, d.announce = testBase+"/post/1", testBase+"/activities/announce-320"
	for i, lane := range []int{2, 3, 3, 3, 2, 3} {
		for n := range 40 {
			xid := 100 + i*130 + n
			d.exec(`insert into log (at, xid, seq, verb, lane, community_id, actor, subject, forum_id, forum_doc, announcer)
				values (now() - make_interval(secs => $2), $1::bigint, $1::bigint, $3, $4, $5, 'https://lemmy.example/u/jo', $6, $7::text, convert_to($7::text || ' https://lemmy.example/activities/like/' || $1::bigint, 'UTF8'), 'x')`,
				xid, 10000-10*xid, map[int]string{2: "reply", 3: "vote"}[lane], lane, craft.ID, d.object, fmt.Sprintf("%s/activities/announce-%d", testBase, xid))
		}
	}
	xid := int64(620 + 10)
	d.announce = fmt.Sprintf("%s/activities/announce-%d", testBase, xid)
	d.exec(`insert into delivery_skip (server_id, inbox_id, lane, form, at, xid, seq, tries, status, reason)
		select i.server_id, i.id, 2, 2, g.at, g.xid, g.seq, 8, 500, $2 from server_inbox i, log g where i.url = 'https://slow.example/inbox' and g.xid = $1`, xid, "Internal Server Error "+script+bidi)
	d.exec(`update delivery_lane d set tried = jsonb_build_array(jsonb_build_object('x', $1::bigint, 's', $1::bigint, 'i', i.id, 'f', 2, 'n', 1, 'a', 3, 'p', false, 't', now() + interval '1 min'))
		from server_inbox i where i.server_id = d.server_id and i.url = 'https://away.example/inbox' and lane = 2`, xid)

	for i, r := range []struct{ host, kind, reason, body string }{
		{"lemmy.example", "Like", "", fmt.Sprintf("https://lemmy.example/activities/like/%d %s", xid, d.object)},
		{"microblog.example", "Create", "gave up waiting for https://gone.example/notes/7", `{"id":"https://microblog.example/notes/1/activity","type":"Create"}`},
		{"piefed.example", "Lock", "not understood: Lock", `{"id":"https://piefed.example/activities/lock/4","type":"Lock"}`},
		{"spam.example", "Create", script + bidi, "{\"x\":\"" + script + bidi + "\x00\xff" + strings.Repeat("y", 1<<20) + "\"}"},
		{"unknown.example", "Follow", "no key: the server does not answer", ""},
	} {
		state := 4
		if r.reason == "" {
			state = 3
		}
		activity := fmt.Sprintf("https://%s/activities/%s/%d", r.host, strings.ToLower(r.kind), xid)
		d.exec(`insert into received (at, state, host, type, actor, activity, family, shard, key, body, reason, done_at, tries)
			values (now() - make_interval(mins => $1), $2, $3, $4, $5, $6, 3, 0, 1, $7, $8, now(), 1)`,
			10-i, state, r.host, r.kind, "https://"+r.host+"/u/jo", activity, []byte(r.body), r.reason)
	}
	d.exec(`insert into received (state, host, type, actor, activity, family, shard, key, body, reason, needs, tries, next_at)
		values (2, 'wait.example', 'Create', 'https://wait.example/u/w', 'https://wait.example/a/1', 2, 0, 9, 'x', '', 'https://far.example/notes/3', 2, now() + interval '40 s')`)
	d.exec(`insert into river_job (kind, args, max_attempts, attempt, state, scheduled_at, errors) values ('fetch_object', '{"iri": "https://far.example/notes/3"}', 6, 2, 'retryable', now() + interval '20 s',
		array['{"error": "fetch: https://far.example/notes/3: timeout"}'::jsonb])`)
	// A day with its tides: little at night, a wave of refusals, an hour of trouble.
	d.exec(`insert into traffic (at, kind, n) select t, k, greatest(0, (case k when 1 then 260 when 2 then 14 when 3 then 40 when 4 then case when i between 200 and 214 then 90 else 0 end
			when 11 then 900 when 12 then 9 when 13 then case when i between 120 and 150 then 320 else 12 end else (case when i = 150 then 60 else 1 end) end
			* (1.05 + sin(i / 46.0) + .25 * sin(i * 1.7 + k)) / 2)::int)
		from generate_series(0, 286) i, lateral (select date_bin('5 min', now(), '2000-01-01') - i * interval '5 min' as t) t, unnest(array[1,2,3,4,11,12,13,14]) k`)
}

func (d *desk) addresses() map[string]string {
	parcel := func(host string) string {
		return fmt.Sprintf("/federation/received/%d", d.number(`select id from received where host = $1`, host))
	}
	return map[string]string{
		"overview": "/", "servers": "/federation", "servers-behind": "/federation?behind=1", "server": "/federation/server/slow.example",
		"server-away": "/federation/server/away.example", "server-jumped": "/federation/server/jumped.example",
		"server-hostile": "/federation/server/a-rather-long-hostname.for-a-server.example",
		"refused":        "/federation/refused", "refused-none": "/federation/refused?host=nobody.example", "parcel": parcel("microblog.example"),
		"parcel-hostile": parcel("spam.example"), "parcel-gone": parcel("unknown.example"),
		"trace": "/federation/activity?id=" + url.QueryEscape(d.announce), "trace-waiting": "/federation/activity?id=" + url.QueryEscape("https://wait.example/a/1"),
		"trace-none": "/federation/activity?id=" + url.QueryEscape(script+bidi), "trace-empty": "/federation/activity", "budget": "/federation/budget",
	}
}

// Each of the admin's pages, at both widths, in the dark and without script.
func TestAdminPagesInChromium(t *testing.T) {
	d := newDesk(t)
	d.furnish()
	chrome := webtest.Browser(t)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1280} {
			if theme == "dark" && width != 1280 {
				continue // a theme is colours, and they are the same at every width
			}
			t.Run(fmt.Sprintf("%s-%d", theme, width), func(t *testing.T) {
				ctx, complaints := webtest.Tab(t, chrome, width, theme, true)
				for name, path := range d.addresses() {
					before := len(complaints())
					if err := chromedp.Do(ctx, chromedp.Navigate(d.admin.URL+path), chromedp.WaitReady(chromedp.CSS("footer.steps"))); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					webtest.Shoot(t, ctx, fmt.Sprintf("admin-%s-%s-%d", name, theme, width))
					sideways, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
					if err != nil {
						t.Fatal(err)
					}
					if sideways > 0 {
						t.Errorf("%s: sticks out by %d pixels", name, sideways)
					}
					if err := webtest.Evaluate(ctx, `document.querySelectorAll("details").forEach(d => d.open = true)`); err != nil {
						t.Fatal(err)
					}
					for _, v := range webtest.Violations(t, ctx) {
						t.Errorf("%s: axe: %s", name, v)
					}
					for _, c := range complaints()[before:] {
						if name == "trace-none" && strings.Contains(c, "404") {
							continue // the browser remarks on the status itself
						}
						t.Errorf("%s: console: %s", name, c)
					}
				}
				for _, file := range []string{"/federation/flow.svg"} {
					before := len(complaints())
					if err := chromedp.Do(ctx, chromedp.Navigate(d.admin.URL+file), chromedp.WaitReady(chromedp.CSS("svg"))); err != nil {
						t.Fatal(err)
					}
					webtest.Shoot(t, ctx, fmt.Sprintf("admin-flow-%s-%d", theme, width))
					for _, c := range complaints()[before:] {
						t.Errorf("%s: console: %s", file, c)
					}
				}
			})
		}
	}
}

// A click on the button, without script, judges an activity once more.
func TestReplayByButton(t *testing.T) {
	d := newDesk(t)
	d.furnish()
	id := d.number(`select id from received where host = 'piefed.example'`)
	d.exec(`create or replace function judged() returns trigger language plpgsql as $$ begin if new.state = 1 then new.state := 3; end if; return new; end $$;
		create trigger judged before update on received for each row execute function judged()`) // a worker that is quick
	ctx, _ := webtest.Tab(t, webtest.Browser(t), 360, "light", false)
	page := fmt.Sprintf("%s/federation/received/%d", d.admin.URL, id)
	if err := chromedp.Do(ctx, chromedp.Navigate(page), chromedp.Click(chromedp.CSS("form.replay button")), chromedp.WaitReady(chromedp.CSS("main:not(:has(form.replay))"))); err != nil {
		t.Fatal(err)
	}
	if len(d.replayed) != 1 || d.replayed[0] != id {
		t.Errorf("replayed: %v, want %d", d.replayed, id)
	}
	// What was applied is refused, and the page says why.
	a := d.ask(http.MethodPost, fmt.Sprintf("/federation/received/%d/replay", id))
	if a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "was applied") {
		t.Errorf("a second time: %d %s", a.StatusCode, a.body)
	}
}

// No other page can press the button, nor read what is here under a name of its own.
func TestAdminPagesAnswerOnlyThemselves(t *testing.T) {
	d := newDesk(t)
	d.furnish()
	path := fmt.Sprintf("/federation/received/%d/replay", d.number(`select id from received where host = 'piefed.example'`))
	for name, head := range map[string][]string{
		"another site": {"Sec-Fetch-Site", "cross-site"}, "another port": {"Sec-Fetch-Site", "same-site"},
		"an old browser": {"Origin", "https://evil.example"}, "a page of nowhere": {"Origin", "null"},
	} {
		if a := d.ask(http.MethodPost, path, head...); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s may press the button: %d", name, a.StatusCode)
		}
	}
	if len(d.replayed) > 0 {
		t.Errorf("replayed: %v", d.replayed)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.admin.URL+"/federation", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("asked for as evil.example: %d", res.StatusCode)
	}
	// Nothing of it is on the public site.
	d.server = &httptest.Server{URL: d.public}
	for _, path := range []string{"/federation", "/federation/refused", "/federation/flow.svg", "/federation/activity", "/federation/budget", "/federation/server/slow.example", "/federation/received/1"} {
		if a := d.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("the public site answers %s with %d", path, a.StatusCode)
		}
	}
}

// What strangers wrote is seen and does nothing.
func TestAdminPagesShowHostileTextHarmless(t *testing.T) {
	d := newDesk(t)
	d.furnish()
	d.exec(`insert into server (host, software) values ($1, 'x')`, `"><b>&.example`)
	addresses := d.addresses()
	addresses["odd host"] = "/federation/server/" + url.PathEscape(`"><b>&.example`)
	for name, path := range addresses {
		a := d.get(path)
		if len(find(t, a.root, "script")) != 1 || len(find(t, a.root, "main img")) > 0 || len(find(t, a.root, "main b")) > 0 {
			t.Errorf("%s: text became markup", name)
		}
		if strings.ContainsAny(a.body, "\u202e\u2066\u200b\x00") {
			t.Errorf("%s: what turns or hides text is there as it came", name)
		}
		if len(a.body) > 200<<10 {
			t.Errorf("%s: %d bytes", name, len(a.body))
		}
		if got := a.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: may be kept: %q", name, got)
		}
	}
	if a := d.get(addresses["refused"]); !strings.Contains(a.body, "&lt;script&gt;") || !strings.Contains(a.body, `\u202eevil`) {
		t.Error("the reason is not shown")
	}
	// The bytes as they came, for whoever asks.
	a := d.get(addresses["parcel-hostile"] + "/bytes")
	if !strings.Contains(a.body, "\x00\xff") || len(a.body) < 1<<20 || a.Header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the bytes: %d, %v", len(a.body), a.Header)
	}
}

// The picture is XML and stays small whatever is counted.
func TestFlowPicture(t *testing.T) {
	d := newDesk(t)
	for name, fill := range map[string]string{
		"nothing": `select 1`,
		"a lot":   `insert into traffic select date_bin('5 min', now(), '2000-01-01') - i * interval '5 min', k, 1000000000000 from generate_series(0, 400) i, unnest(array[1,2,3,4,11,12,13,14,99]) k`,
	} {
		d.exec(fill)
		a := d.get("/federation/flow.svg")
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "image/svg+xml" || len(a.body) > 64<<10 {
			t.Errorf("%s: %d %s, %d bytes", name, a.StatusCode, a.Header.Get("Content-Type"), len(a.body))
		}
		elements := map[string]int{}
		x := xml.NewDecoder(strings.NewReader(a.body))
		for {
			token, err := x.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := token.(xml.StartElement); ok {
				elements[e.Name.Local]++
			}
		}
		if elements["svg"] != 1 || elements["title"] != 1 || elements["desc"] != 1 {
			t.Errorf("%s: %v", name, elements)
		}
		if name == "a lot" && !strings.Contains(a.body, "applied 288,000,000,000,000") {
			t.Errorf("%s: the description does not say it", name)
		}
	}
}

// Lists go on by key, and each server and activity is on one page.
func TestAdminListsGoOn(t *testing.T) {
	d := newDesk(t)
	d.exec(`insert into server (host) select 'h' || i || '.example' from generate_series(1, 120) i`)
	d.exec(`insert into received (state, host, type, actor, activity, family, shard, key, body, reason)
		select 4, 'h.example', 'Like', 'https://h.example/u', 'https://h.example/' || i, 3, 0, i, 'x', 'no' from generate_series(1, 120) i`)
	for path, want := range map[string]int{"/federation": 120, "/federation?q=h1": 32, "/federation/refused": 120, "/federation/refused?host=h.example": 120, "/federation?behind=1": 0} {
		seen := map[string]bool{}
		for at, pages := path, 0; at != ""; pages++ {
			if pages > 5 {
				t.Fatalf("%s does not end", path)
			}
			a := d.get(at)
			at = ""
			for _, link := range find(t, a.root, "table.grid th a") {
				if seen[wordsIn(link)] {
					t.Errorf("%s: %s is there twice", path, wordsIn(link))
				}
				seen[wordsIn(link)] = true
			}
			for _, link := range find(t, a.root, "a[rel=next]") {
				at = attribute(link, "href")
			}
		}
		if len(seen) != want {
			t.Errorf("%s lists %d, want %d", path, len(seen), want)
		}
	}
	for _, path := range []string{"/federation?after=x", "/federation/refused?before=x"} {
		if a := d.get(path); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}
