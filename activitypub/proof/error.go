package proof

import "fmt"

// Kind says why a proof counts as none. Its text is stable.
type Kind string

// The kinds.
const (
	Missing        Kind = "missing"         // there is none
	Malformed      Kind = "malformed"       // document or proof cannot be read, or be read in two ways
	Several        Kind = "several-proofs"  // more than one, or a list
	Unsupported    Kind = "unsupported"     // another suite, or bound to something that is not looked at
	WrongPurpose   Kind = "wrong-purpose"   // made for something else than to assert
	WrongContext   Kind = "wrong-context"   // its @context is not the document's
	InFuture       Kind = "in-future"       // dated further ahead than clocks may differ
	Expired        Kind = "expired"         // past its own expiry
	BadKey         Kind = "bad-key"         // no Ed25519 key
	WrongSignature Kind = "wrong-signature" // all is in order, but the key did not sign this
)

// Error is the only type of error that this package returns.
type Error struct {
	Kind   Kind
	Detail string // for people
}

func (e *Error) Error() string { return "integrity proof: " + string(e.Kind) + ": " + e.Detail }

func refuse(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}
