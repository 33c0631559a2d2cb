package account

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// recoveryCodes is how many codes somebody is given for the day their device is lost.
const recoveryCodes = 10

// period is how long a code of TOTP is shown, and skew how many periods a clock may
// be off (RFC 6238 §5.2).
const (
	period = 30
	skew   = 1
)

// NewTOTP makes a secret for an authenticator (RFC 6238).
func NewTOTP(node, name string) (string, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: node, AccountName: name})
	if err != nil {
		return "", err
	}
	return key.Secret(), nil
}

// TOTPAddress is what the QR code of a secret holds.
func TOTPAddress(node, name, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {node}}
	return (&url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + node + ":" + name, RawQuery: q.Encode()}).String()
}

// CheckTOTP tells the step of which a code is; false when it is none, or of a step
// that is not newer than the last one of which a code was taken.
func CheckTOTP(secret, code string, last int64, now time.Time) (step int64, ok bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	for d := int64(-skew); d <= skew; d++ {
		step := now.Unix()/period + d
		if step <= last {
			continue
		}
		good, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && good {
			return step, true
		}
	}
	return 0, false
}

// NewRecovery makes the codes that let somebody in without their authenticator, each
// once, and what is kept of them.
func NewRecovery() (codes, kept []string) {
	for range recoveryCodes {
		var b [10]byte
		_, _ = rand.Read(b[:])
		code := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
		codes = append(codes, code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:])
		kept = append(kept, recoveryDigest(code))
	}
	return codes, kept
}

// TakeRecovery takes a code out of those that are left; false when it is none of them.
func TakeRecovery(left []string, code string) ([]string, bool) {
	i := slices.Index(left, recoveryDigest(code))
	if i < 0 {
		return left, false
	}
	return slices.Delete(slices.Clone(left), i, i+1), true
}

func recoveryDigest(code string) string {
	code = strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(strings.TrimSpace(code)))
	return hex.EncodeToString(Digest(code))
}
