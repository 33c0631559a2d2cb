package member

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"stoa/federation/account"
)

func TestFirstAdmin(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	path, other := n.first(), n.first()
	b.get(path).has(t, 200, "The first admin", `name="password"`)
	b.post(path, "name", "ada lovelace", "password", "short").has(t, 400, `id="field-name-fault"`, `id="field-password-fault"`, `value="ada lovelace"`, `aria-invalid="true"`)
	if a := b.post(path, "name", "ada", "password", password); a.status != 303 || a.to != "/" {
		t.Fatal(a)
	}
	b.get("/settings").has(t, 200, "Your account")
	u, err := n.own.Login(t.Context(), "ada")
	n.must(err)
	if !u.Admin || !u.Released || u.Email != "" {
		t.Errorf("%+v", u)
	}
	n.browser().get(path).has(t, 410, "used already")
	n.browser().get(other).has(t, 410) // of the start before
}

func TestJoin(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.post("/join", "name", "b", "email", "bob", "password", "bob").has(t, 400, "field-name-fault", "field-email-fault", "field-password-fault", "field-age-fault", "field-agree-fault", `value="bob"`)
	if strings.Contains(b.post("/join", "password", "typed by hand").body, "typed by hand") {
		t.Error("a password is sent back")
	}
	b.join("bob")
	b.get("/settings").has(t, 200)
	u, err := n.own.Login(t.Context(), "BOB@mail.test")
	n.must(err)
	if u.Admin || u.Released || u.Person.Name != "bob" {
		t.Errorf("%+v", u)
	}

	c := n.browser()
	c.post("/join", "name", "bob", "email", "c@mail.test", "password", password, "age", "1", "agree", "1").has(t, 400, "Somebody here has or had that name")
	// Of an address that is taken nobody learns it but its owner.
	c.post("/join", "name", "carl", "email", "bob@mail.test", "password", password, "age", "1", "agree", "1").has(t, 200, "Look into your mail")
	if l := n.letter(); !strings.Contains(l.Subject, "Another password") || l.To != "bob@mail.test" {
		t.Errorf("%+v", l)
	}
	// A program that fills in everything gets no letter.
	before := n.letter()
	c.post("/join", "name", "carl", "email", "carl@mail.test", "password", password, "age", "1", "agree", "1", "website", "https://spam.test").has(t, 200, "Look into your mail")
	if n.letter() != before {
		t.Error("the trap did not close")
	}
	// Two ask for one name; who confirms later chooses another.
	c.post("/join", "name", "dora", "email", "dora1@mail.test", "password", password, "age", "1", "agree", "1").has(t, 200)
	one := n.link("dora1@mail.test")
	c.post("/join", "name", "dora", "email", "dora2@mail.test", "password", password, "age", "1", "agree", "1").has(t, 200)
	two := n.link("dora2@mail.test")
	c.post(one).has(t, 303)
	d := n.browser()
	d.post(two).has(t, 400, `name="name"`)
	d.post(two, "name", "dora2").has(t, 303)
}

func TestJoinClosed(t *testing.T) {
	n := newNode(t)
	n.site.Joining = false
	b := n.browser()
	b.get("/join").has(t, 403, "No new accounts")
	b.post("/join", "name", "bob", "email", "bob@mail.test", "password", password, "age", "1", "agree", "1").has(t, 403)
	if n.letter().To != "" {
		t.Error("a letter was sent")
	}
	if strings.Contains(b.get("/sign-in").body, `"/join"`) {
		t.Error("a closed door is shown")
	}
}

func TestSignIn(t *testing.T) {
	n := newNode(t)
	n.browser().join("bob")
	b := n.browser()
	if a := b.get("/settings/profile"); a.status != 303 || a.to != "/sign-in?back=%2Fsettings%2Fprofile" {
		t.Fatal(a)
	}
	b.get("/sign-in?back=%2Fsettings%2Fprofile").has(t, 200, `value="/settings/profile"`)
	wrong := b.post("/sign-in", "name", "bob", "password", "wrong").body
	nobody := b.post("/sign-in", "name", "nobody", "password", "wrong").body
	if strings.ReplaceAll(nobody, "nobody", "bob") != wrong || !strings.Contains(wrong, "do not belong together") {
		t.Error("whether an account exists can be told from the answer")
	}
	for _, name := range []string{"bob", "BOB", "bob@mail.test"} {
		c := n.browser()
		a := c.post("/sign-in", "name", name, "password", password, "back", "/settings/profile")
		if a.status != 303 || a.to != "/settings/profile" {
			t.Fatal(name, a)
		}
		page := c.get("/")
		if page.header.Get("Cache-Control") != "no-store" || !strings.Contains(page.body, "Your account") {
			t.Errorf("%s: a page of somebody's own may be kept: %v", name, page.header)
		}
	}
	if a := b.post("/sign-in", "name", "bob", "password", password, "back", "//evil.test/"); a.to != "/" {
		t.Errorf("leads to %q", a.to)
	}
	b.post("/sign-out").has(t, 303)
	if a := b.get("/settings"); a.status != 303 {
		t.Error("still signed in", a)
	}
}

// Sessions are listed, end one by one or all at once, and nobody can end another's.
func TestSessionPages(t *testing.T) {
	n := newNode(t)
	n.browser().join("bob")
	in := func() *browser {
		b := n.browser()
		b.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
		b.post("/sign-in", "name", "bob", "password", password).has(t, 303)
		return b
	}
	one, two, three := in(), in(), in()
	page := one.get("/settings/sessions")
	page.has(t, 200, "Firefox, Linux", "this one", "End all others")
	ids := regexp.MustCompile(`name="end" value="([0-9a-f]{64})"`).FindAllStringSubmatch(page.body, -1)
	if len(ids) != 4 {
		t.Fatalf("%d sessions", len(ids))
	}
	own := regexp.MustCompile(`(?s)this one.*?name="end" value="([0-9a-f]{64})"`).FindStringSubmatch(three.get("/settings/sessions").body)[1]
	eve := n.browser()
	eve.join("eve")
	eve.post("/settings/sessions", "end", own).has(t, 200)
	three.get("/settings").has(t, 200)
	one.post("/settings/sessions", "end", own).has(t, 200, "Ended.")
	three.get("/settings").has(t, 303)
	two.get("/settings").has(t, 200)
	one.post("/settings/sessions", "end", "others").has(t, 200)
	two.get("/settings").has(t, 303)
	one.get("/settings").has(t, 200)
}

// Guessing is bounded by account and by network, and a bound on one account does not
// keep another out.
func TestGuessing(t *testing.T) {
	n := newNode(t)
	n.browser().join("bob")
	n.browser().join("eve")
	b := n.browser()
	b.from = "192.0.2.1"
	for i := range 10 {
		if a := b.post("/sign-in", "name", []string{"bob", "bob@mail.test"}[i%2], "password", "wrong"); a.status != 403 {
			t.Fatal(i, a.status)
		}
	}
	for _, from := range []string{"192.0.2.1", "198.51.100.7"} { // from anywhere
		b.from = from
		b.post("/sign-in", "name", "bob", "password", password).has(t, 429, "Too many attempts")
	}
	b.post("/sign-in", "name", "eve", "password", password).has(t, 303)
	b.from = "192.0.2.1"
	for range 40 {
		b.post("/sign-in", "name", "nobody", "password", "wrong")
		b.post("/sign-in", "name", "noone", "password", "wrong")
		b.post("/sign-in", "name", "someone", "password", "wrong")
		b.post("/sign-in", "name", "anyone", "password", "wrong")
		if b.post("/sign-in", "name", "else", "password", "wrong").status == 429 {
			break
		}
	}
	b.post("/sign-in", "name", "eve", "password", password).has(t, 429)
	n.pass(21 * time.Minute)
	b.post("/sign-in", "name", "bob", "password", password).has(t, 303)
}

func TestReset(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.join("bob")
	same := n.browser().post("/reset", "name", "nobody").body
	if got := n.browser().post("/reset", "name", "bob").body; got != same {
		t.Error("whether an account exists can be told from the answer")
	}
	path := n.link("bob@mail.test")
	c := n.browser()
	c.post(path, "password", "short").has(t, 400, "field-password-fault")
	c.post(path, "password", "another horse battery").has(t, 303)
	c.get("/settings").has(t, 200)
	if a := b.get("/settings"); a.status != 303 {
		t.Error("a session outlives its password")
	}
	n.browser().post(path, "password", "a third horse battery").has(t, 410)
	n.browser().post("/sign-in", "name", "bob", "password", password).has(t, 403)
	n.browser().post("/sign-in", "name", "bob", "password", "another horse battery").has(t, 303)

	n.browser().post("/reset", "name", "bob").has(t, 200)
	path = n.link("bob@mail.test")
	n.pass(account.KeepReset + time.Minute)
	n.browser().post(path, "password", "a third horse battery").has(t, 410)
}

func TestSecondFactor(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.join("bob")
	b.post("/settings/factor", "factor-present", "wrong").has(t, 400, "field-factor-present-fault")
	page := b.post("/settings/factor", "factor-present", password)
	page.has(t, 200, `class="qr"`)
	secret := regexp.MustCompile(`<code>([A-Z2-7]{32})</code>`).FindStringSubmatch(page.body)[1]
	token := regexp.MustCompile(`name="token" value="([\w-]{43})"`).FindStringSubmatch(page.body)[1]
	code := func() string {
		c, err := totp.GenerateCode(secret, n.clock())
		n.must(err)
		return c
	}
	b.post("/settings/factor/code", "token", token, "code", "000000").has(t, 400, "That code is wrong")
	eve := n.browser()
	eve.join("eve")
	eve.post("/settings/factor/code", "token", token, "code", code()).has(t, 410)
	page = b.post("/settings/factor/code", "token", token, "code", code())
	page.has(t, 200, "Recovery codes")
	recovery := regexp.MustCompile(`<code>([a-z2-7-]{19})</code>`).FindAllStringSubmatch(page.body, -1)
	if len(recovery) != 10 {
		t.Fatalf("%d recovery codes", len(recovery))
	}

	c := n.browser()
	half := func() string {
		page := c.post("/sign-in", "name", "bob", "password", password, "back", "/settings")
		page.has(t, 200, "One more step")
		if a := c.get("/settings"); a.status != 303 {
			t.Fatal("the password alone signs in")
		}
		return regexp.MustCompile(`name="token" value="([\w-]{43})"`).FindStringSubmatch(page.body)[1]
	}
	token = half()
	c.post("/sign-in/code", "token", token, "code", code()).has(t, 403, "used already") // it set the factor up
	n.pass(time.Minute)
	if a := c.post("/sign-in/code", "token", token, "code", code(), "back", "/settings"); a.status != 303 || a.to != "/settings" {
		t.Fatal(a)
	}
	c.get("/settings").has(t, 200)
	c.post("/sign-out")
	token = half()
	c.post("/sign-in/code", "token", token, "code", recovery[4][1]).has(t, 303)
	c.post("/sign-out")
	token = half()
	c.post("/sign-in/code", "token", token, "code", recovery[4][1]).has(t, 403)

	// A letter does not stand in for the second factor.
	n.browser().post("/reset", "name", "bob").has(t, 200)
	d := n.browser()
	if a := d.post(n.link("bob@mail.test"), "password", "another horse battery"); a.to != "/sign-in" || d.get("/settings").status != 303 {
		t.Error("signed in by a letter alone", a.to)
	}
}

func TestReadingAndProfile(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.join("bob")
	b.post("/settings", "theme", "dark", "feed", "nonsense", "sort", "new", "language", "de", "keywords", "Spoilers\n\nspoilers\n", "languages", "en, de").
		has(t, 200, "Gespeichert.", `<option value="dark" selected>`, `<option value="new" selected>`, "spoilers</textarea>", `value="en de"`)
	u, err := n.own.Login(t.Context(), "bob")
	n.must(err)
	if u.Settings.Feed != "" || len(u.Settings.Keywords) != 1 {
		t.Errorf("%+v", u.Settings)
	}
	b.post("/settings/profile", "title", strings.Repeat("x", 51), "bio", "Kept.").has(t, 400, "field-title-fault", "Kept.")
	b.post("/settings/profile", "title", "Bob", "bio", "Makes tables.", "bot", "1").has(t, 200)
	u, err = n.own.Login(t.Context(), "bob")
	n.must(err)
	if p := u.Person; p.Title != "Bob" || p.BioSource != "Makes tables." || !p.Bot || p.Indexable || p.Discoverable {
		t.Errorf("%+v", p)
	}
	b.post("/settings/profile", "title", "", "bio", "", "indexable", "1").has(t, 200)
	if u, err = n.own.Login(t.Context(), "bob"); err != nil || u.Person.Title != "" || u.Person.BioSource != "" || u.Person.Bot {
		t.Errorf("%+v %v", u.Person, err)
	}
}

func TestPasswordAndAddress(t *testing.T) {
	n := newNode(t)
	b, c := n.browser(), n.browser()
	b.join("bob")
	n.browser().join("eve")
	c.post("/sign-in", "name", "bob", "password", password).has(t, 303)
	b.post("/settings/password", "password-present", "wrong", "password", "short").has(t, 400, "field-password-present-fault", "field-password-fault")
	b.post("/settings/password", "password-present", password, "password", "another horse battery").has(t, 200, "The password is changed")
	b.get("/settings").has(t, 200)
	if c.get("/settings").status != 303 {
		t.Error("another session goes on")
	}
	b.post("/settings/email", "email-present", "wrong", "email", "new@mail.test").has(t, 400, "field-email-present-fault", `value="new@mail.test"`)
	before := n.letter()
	b.post("/settings/email", "email-present", "another horse battery", "email", "eve@mail.test").has(t, 200, "on its way")
	if n.letter() != before {
		t.Error("a letter to somebody else's address")
	}
	b.post("/settings/email", "email-present", "another horse battery", "email", "new@mail.test").has(t, 200, "on its way")
	path := n.link("new@mail.test")
	if _, err := n.own.Login(t.Context(), "new@mail.test"); err == nil {
		t.Error("an address counts before it is confirmed")
	}
	n.browser().post(path).has(t, 200, "The address is changed")
	n.browser().post("/sign-in", "name", "new@mail.test", "password", "another horse battery").has(t, 303)
}

// What a page of another site sends is refused, whoever's browser it is.
func TestCrossSite(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.join("bob")
	for _, h := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.test"}}, {"Origin": {"null"}},
	} {
		b.header = h
		for _, path := range []string{"/sign-out", "/settings", "/settings/profile", "/settings/password", "/settings/sessions", "/sign-in", "/join"} {
			b.post(path, "title", "x").has(t, 403, "another site")
		}
	}
	b.header = http.Header{"Sec-Fetch-Site": {"same-origin"}}
	b.post("/settings", "theme", "dark").has(t, 200)
	b.post("/settings", "keywords", strings.Repeat("x", 300_000)).has(t, 400, "more than a form may hold")
	if a := b.send(http.MethodGet, "/sign-out", nil); a.status != 405 && a.status != 404 {
		t.Error("a link signs out", a.status)
	}
	b.get("/settings").has(t, 200)
	if c := b.post("/sign-in", "name", "bob", "password", password).header.Get("Set-Cookie"); !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") {
		t.Errorf("%q", c)
	}
}
