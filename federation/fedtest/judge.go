package fedtest

import (
	"net/http"
	"net/url"
	"strings"
)

const ldJSON = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`

// judge answers as the software would, as far as its habits are known: where
// it is stricter than the standards, that is the point.
func (p *Peer) judge(r Received) (status int, refusal string) {
	if len(r.Body) > 1<<20 {
		return http.StatusRequestEntityTooLarge, "too large"
	}
	if refusal := p.judgeType(r); refusal != "" {
		if p.software == GoToSocial {
			return http.StatusNotAcceptable, refusal
		}
		return http.StatusNotFound, refusal // the route does not exist
	}
	unsigned := http.StatusUnauthorized
	if p.software == Lemmy || p.software == NodeBB {
		unsigned = http.StatusBadRequest
	}
	if r.Err != nil {
		return unsigned, r.Err.Error()
	}
	if refusal := p.judgeSpelling(r); refusal != "" {
		return unsigned, refusal
	}
	if r.Activity == nil {
		return http.StatusBadRequest, "no JSON object"
	}
	if refusal := p.judgeActivity(r); refusal != "" {
		return http.StatusBadRequest, refusal
	}
	switch p.software {
	case Lemmy, Mbin, NodeBB:
		return http.StatusOK, ""
	}
	return http.StatusAccepted, ""
}

func (p *Peer) judgeType(r Received) string {
	kind := r.Header.Get("Content-Type")
	switch p.software {
	case GoToSocial:
		// Parameters are fine behind activity+json, ld+json needs its profile.
		if kind != activityJSON && !strings.HasPrefix(kind, activityJSON+";") && kind != ldJSON {
			return "content type " + kind
		}
	case NodeBB:
		// An exact comparison; a charset is only saved by Accept.
		accept := r.Header.Get("Accept")
		if kind != activityJSON && kind != ldJSON && !strings.Contains(accept, activityJSON) && !strings.Contains(accept, ldJSON) {
			return "content type " + kind
		}
	case Lemmy:
		if !strings.HasPrefix(kind, "application/") {
			return "content type " + kind
		}
	}
	return ""
}

// judgeSpelling knows who splits the Signature header at commas without
// trimming, who misses the algorithm, and who compares the digest as text.
func (p *Peer) judgeSpelling(r Received) string {
	header := r.Header.Get("Signature")
	modern := r.Header.Get("Signature-Input") != ""
	covered := strings.Join(r.Signature.Covered, " ")
	capital := strings.HasPrefix(r.Header.Get("Digest"), "SHA-256=")
	blank := strings.Contains(header, `", `)
	switch p.software {
	case Mastodon, NodeBB, Discourse:
	default:
		if modern {
			return "RFC 9421 is not understood"
		}
	}
	switch p.software {
	case GoToSocial:
		if blank {
			return "blank after a comma"
		}
	case Mbin:
		if blank || !capital || strings.Contains(covered, "(created)") {
			return "blank, digest or (created)"
		}
	case PieFed:
		if blank || !capital || !strings.Contains(header, `algorithm="`) {
			return "blank, digest or algorithm"
		}
	case NodeBB:
		if !modern && (blank || !capital || !strings.Contains(header, `algorithm="`) || strings.Contains(covered, "(created)")) {
			return "blank, digest, algorithm or (created)"
		}
	case Discourse:
		if strings.Contains(r.Target, "?") {
			return "verifies paths only"
		}
	}
	return ""
}

func (p *Peer) judgeActivity(r Received) string {
	need := []string{"id", "type", "actor"}
	switch p.software {
	case PieFed, NodeBB:
		need = append(need, "object")
	case GoToSocial, Discourse, Mastodon:
		need = append(need, "@context")
	}
	for _, k := range need {
		if r.Activity[k] == nil {
			return "no " + k
		}
	}
	switch p.software {
	case Lemmy, Mbin:
		if host(r.ID()) != host(text(r.Activity["actor"])) {
			return "id and actor on different hosts"
		}
	}
	if p.software == Mbin && host(r.Signature.KeyID) != host(r.ID()) {
		return "key and id on different hosts"
	}
	if p.software == Lemmy && r.Type() == "Announce" {
		// to, cc and an embedded activity are required by its parser.
		inner := r.Object()
		if r.Activity["to"] == nil || r.Activity["cc"] == nil || inner == nil || inner["id"] == nil || inner["actor"] == nil {
			return "unreadable Announce"
		}
	}
	return ""
}

func host(iri string) string {
	u, err := url.Parse(iri)
	if err != nil {
		return ""
	}
	return u.Host
}
