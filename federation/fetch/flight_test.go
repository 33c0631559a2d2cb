package fetch

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

func TestOneRequestServesAllWhoAskAtOnce(t *testing.T) {
	var asked atomic.Int32
	release := make(chan struct{})
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-release
		serve(w, `{"id":"http://`+r.Host+`/x"}`)
	})
	c := devClient(t, Options{})

	// The first to ask gives up; the others get their answer all the same.
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := c.Document(ctx, srv.URL+"/x")
		gaveUp <- err
	}()
	waitFor(t, func() bool { return asked.Load() == 1 })
	cancel()
	wantKind(t, <-gaveUp, Cancelled)

	docs := make(chan *Document, 5)
	for range cap(docs) {
		go func() {
			doc, err := c.Document(t.Context(), srv.URL+"/x")
			if err != nil {
				t.Error(err)
			}
			docs <- doc
		}()
	}
	time.Sleep(soon / 3) // let them join; if they came late they would only ask anew
	close(release)
	first := <-docs
	first.Body[0] = 'X'
	for range cap(docs) - 1 {
		if doc := <-docs; doc.Body[0] != '{' {
			t.Error("two callers share one body")
		}
	}
	if n := asked.Load(); n > 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	started := make(chan struct{})
	srv := plainServer(t, func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
	})
	c := devClient(t, Options{})
	done := make(chan error, 1)
	go func() {
		_, err := c.Document(context.Background(), srv.URL+"/x")
		done <- err
	}()
	<-started
	c.Close()
	wantKind(t, <-done, Cancelled)
}

// What other servers make us stumble over is their document's fault, and not the
// end of the program.
func TestAPanicInAFlightIsAnError(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) { serve(w, `{"id":"http://`+r.Host+`/x"}`) })
	c := devClient(t, Options{Sign: func(context.Context, *http.Request, []byte) error { panic("as told") }})
	_, err := c.Document(t.Context(), srv.URL+"/x")
	wantKind(t, err, Malformed)
}
