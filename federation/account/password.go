package account

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"stoa/federation/forum"
)

// Lengths of a password, in runes and bytes. There is no rule about what it is made
// of: length is what helps (NIST SP 800-63B §5.1.1.2).
const (
	minPassword = 10
	maxPassword = 1024
)

// The work of argon2id, as RFC 9106 §4 and OWASP have it for servers with little
// memory: 19 MiB and two passes are 25 ms of one core.
const (
	argonTime    = 2
	argonMemory  = 19 << 10 // KiB
	argonThreads = 1
	saltBytes    = 16
	hashBytes    = 32
)

// hashing bounds how much memory strangers can have taken by signing in: two at a
// time, the others wait.
var hashing = make(chan struct{}, 2)

// rows are what fingers type without a thought.
var rows = "01234567890123456789 abcdefghijklmnopqrstuvwxyz qwertyuiopasdfghjkl password123456"

// CheckPassword says whether a password may be chosen by whoever has that name and
// address.
func CheckPassword(password, name, email string) *forum.Refusal {
	lower := strings.ToLower(password)
	user, _, _ := strings.Cut(strings.ToLower(email), "@")
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return invalid("password-short", "A password has at least 10 characters.")
	case len(password) > maxPassword:
		return invalid("password-long", "A password has at most 1,024 bytes.")
	case lower == name+name, user != "" && lower == user+user, email != "" && strings.EqualFold(password, email), one(lower), strings.Contains(rows, lower):
		return invalid("password-easy", "That password is among the first that anybody would try.")
	}
	return nil
}

// one reports whether a text is one character again and again.
func one(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return strings.Trim(s, string(first)) == ""
}

// HashPassword makes what is kept of a password: a PHC string of argon2id.
func HashPassword(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the program instead
	sum := derive(password, salt, argonTime, argonMemory, argonThreads)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// nobody is the hash that a password is compared with where nobody has the name that
// was given, so that the answer takes as long.
var nobody = HashPassword("nobody has this password, and nobody is let in with it")

// VerifyPassword reports whether a password is the one that was hashed. An empty
// hash belongs to nobody: that takes as long and is false.
func VerifyPassword(hash, password string) bool {
	must := hash != ""
	if !must {
		hash = nobody
	}
	same, err := verify(hash, password)
	return must && err == nil && same
}

func verify(hash, password string) (bool, error) {
	if len(password) > maxPassword {
		password = ""
	}
	var version, memory, passes int
	var threads uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("not a hash of argon2id")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errors.New("another version of argon2")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil || memory <= 0 || memory > 1<<20 || passes <= 0 || passes > 100 {
		return false, errors.New("parameters of argon2 that are none")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, err
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(derive(password, salt, uint32(passes), uint32(memory), threads), want) == 1, nil
}

func derive(password string, salt []byte, passes, memory uint32, threads uint8) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, hashBytes)
}

// NewToken makes a secret of 256 bits, fit to stand in a cookie or an address, and
// what is kept of it.
func NewToken() (token string, kept []byte) {
	var b [32]byte
	_, _ = rand.Read(b[:])
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, Digest(token)
}

// Digest is what is kept of a secret that NewToken made.
func Digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
