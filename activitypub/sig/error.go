package sig

import "fmt"

// Kind says which rule a message broke. Its text is stable and fit to be sent
// back to the peer as the named reason of a refusal.
type Kind string

// The kinds of refusal. All of them mean the same to a client, "401
// Unauthorized"; they differ for whoever has to find out why.
const (
	Missing              Kind = "missing"               // no signature at all
	Malformed            Kind = "malformed"             // the signature, or a field it covers, cannot be read
	DuplicateParameter   Kind = "duplicate-parameter"   // a parameter or a covered name is given twice
	SeveralSignatures    Kind = "several-signatures"    // more than one signature
	UnsupportedAlgorithm Kind = "unsupported-algorithm" // named an algorithm that is not accepted
	NotCovered           Kind = "not-covered"           // something that must be signed is not
	DigestMissing        Kind = "digest-missing"        // no digest of the body in an accepted algorithm
	DigestMismatch       Kind = "digest-mismatch"       // the digest is not that of the body
	Expired              Kind = "expired"               // too old, or past its own expiry
	InFuture             Kind = "in-future"             // dated further ahead than clocks may differ
	WrongHost            Kind = "wrong-host"            // addressed to another server
	BadKey               Kind = "bad-key"               // key unreadable, too weak, too large or of the wrong type
	WrongSignature       Kind = "wrong-signature"       // everything was in order, but the key did not sign this
)

// Error is the only type of error that Examine, Verify and the key parsers
// return.
type Error struct {
	Kind   Kind
	Detail string // for people; names the parameter or field at fault
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return "http signature: " + string(e.Kind)
	}
	return "http signature: " + string(e.Kind) + ": " + e.Detail
}

func refuse(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}
