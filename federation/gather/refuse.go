package gather

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// Refuser looks at pictures before anybody sees them: against a list of hashes, and
// with a service of the admin's, as those that know pictures of abuse offer.
type Refuser struct {
	hashes  map[[sha256.Size]byte]bool
	service string
	client  *http.Client
}

// NewRefuser reads the file of hashes, one SHA-256 in hexadecimal a line, what
// follows a blank and lines that begin with # left out; empty for none. service is
// the URL of the service; empty for none. It is asked as the admin wrote it, on
// loopback or elsewhere.
func NewRefuser(file, service string) (*Refuser, error) {
	r := &Refuser{hashes: map[[sha256.Size]byte]bool{}, service: service, client: &http.Client{
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if file == "" {
		return r, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("hashes of refused pictures: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		word, _, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if word == "" || word[0] == '#' {
			continue
		}
		sum, err := hex.DecodeString(word)
		if err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("hashes of refused pictures: %s, line %d: not a SHA-256 in hexadecimal", file, n)
		}
		r.hashes[[sha256.Size]byte(sum)] = true
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("hashes of refused pictures: %s: %w", file, err)
	}
	return r, nil
}

// Look says whether a picture of somebody of this node must be refused, before anybody
// sees it. raw is the file as they sent it, address where it would be shown. An error
// means that nobody knows.
func (r *Refuser) Look(ctx context.Context, address string, raw []byte) (refused bool, err error) {
	reason, err := r.look(ctx, address, raw)
	return reason != "", err
}

// look says why a picture must not be shown; empty when it may. An error means that
// nobody knows.
//
// The service gets the file as it came by POST, with its URL in Content-Location
// (RFC 9110 §8.7). 2xx lets it pass, 4xx refuses it; anything else is no answer.
func (r *Refuser) look(ctx context.Context, address string, raw []byte) (reason string, err error) {
	if r == nil {
		return "", nil
	}
	if r.hashes[sha256.Sum256(raw)] {
		return "on the list of refused pictures", nil
	}
	if r.service == "" {
		return "", nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.service, bytes.NewReader(raw))
	if err != nil {
		return "", fmt.Errorf("looking at a picture: %w", err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Location", address)
	resp, err := r.client.Do(req)
	if err != nil {
		return "", fmt.Errorf("looking at a picture: %w", err)
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection can serve again
	_ = resp.Body.Close()                         // its status is all it has to say
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode <= 299:
		return "", nil
	case resp.StatusCode >= 400 && resp.StatusCode <= 499:
		return "refused by the service that looks at pictures", nil
	}
	return "", fmt.Errorf("looking at a picture: the service answers %s", resp.Status)
}
