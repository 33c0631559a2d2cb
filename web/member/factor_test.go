package member

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"stoa/federation/account"
)

const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// factored gives somebody a second factor, and hands on the recovery codes.
func (n *node) factored(name string) []string {
	n.Helper()
	codes, kept := account.NewRecovery()
	n.must(n.own.SetTOTP(n.Context(), n.id(name), secret, kept))
	return codes
}

// half signs in with the password of bob alone, and hands on what the page for the code
// is asked with.
func (b *browser) half() string {
	b.Helper()
	page := b.post("/sign-in", "name", "bob", "password", password)
	page.has(b.T, 200, "One more step")
	return regexp.MustCompile(`name="token" value="([\w-]{43})"`).FindStringSubmatch(page.body)[1]
}

// A second factor ends by a form, and by nobody who does not know the password. With it
// end the recovery codes.
func TestSecondFactorEnds(t *testing.T) {
	n := newNode(t)
	b, eve := n.browser(), n.browser()
	b.join("bob")
	eve.join("eve")
	codes := n.factored("bob")
	page := b.get("/settings/account")
	page.has(t, 200, "Turn off the second factor", `action="/settings/factor"`, `name="factor-present"`, `name="end" value="1"`)
	on := func() bool {
		t.Helper()
		u, err := n.own.Login(t.Context(), "bob")
		n.must(err)
		return u.TOTP != "" && len(u.Recovery) > 0
	}
	b.post("/settings/factor", "end", "1").has(t, 400, "field-factor-present-fault", "Turn off the second factor")
	b.post("/settings/factor", "end", "1", "factor-present", "wrong").has(t, 400, "field-factor-present-fault")
	n.browser().post("/settings/factor", "end", "1", "factor-present", password).has(t, 403)
	eve.post("/settings/factor", "end", "1", "factor-present", password).has(t, 200)
	b.header.Set("Sec-Fetch-Site", "cross-site")
	b.post("/settings/factor", "end", "1", "factor-present", password).has(t, 403)
	b.header.Del("Sec-Fetch-Site")
	if !on() {
		t.Fatal("it ended by the word of somebody else, or without the password")
	}
	for range 9 { // one was wrong and one empty already
		b.post("/settings/factor", "end", "1", "factor-present", "wrong")
	}
	b.post("/settings/factor", "end", "1", "factor-present", password).has(t, 400, "Too many")
	n.pass(21 * time.Minute)
	c := n.browser()
	token := c.half()
	b.post("/settings/factor", "end", "1", "factor-present", password).has(t, 200, "The second factor is off", "Set up a second factor")
	if on() {
		t.Fatal("it goes on")
	}
	for _, code := range []string{codes[0], "", "000000"} { // what was begun before leads nowhere
		if a := c.post("/sign-in/code", "token", token, "code", code); a.status == 303 && a.to != "/sign-in" || c.get("/settings").status != 303 {
			t.Errorf("%q signs in: %v", code, a)
		}
	}
	c.post("/sign-in", "name", "bob", "password", password).has(t, 303)
	c.get("/settings").has(t, 200)
}

// Codes are guessed ten times and no more, by whichever browser, with however many
// passwords typed right between, and by many at the same moment; then even the right one
// has to wait.
func TestGuessingCodes(t *testing.T) {
	n := newNode(t)
	n.browser().join("bob")
	codes := n.factored("bob")
	now := func() string {
		c, err := totp.GenerateCode(secret, n.clock())
		n.must(err)
		return c
	}
	one, two := n.browser(), n.browser()
	for i := range 10 {
		b := []*browser{one, two}[i%2]
		b.post("/sign-in/code", "token", b.half(), "code", []string{"abcdef", "aaaa-aaaa-aaaa-aaaa", ""}[i%3]).has(t, 403, "That code is wrong")
	}
	one.post("/sign-in", "name", "bob", "password", password).has(t, 429)
	n.pass(21 * time.Minute)
	token := one.half()
	for range 10 {
		one.post("/sign-in/code", "token", token, "code", "abcdef").has(t, 403)
		if one.get("/settings").status != 303 {
			t.Fatal("a wrong code signs in")
		}
	}
	for _, code := range []string{now(), codes[0]} {
		one.post("/sign-in/code", "token", token, "code", code).has(t, 429, "Too many attempts")
	}
	n.pass(21 * time.Minute)
	one.post("/sign-in/code", "token", token, "code", now()).has(t, 303)
	if one.get("/settings").status != 303 {
		t.Error("what the password opened lasts longer than ten minutes")
	}
	one.post("/sign-in/code", "token", one.half(), "code", now()).has(t, 303)
	one.get("/settings").has(t, 200)

	n.pass(21 * time.Minute)
	token = two.half()
	var all sync.WaitGroup
	got := make([]int, 60)
	for i := range got {
		all.Go(func() { got[i] = two.post("/sign-in/code", "token", token, "code", "abcdef").status })
	}
	all.Wait()
	slices.Sort(got)
	if wrong := strings.Count(fmt.Sprint(got), "403"); wrong != 10 {
		t.Errorf("of sixty guesses at once %d are looked at: %v", wrong, got)
	}
}

// Each recovery code lets its owner in once, whatever became of the others.
func TestEachRecoveryCodeWorksOnce(t *testing.T) {
	n := newNode(t)
	n.browser().join("bob")
	codes := n.factored("bob")
	if len(codes) != 10 {
		t.Fatal(codes)
	}
	left := func() int {
		t.Helper()
		u, err := n.own.Login(t.Context(), "bob")
		n.must(err)
		return len(u.Recovery)
	}
	for i, code := range codes[:8] {
		b := n.browser()
		b.post("/sign-in/code", "token", b.half(), "code", code).has(t, 303)
		b.get("/settings").has(t, 200)
		for _, again := range []string{code, strings.ToUpper(code), strings.ReplaceAll(code, "-", "")} {
			c := n.browser()
			c.post("/sign-in/code", "token", c.half(), "code", again).has(t, 403, "That code is wrong")
			c.get("/settings").has(t, 303)
		}
		if left() != 9-i {
			t.Fatalf("%d are left after %d", left(), i+1)
		}
		n.pass(time.Minute)
	}
	// By many at the same moment.
	n.pass(21 * time.Minute)
	var all sync.WaitGroup
	in := make([]bool, 8)
	for i := range in {
		b := n.browser()
		token := b.half()
		all.Go(func() {
			b.post("/sign-in/code", "token", token, "code", codes[8])
			in[i] = b.get("/settings").status == 200
		})
	}
	all.Wait()
	if got := fmt.Sprint(in); strings.Count(got, "true") != 1 || left() != 1 {
		t.Errorf("who got in at once: %v, and %d are left", in, left())
	}
}
