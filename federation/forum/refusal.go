package forum

import "fmt"

// Kind says what sort of no a refusal is. Doors translate it to a status by
// Status and to nothing else.
type Kind string

// The kinds of refusal.
const (
	Invalid     Kind = "invalid"     // the act makes no sense as it stands
	Forbidden   Kind = "forbidden"   // this actor may not do that
	NotFound    Kind = "not-found"   // nothing here has that name or id
	Gone        Kind = "gone"        // it was here and has been taken away
	Conflict    Kind = "conflict"    // it clashes with what is already so
	Unavailable Kind = "unavailable" // not now; the same act may succeed later
)

// Status is the one table from kinds to HTTP statuses. An error that is no
// Refusal is a 500 and its text stays inside.
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return 400
	case Forbidden:
		return 403
	case NotFound:
		return 404
	case Gone:
		return 410
	case Conflict:
		return 409
	case Unavailable:
		return 503
	}
	return 500
}

// Refusal is a no with a reason. Reason is a short stable word for machines and
// logs, such as "community-removed"; Text is a sentence fit to show to whoever
// asked. It implements error.
type Refusal struct {
	Kind   Kind
	Reason string
	Text   string
	// Needs is the id of an object that is not known here and without which the
	// act cannot be judged. The same act may succeed once it has been fetched.
	Needs string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s (%s): %s", r.Kind, r.Reason, r.Text) }

// needs refuses an act until the object with that id is known here.
func needs(iri string) Outcome {
	return Outcome{Refused: &Refusal{
		Kind: Unavailable, Reason: "needs-object", Needs: iri,
		Text: "what this refers to is not known here yet: " + iri,
	}}
}

// Refuse makes a refusal as an error.
func Refuse(kind Kind, reason, format string, args ...any) error {
	return &Refusal{Kind: kind, Reason: reason, Text: fmt.Sprintf(format, args...)}
}
