package account

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

func TestJoinCheck(t *testing.T) {
	good := Join{Name: " Ann ", Email: "ann@mail.test", Password: "correct horse battery", Youngest: 16, OldEnough: true}
	if f := good.Check(); f != nil || good.Name != "ann" {
		t.Fatalf("%v %q", f, good.Name)
	}
	for _, c := range []struct {
		field, reason string
		with          func(*Join)
	}{
		{"name", "bad-name", func(j *Join) { j.Name = "a" }},
		{"name", "bad-name", func(j *Join) { j.Name = "ann b" }},
		{"email", "bad-email", func(j *Join) { j.Email = "ann" }},
		{"email", "bad-email", func(j *Join) { j.Email = "Ann <ann@mail.test>" }},
		{"email", "bad-email", func(j *Join) { j.Email = "ann@mail.test\r\nBcc: x@y.test" }},
		{"password", "password-short", func(j *Join) { j.Password = "kürzer" }},
		{"password", "password-long", func(j *Join) { j.Password = strings.Repeat("x", 2000) }},
		{"password", "password-easy", func(j *Join) { j.Password = "aaaaaaaaaaaa" }},
		{"password", "password-easy", func(j *Join) { j.Password = "Ann@mail.test" }},
		{"password", "password-easy", func(j *Join) { j.Password = "1234567890" }},
		{"age", "too-young", func(j *Join) { j.OldEnough = false }},
	} {
		j := good
		c.with(&j)
		f := j.Check()
		if len(f) != 1 || f[c.field] == nil || f[c.field].Reason != c.reason {
			t.Errorf("%+v: %v, want %s at %s", j, f, c.reason, c.field)
		}
	}
}

// Where no age is set nobody says anything of theirs.
func TestJoinOfAnyAge(t *testing.T) {
	j := Join{Name: "ann", Email: "ann@mail.test", Password: "correct horse battery"}
	if f := j.Check(); f != nil {
		t.Error(f)
	}
}

func TestPassword(t *testing.T) {
	hash := HashPassword("correct horse battery")
	if hash == HashPassword("correct horse battery") {
		t.Error("two people with one password have one hash")
	}
	for _, c := range []struct {
		hash, password string
		want           bool
	}{
		{hash, "correct horse battery", true},
		{hash, "correct horse batterx", false},
		{hash, "", false},
		{"", "", false},
		{"", "nobody has this password, and nobody is let in with it", false},
		{"$argon2id$v=19$m=9999999999,t=2,p=1$AAAA$AAAA", "x", false},
		{"$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA", "x", false},
		{"plain", "plain", false},
	} {
		if got := VerifyPassword(c.hash, c.password); got != c.want {
			t.Errorf("%.40q with %q: %v", c.hash, c.password, got)
		}
	}
}

func TestTOTP(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 15, 0, time.UTC)
	secret, err := NewTOTP("Node", "ann")
	if address := TOTPAddress("Node", "ann", secret); err != nil || !strings.HasPrefix(address, "otpauth://totp/Node:ann?") {
		t.Fatal(address, err)
	}
	code := func(at time.Time) string {
		c, err := totp.GenerateCode(secret, at)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	step, ok := CheckTOTP(secret, " "+code(now)[:3]+" "+code(now)[3:], 0, now)
	if !ok || step != now.Unix()/30 {
		t.Fatal(step, ok)
	}
	if _, ok := CheckTOTP(secret, code(now), step, now); ok {
		t.Error("a code counts twice")
	}
	if _, ok := CheckTOTP(secret, code(now.Add(-30*time.Second)), 0, now); !ok {
		t.Error("a clock that is half a minute slow is refused")
	}
	for _, c := range []string{code(now.Add(-2 * time.Minute)), code(now.Add(2 * time.Minute)), "", "000000x", "12345"} {
		if _, ok := CheckTOTP(secret, c, 0, now); ok {
			t.Errorf("%q is taken", c)
		}
	}
}

func TestRecovery(t *testing.T) {
	codes, kept := NewRecovery()
	if len(codes) != recoveryCodes || len(kept) != recoveryCodes || slices.Contains(kept, codes[0]) {
		t.Fatal(codes, kept)
	}
	left, ok := TakeRecovery(kept, " "+strings.ToUpper(strings.ReplaceAll(codes[3], "-", " ")))
	if !ok || len(left) != recoveryCodes-1 || len(kept) != recoveryCodes {
		t.Fatal(ok, len(left))
	}
	if _, ok := TakeRecovery(left, codes[3]); ok {
		t.Error("a code works twice")
	}
	if _, ok := TakeRecovery(left, ""); ok {
		t.Error("nothing is a code")
	}
}

func TestSettingsTidy(t *testing.T) {
	got := Settings{Theme: "pink", Layout: "compact", Keywords: []string{" A  b ", "a b", "", strings.Repeat("x", 101)}, Languages: []string{"EN", "en"}}.Tidy()
	if got.Theme != "" || got.Layout != "compact" || !slices.Equal(got.Keywords, []string{"a b"}) || !slices.Equal(got.Languages, []string{"en"}) {
		t.Errorf("%+v", got)
	}
	many := Settings{}
	for i := range 300 {
		many.Keywords = append(many.Keywords, strings.Repeat("k", i%99+1)+string(rune('a'+i/99)))
	}
	if n := len(many.Tidy().Keywords); n != MaxKeywords {
		t.Errorf("%d keywords", n)
	}
}
