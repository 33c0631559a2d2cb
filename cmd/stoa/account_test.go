package main

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"stoa/federation/account"
	"stoa/storage/private"
	"stoa/storage/storagetest"
)

// sends has a browser that keeps no cookies send a form to a program.
func (p *program) sends(path string, fields ...string) (status int, body string) {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

var linkPath = regexp.MustCompile(`http://localhost:8080(/link/[\w-]{43})`)

// A node begins closed and without anybody. Its first start prints the link that makes
// the first admin, and so does each start until there is one; only the last of them
// works, and works once.
func TestFirstStartMakesTheFirstAdmin(t *testing.T) {
	t.Parallel()
	dir, db := t.TempDir(), []string{"--database-url", storagetest.DSN(t, schema)}
	start := append(append([]string(nil), trial...), db...)
	link := func(p *program) string {
		t.Helper()
		eventually(t, "a link is printed", func() bool { return linkPath.MatchString(p.log()) })
		return linkPath.FindStringSubmatch(p.log())[1]
	}
	first := startProgram(t, dir, start...)
	old := link(first)
	if status, body := first.get(old); status != 200 || !strings.Contains(body, "The first admin") {
		t.Fatalf("the link leads to %d\n%s", status, body)
	}
	if status, body := first.get("/join"); status != 403 || strings.Contains(body, "<form method=\"post\" action=\"/join\"") || !strings.Contains(body, "No new accounts") {
		t.Errorf("/join of a node nobody has opened: %d\n%s", status, body)
	}
	if status, _ := first.sends("/join", "name", "eve", "email", "eve@mail.test", "password", "correct horse battery", "age", "1", "agree", "1"); status != 403 {
		t.Errorf("somebody joins a closed node: %d", status)
	}
	for _, path := range []string{"/", "/sign-in", "/communities"} {
		if _, body := first.get(path); strings.Contains(body, `"/join"`) {
			t.Errorf("%s leads to the closed door", path)
		}
	}
	first.kill()

	second := startProgram(t, dir, start...)
	path := link(second)
	if status, _ := second.get(old); path == old || status != http.StatusGone {
		t.Errorf("the link of the start before still works: %d", status)
	}
	if status, body := second.sends(path, "name", "ada", "password", "correct horse battery"); status != 303 {
		t.Fatalf("making the first admin: %d\n%s", status, body)
	}
	if status, _ := second.sends(path, "name", "eve", "password", "correct horse battery"); status != http.StatusGone {
		t.Errorf("the link makes another admin: %d", status)
	}
	if out, ok := command(t, dir, append([]string{"account", "list"}, db...)...); !ok || !regexp.MustCompile(`(?m)^ada\s.*admin$`).MatchString(out) || strings.Contains(out, "eve") {
		t.Errorf("who has an account: %s", out)
	}
	second.kill()

	third := startProgram(t, dir, start...)
	if status, _ := third.get("/"); status != 200 {
		t.Fatal(status)
	}
	third.kill() // and all it said is read
	if said := third.log(); strings.Contains(said, "/link/") || strings.Contains(said, "Nobody looks after") {
		t.Errorf("a node with an admin asks for one: %s", said)
	}
}

// Without a mail server letters are written to the log; with one they are sent.
func TestLetters(t *testing.T) {
	t.Parallel()
	dir, office := t.TempDir(), newPostOffice(t)
	start := append(append([]string(nil), trial...), "--database-url", storagetest.DSN(t, schema), "--name", "Füße")
	configure := func(text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, "data"), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "data", configFile), []byte("registration = \"open\"\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	configure("")
	silent := startProgram(t, dir, start...)
	join := func(p *program, name string) {
		t.Helper()
		if status, body := p.sends("/join", "name", name, "email", name+"@mail.test", "password", "correct horse battery", "age", "1", "agree", "1"); status != 200 {
			t.Fatalf("joining: %d\n%s", status, body)
		}
	}
	join(silent, "ann")
	written := regexp.MustCompile(`(?m)^.*to=ann@mail\.test.*$`)
	eventually(t, "the letter is in the log", func() bool { return written.MatchString(silent.log()) })
	line := written.FindString(silent.log())
	link := linkPath.FindStringSubmatch(line)
	if link == nil || !strings.Contains(line, "smtp") {
		t.Fatalf("the log says %s", line)
	}
	if status, _ := silent.sends(link[1]); status != 303 {
		t.Errorf("the link in the log: %d", status)
	}
	// And the link for another password.
	if status, body := silent.sends("/reset", "name", "ann"); status != 200 || !strings.Contains(body, "log") {
		t.Errorf("asking for another password: %d\n%s", status, body)
	}
	eventually(t, "both letters are in the log", func() bool { return len(written.FindAllString(silent.log(), -1)) == 2 })
	line = written.FindAllString(silent.log(), -1)[1]
	if link = linkPath.FindStringSubmatch(line); link == nil || !strings.Contains(line, "password") {
		t.Fatalf("the log says %s", line)
	}
	if status, _ := silent.sends(link[1], "password", "another horse battery"); status != 303 {
		t.Errorf("the link for another password: %d", status)
	}
	if status, _ := silent.sends("/sign-in", "name", "ann", "password", "another horse battery"); status != 303 {
		t.Errorf("ann cannot sign in with what she chose: %d", status)
	}
	if strings.Count(silent.log(), link[1]) != 1 {
		t.Error("the link is in the log of requests, too")
	}
	if len(office.letters()) != 0 {
		t.Error("a letter is sent to a mail server that nobody named")
	}
	silent.kill()

	configure(fmt.Sprintf("smtp = %q\nmail-from = \"porter@node.example\"\n", "smtp://"+office.listen.Addr().String()))
	p := startProgram(t, dir, start...)
	join(p, "bob")
	eventually(t, "the letter is sent", func() bool { return len(office.letters()) == 1 })
	l := office.letters()[0]
	if !strings.HasPrefix(l.from, "FROM:<porter@node.example>") || !strings.HasPrefix(l.to, "TO:<bob@mail.test>") || strings.Count(l.to, "TO:") != 1 {
		t.Errorf("the envelope says %q, %q", l.from, l.to)
	}
	m, err := mail.ReadMessage(strings.NewReader(l.text))
	if err != nil {
		t.Fatal(err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || len(from) != 1 || *from[0] != (mail.Address{Name: "Füße", Address: "porter@node.example"}) {
		t.Errorf("From: %q, %v", m.Header.Get("From"), err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "bob@mail.test" {
		t.Errorf("To: %q, %v", m.Header.Get("To"), err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "Füße") {
		t.Errorf("Subject: %q, %v", subject, err)
	}
	if _, err := m.Header.Date(); err != nil || m.Header.Get("Message-Id") == "" {
		t.Errorf("the letter has no date or name: %v", m.Header)
	}
	if kind, how := m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"); !strings.HasPrefix(kind, "text/plain; charset=UTF-8") || how != "quoted-printable" {
		t.Fatalf("the letter is %q, in %q", kind, how)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	if link = linkPath.FindStringSubmatch(string(text)); link == nil {
		t.Fatalf("the letter has no link: %s", text)
	}
	if strings.Contains(p.log(), link[1]) {
		t.Error("what is sent is written to the log, too")
	}
	if status, _ := p.sends(link[1]); status != 303 {
		t.Errorf("the link in the letter: %d", status)
	}
	if status, _ := p.sends("/sign-in", "name", "bob", "password", "correct horse battery"); status != 303 {
		t.Errorf("bob cannot sign in: %d", status)
	}
}

// Closed is what registration is when nobody says anything.
func TestRegistrationIsClosedUntilOpened(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": false, "closed": false, "open": true} {
		flags := map[string]string{"url": "https://forum.example"}
		if text != "" {
			flags["registration"] = text
		}
		c, err := readConfig(flags, "", func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		if c.Joining != want {
			t.Errorf("registration %q: anybody may join is %v", text, c.Joining)
		}
	}
	if _, err := readConfig(map[string]string{"registration": "ajar"}, "", func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "open or closed") {
		t.Errorf("ajar: %v", err)
	}
}

// The form of joining asks for the age that is set, sixteen when nobody says anything,
// and whoever does not say it has no account; where it is 0 nothing is asked.
func TestMinimumAge(t *testing.T) {
	t.Parallel()
	for setting, asks := range map[string]string{"": "16", "18": "18", "0": ""} {
		t.Run("of "+setting, func(t *testing.T) {
			t.Parallel()
			args := append(append([]string(nil), trial...), "--database-url", storagetest.DSN(t, schema), "--registration", "open")
			if setting != "" {
				args = append(args, "--minimum-age", setting)
			}
			p := startProgram(t, t.TempDir(), args...)
			_, page := p.get("/join")
			if got := strings.Contains(page, `name="age"`); got != (asks != "") || got && !strings.Contains(page, "I am at least "+asks+" years old.") {
				t.Errorf("the form: %s", page)
			}
			form := []string{"name", "ann", "email", "ann@mail.test", "password", "correct horse battery", "agree", "1"}
			status, page := p.sends("/join", form...)
			if want := map[bool]int{true: 400, false: 200}[asks != ""]; status != want {
				t.Errorf("without a word of their age: %d\n%s", status, page)
			}
			if asks != "" && (!strings.Contains(page, `id="field-age-fault"`) || !strings.Contains(page, `value="ann@mail.test"`)) {
				t.Errorf("what is said of it: %s", page)
			}
			if status, page = p.sends("/join", append(form, "age", "1")...); status != 200 {
				t.Errorf("old enough: %d\n%s", status, page)
			}
		})
	}
}

// The commands about accounts do to the running node what they say.
func TestAccountCommands(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "node", nil)
	if out := n.stoa("account", "list"); !strings.Contains(out, "None yet") {
		t.Errorf("an empty list says %q", out)
	}
	ann := n.lives("ann")
	n.found("bea", false) // has no account
	if _, err := private.Of(n.db).Open(t.Context(), n.person(n.found("bob", false)).ID, account.Account{Email: "bob@mail.test", Password: "none"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	row := func(name string) string {
		t.Helper()
		return strings.Join(strings.Fields(regexp.MustCompile(`(?m)^`+name+` .*$`).FindString(n.stoa("account", "list"))), " ")
	}
	today := time.Now().UTC().Format(time.DateOnly)
	if got := row("bob"); got != fmt.Sprintf("bob %s bob@mail.test posts wait for release", today) {
		t.Errorf("the list says %q", got)
	}
	if got := row("ann"); got != "ann "+today || row("bea") != "" {
		t.Errorf("the list says %q, and of somebody without account %q", got, row("bea"))
	}
	servers := func() bool { return strings.Contains(n.page(ann, "/communities"), `href="/communities/servers"`) }
	if servers() {
		t.Error("ann sees what is for admins")
	}
	if out := n.stoa("account", "admin", "ann"); !strings.Contains(out, "ann is an admin now") || !strings.HasSuffix(row("ann"), " admin") || !servers() {
		t.Errorf("admin: %q, %q, sees: %v", out, row("ann"), servers())
	}
	if out := n.stoa("account", "unadmin", "ann"); !strings.Contains(out, "no admin any more") || strings.HasSuffix(row("ann"), "admin") || servers() {
		t.Errorf("unadmin: %q, %q, sees: %v", out, row("ann"), servers())
	}
	path := strings.TrimPrefix(strings.TrimSpace(n.stoa("account", "link", "BOB@mail.test")), n.cfg.URL.String())
	if !regexp.MustCompile(`^/link/[\w-]{43}$`).MatchString(path) {
		t.Fatalf("link: %q", path)
	}
	if w := n.acts("", path, "password", "another horse battery"); w.Code != 303 {
		t.Errorf("the link: %d\n%s", w.Code, w.Body)
	}
	if w := n.acts("", path, "password", "a third horse battery"); w.Code != http.StatusGone {
		t.Errorf("the link works twice: %d", w.Code)
	}
	if w := n.acts("", "/sign-in", "name", "bob", "password", "another horse battery"); w.Code != 303 {
		t.Errorf("signing in with what was chosen: %d", w.Code)
	}
	for _, does := range []string{"admin", "unadmin", "link", "release"} {
		for _, name := range []string{"nobody", "bea"} {
			var stdout, stderr bytes.Buffer
			args := []string{"--database-url", n.cfg.DatabaseURL, "--url", n.cfg.URL.String(), "--data", t.TempDir(), "account", does, name}
			if status := run(t.Context(), args, &stdout, &stderr, func(string) string { return "" }); status == 0 || !strings.Contains(stderr.String(), "stoa account list") {
				t.Errorf("%s %s: %d, %s %s", does, name, status, &stdout, &stderr)
			}
		}
	}
}

// While a node runs, it forgets from where and with what people signed in a week ago,
// again and again.
func TestAddressesAreSweptWhileItRuns(t *testing.T) { //nolint:paralleltest // it hurries every node
	was := sweepEvery
	sweepEvery = 50 * time.Millisecond
	defer func() { sweepEvery = was }()
	n := newTestNode(t, "node", nil)
	defer n.stop()
	const pass = "correct horse battery"
	if err := private.Of(n.db).SetPassword(t.Context(), n.person(n.lives("ann")).ID, account.HashPassword(pass), nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", strings.NewReader(url.Values{"name": {"ann"}, "password": {pass}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("User-Agent", "Firefox")
		w := httptest.NewRecorder()
		if n.public.ServeHTTP(w, r); w.Code != 303 {
			t.Fatal(w.Code, w.Body)
		}
	}
	// A test bed has no limits, and so it does not ask where from.
	if _, err := n.db.Pool().Exec(t.Context(), `update session set address = '192.0.2.7'`); err != nil {
		t.Fatal(err)
	}
	known := func() (count int) {
		t.Helper()
		if err := n.db.Pool().QueryRow(t.Context(), `select count(*) from session where address = '192.0.2.7' and agent = 'Firefox'`).Scan(&count); err != nil {
			t.Fatal(err)
		}
		return count
	}
	if got := known(); got != 2 {
		t.Fatalf("%d sessions say where from", got)
	}
	for i, left := range []int{1, 0} { // the second time, too, and not what is younger
		if _, err := n.db.Pool().Exec(t.Context(), `update session s set made_at = now() - case when o.nr = 1 then interval '7 days 1 minute' else interval '6 days 23 hours' end
			from (select token, row_number() over (order by token) nr from session where address <> '') o where o.token = s.token`); err != nil {
			t.Fatal(err)
		}
		eventually(t, fmt.Sprint("sweep ", i), func() bool { return known() <= left })
		time.Sleep(3 * sweepEvery)
		if got := known(); got != left {
			t.Errorf("%d sessions say where from, want %d", got, left)
		}
	}
	var sessions int
	if err := n.db.Pool().QueryRow(t.Context(), `select count(*) from session where address = '' and agent = ''`).Scan(&sessions); err != nil || sessions != 2 {
		t.Errorf("%d sessions go on, %v", sessions, err)
	}
}

// gate is a door at which deliveries wait while it is shut.
type gate struct {
	mu   sync.Mutex
	shut chan struct{}
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.shut)
	g.shut = nil
}

func (g *gate) front(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		shut := g.shut
		g.mu.Unlock()
		if r.Method == http.MethodPost && shut != nil {
			<-shut
		}
		h.ServeHTTP(w, r)
	})
}

// A community elsewhere that was asked to be joined says that it has not answered yet,
// until it has. Whoever deletes their account sees which servers have acknowledged
// that, and which have not answered.
func TestWaitingForOtherServers(t *testing.T) {
	t.Parallel()
	var g gate
	g.close()
	a, b, c := newTestNode(t, "home", nil), newTestNode(t, "away", g.front), newTestNode(t, "far", nil)
	ann := a.lives("ann")
	const pass = "correct horse battery"
	if err := private.Of(a.db).SetPassword(t.Context(), a.person(ann).ID, account.HashPassword(pass), nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	const waiting = "Asked to join, not answered yet"
	join := func(n *testNode) (path string) {
		t.Helper()
		uri := n.found("porch", true)
		if err := a.inbox.Discover(t.Context(), uri); err != nil {
			t.Fatal(err)
		}
		path = "/c/porch@" + n.cfg.URL.Host
		if page := a.page(ann, path); strings.Contains(page, waiting) || !strings.Contains(page, fmt.Sprintf(`value="join community-%d"`, a.community(uri).ID)) {
			t.Fatalf("nobody has asked yet: %s", page)
		}
		if w := a.acts(ann, "/act", "do", fmt.Sprintf("join community-%d", a.community(uri).ID)); w.Code >= 400 {
			t.Fatalf("joining: %d\n%s", w.Code, w.Body)
		}
		return path
	}
	path := join(b)
	if page := a.page(ann, path); !strings.Contains(page, waiting) || !strings.Contains(page, `value="leave community-`) {
		t.Errorf("a community that has not answered: %s", page)
	}
	if strings.Contains(a.get(path, "text/html").Body.String(), waiting) {
		t.Error("visitors are told what ann waits for")
	}
	g.open()
	for _, p := range []string{path, join(c)} {
		eventually(t, "it is answered", func() bool {
			page := a.page(ann, p)
			return !strings.Contains(page, waiting) && strings.Contains(page, `value="leave community-`)
		})
	}

	g.close()
	gone := a.acts(ann, "/settings/leave", "name", "ann", "leave-present", pass)
	farewell := gone.Header().Get("Location")
	if gone.Code != 303 || !strings.HasPrefix(farewell, "/farewell/") {
		t.Fatalf("leaving: %d\n%s", gone.Code, gone.Body)
	}
	says := func(n *testNode) string {
		page := a.get(farewell, "text/html").Body.String()
		for _, li := range regexp.MustCompile(`(?s)<li><div><p class="name">.*?</div>`).FindAllString(page, -1) {
			if strings.Contains(li, "<bdi>"+n.cfg.URL.Host+"</bdi>") {
				return regexp.MustCompile(`(?s)<ul class="meta">.*<li><bdi>(.*?)</bdi>`).FindStringSubmatch(li)[1]
			}
		}
		return "nothing of it:\n" + page
	}
	again := func() bool {
		return strings.Contains(a.get(farewell, "text/html").Body.String(), `href="`+farewell+`">Look again</a>`)
	}
	eventually(t, "the one that answers has acknowledged it", func() bool { return says(c) == "Acknowledged" })
	if got := says(b); !strings.Contains(got, "Waiting") || !again() {
		t.Errorf("of the one that has not answered it says %q; leads there again: %v", got, again())
	}
	g.open()
	eventually(t, "the other has acknowledged it, too", func() bool { return says(b) == "Acknowledged" })
	if again() {
		t.Error("the page says to look again though nothing is left to wait for")
	}
}

// acts sends a form as somebody who is signed in; as nobody with an empty uri.
func (n *testNode) acts(who, path string, fields ...string) *httptest.ResponseRecorder {
	n.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequestWithContext(n.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if who != "" {
		token, kept := account.NewToken()
		if err := private.Of(n.db).Begin(n.t.Context(), n.person(who).ID, account.Session{Token: kept, Made: time.Now()}); err != nil {
			n.t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: "session" + n.cfg.URL.Port(), Value: token})
	}
	w := httptest.NewRecorder()
	n.public.ServeHTTP(w, r)
	return w
}
