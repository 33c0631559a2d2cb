// Package account holds what a person of this node has besides what the world sees
// of them: how they prove who they are, how they want to read, and the rules for
// both.
//
// It knows no SQL and no HTTP. What others see of somebody, and whatever anybody
// does in a community, belongs to federation/forum.
package account

import (
	"net/mail"
	"strings"
	"time"

	"stoa/federation/forum"
)

// Account is what lets a person of this node sign in.
type Account struct {
	Person   forum.Person
	Email    string // confirmed by its owner; empty when none is
	Password string // argon2id, as a PHC string
	Admin    bool
	Released bool // false: what they post waits for an admin
	TOTP     string
	TOTPStep int64    // the newest step of which a code was taken
	Recovery []string // SHA-256 of the codes that are left, in hex
	Settings Settings
	Made     time.Time
}

// Session is one browser in which somebody is signed in.
type Session struct {
	Token   []byte // SHA-256 of what the browser holds
	Made    time.Time
	Seen    time.Time // to the minute
	Address string    // network address; empty after KeepAddresses
	Agent   string    // name of the browser; likewise
}

// How long things last.
const (
	KeepSession   = 60 * 24 * time.Hour // unused
	KeepAddresses = 7 * 24 * time.Hour
	KeepLink      = 24 * time.Hour
	KeepReset     = time.Hour
	KeepCode      = 10 * time.Minute
)

// Purpose says what happens when a one-time link is followed.
type Purpose int8

// What links are for.
const (
	ForFirstAdmin Purpose = 1
	ForJoining    Purpose = 2
	ForPassword   Purpose = 3
	ForEmail      Purpose = 4
	ForCode       Purpose = 5 // the password was right, the second factor is asked for
	ForFactor     Purpose = 6 // the password was right, a second factor is being set up
)

// Link is what was asked for by somebody who has still to show that they get mail
// at an address, or that they read the log of this node.
type Link struct {
	Purpose  Purpose
	Person   int64  // whose account it is about; 0 of who has none yet
	Name     string // of who joins
	Email    string
	Password string // hash, of who joins; secret, of who sets up a second factor
	Expires  time.Time
}

// Join is what somebody says who wants an account.
type Join struct {
	Name     string
	Email    string
	Password string
	Youngest int // how old people have to be here, in years; 0 where nobody is asked
	OldEnough,
	Agreed bool
	Trap string // a field that people do not see and that programs fill in
}

// Faults are refusals by the name of the field that they are about.
type Faults map[string]*forum.Refusal

// With is the same with one more fault, if it is one.
func (f Faults) With(field string, r *forum.Refusal) Faults {
	if f == nil && r != nil {
		f = Faults{}
	}
	f.add(field, r)
	return f
}

func (f Faults) add(field string, r *forum.Refusal) {
	if r != nil && f[field] == nil {
		f[field] = r
	}
}

// Check judges what somebody who wants to join says; nil when nothing is wrong.
func (j *Join) Check() Faults {
	j.Name, j.Email = strings.ToLower(strings.TrimSpace(j.Name)), strings.TrimSpace(j.Email)
	f := Faults{}
	f.add("name", forum.CheckName(j.Name))
	f.add("email", CheckEmail(j.Email))
	f.add("password", CheckPassword(j.Password, j.Name, j.Email))
	if !j.OldEnough && j.Youngest > 0 {
		f.add("age", invalid("too-young", "Nobody younger has an account here."))
	}
	if len(f) == 0 {
		return nil
	}
	return f
}

// CheckEmail says whether mail can be sent to an address.
func CheckEmail(address string) *forum.Refusal {
	a, err := mail.ParseAddress(address)
	if err != nil || a.Address != address || len(address) > 254 || strings.ContainsAny(address, "\r\n<>\"") {
		return invalid("bad-email", "That is no e-mail address.")
	}
	return nil
}

func invalid(reason, text string) *forum.Refusal {
	return &forum.Refusal{Kind: forum.Invalid, Reason: reason, Text: text}
}
