// Package buckettest has a server for tests that speaks as much S3 as package bucket asks.
package buckettest

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // what S3 calls an object's tag
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stoa/storage/bucket"
)

// The bucket of a Server, and who may use it.
const (
	Name   = "pictures"
	Region = "far-1"
	key    = "key"
	secret = "a/secret+"
)

// Server is one bucket on loopback, named in the path. It holds to signatures: whoever
// signs with another key is refused (AWS Signature Version 4).
type Server struct {
	*httptest.Server
	// Down has it answer nothing but 503.
	Down atomic.Bool

	mu    sync.Mutex
	files map[string]file
}

type file struct {
	mediaType string
	content   []byte
	at        time.Time
}

// NewServer begins an empty bucket.
func NewServer(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{files: map[string]file{}}
	s.Server = httptest.NewServer(s)
	tb.Cleanup(s.Close)
	return s
}

// Options are how its owner opens it.
func (s *Server) Options(tb testing.TB) bucket.Options {
	tb.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		tb.Fatal(err)
	}
	return bucket.Options{Endpoint: u, Name: Name, Region: Region, Key: key, Secret: secret, PathStyle: true}
}

// Files names what lies there, in order.
func (s *Server) Files() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range s.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Retype changes the type under which a file lies.
func (s *Server) Retype(name, mediaType string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[name]
	f.mediaType = mediaType
	s.files[name] = f
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	no := func(status int, code string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code) // a test sees what is missing
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		no(http.StatusBadRequest, "IncompleteBody")
		return
	}
	sum := sha256.Sum256(body)
	said := r.Header.Get("X-Amz-Content-Sha256")
	name, inside := strings.CutPrefix(r.URL.Path, "/"+Name)
	name = strings.TrimPrefix(name, "/")
	switch {
	case s.Down.Load():
		no(http.StatusServiceUnavailable, "ServiceUnavailable")
		return
	case r.Header.Get("Authorization") != sign(r, said):
		no(http.StatusForbidden, "SignatureDoesNotMatch")
		return
	case len(body) > 0 && said != hex.EncodeToString(sum[:]):
		no(http.StatusBadRequest, "XAmzContentSHA256Mismatch")
		return
	case !inside:
		no(http.StatusNotFound, "NoSuchBucket")
		return
	case name == "": // about the bucket itself
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.files[name]
	switch {
	case r.Method == http.MethodPut:
		s.files[name] = file{r.Header.Get("Content-Type"), body, time.Now()}
	case r.Method == http.MethodDelete:
		delete(s.files, name)
		w.WriteHeader(http.StatusNoContent)
	case !ok:
		no(http.StatusNotFound, "NoSuchKey")
	default:
		w.Header().Set("Content-Type", f.mediaType)
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(f.content))) //nolint:gosec // see above
		http.ServeContent(w, r, "", f.at, strings.NewReader(string(f.content)))
	}
}

// sign is the header that a request has when it is signed with the right key.
func sign(r *http.Request, sum string) string {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	signed, _, _ := strings.Cut(rest, ",")
	var headers strings.Builder
	for h := range strings.SplitSeq(signed, ";") {
		value := strings.Join(r.Header.Values(h), ",")
		switch h {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		headers.WriteString(h + ":" + strings.TrimSpace(value) + "\n")
	}
	at := r.Header.Get("X-Amz-Date")
	day := at[:min(8, len(at))]
	scope := day + "/" + Region + "/s3/aws4_request"
	asked := sha256.Sum256([]byte(strings.Join([]string{r.Method, r.URL.EscapedPath(), r.URL.Query().Encode(), headers.String(), signed, sum}, "\n")))
	with := []byte("AWS4" + secret)
	for _, part := range []string{day, Region, "s3", "aws4_request", "AWS4-HMAC-SHA256\n" + at + "\n" + scope + "\n" + hex.EncodeToString(asked[:])} {
		mac := hmac.New(sha256.New, with)
		mac.Write([]byte(part))
		with = mac.Sum(nil)
	}
	return "AWS4-HMAC-SHA256 Credential=" + key + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + hex.EncodeToString(with)
}
