package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stoa/federation/fedtest"
)

// TestKilledInAStream is what "acknowledged is never lost" means: whatever was
// answered 2xx is applied once and announced, though the program is killed in
// the middle of the stream.
func TestKilledInAStream(t *testing.T) {
	t.Parallel()
	killInAStream(t, 3, 150)
}

// TestSoakKilledInAStream is the same for longer; make soak runs it.
func TestSoakKilledInAStream(t *testing.T) {
	if os.Getenv("STOA_SOAK") == "" {
		t.Skip("make soak runs this")
	}
	killInAStream(t, 20, 1500)
}

func killInAStream(t *testing.T, kills, posts int) {
	dir, port := t.TempDir(), freePort(t)
	args := []string{
		"--url", "http://127.0.0.1:" + port, "--listen", "127.0.0.1:" + port,
		"--listen-private", "off", "--dev-federation", "true", "--log", "warn",
	}
	p := startProgram(t, dir, args...)
	if out, ok := command(t, dir, "community", "create", "porch", "--url", p.url); !ok {
		t.Fatal(out)
	}
	keys := fedtest.NewKeyring(1)
	reader := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Name: "reader", Keys: keys, Lenient: true})
	writer := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Name: "writer", Keys: keys, Lenient: true})
	community := fedtest.CommunityAt(p.url + "/c/porch")
	ann, bob := reader.Person("ann"), writer.Person("bob")
	if _, err := reader.Send(t.Context(), community.ID+"/inbox", ann.Follow(community.ID), fedtest.SignAs{Actor: ann}); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.WaitType(t.Context(), "Accept"); err != nil {
		t.Fatal(err)
	}

	// Senders try each activity until it is answered 2xx, as a server does.
	var next, acknowledged atomic.Int64
	var senders sync.WaitGroup
	ids := make([]string, posts)
	documents := make([]fedtest.Doc, posts)
	for i := range documents {
		documents[i] = bob.Create(fedtest.Post{Community: community, Title: fmt.Sprintf("Post %d", i), Markdown: "text"})
		ids[i], _ = documents[i]["id"].(string)
	}
	for range 4 {
		senders.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= posts || t.Context().Err() != nil {
					return
				}
				for t.Context().Err() == nil {
					answer, err := writer.Send(t.Context(), p.url+"/inbox", documents[i], fedtest.SignAs{Actor: bob})
					if err == nil && answer.Status/100 == 2 {
						acknowledged.Add(1)
						break
					}
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	for k := range kills {
		// Somewhere in the stream, not at the same place in each run.
		at := int64((k+1)*posts/(kills+1)) + rand.Int64N(5)
		eventually(t, "the stream goes on", func() bool { return acknowledged.Load() >= min(at, int64(posts)-1) })
		p.kill()
		p = startProgram(t, dir, args...)
	}
	senders.Wait()

	// Everything acknowledged is applied once…
	eventually(t, "all posts are applied", func() bool {
		_, body := p.getActivity("/c/porch/outbox")
		var outbox struct {
			TotalItems int `json:"totalItems"`
		}
		return json.Unmarshal([]byte(body), &outbox) == nil && outbox.TotalItems == posts
	})
	// …and announced to the follower, each under one id however often it was sent.
	eventually(t, "the follower is told of all posts", func() bool { return len(announced(reader)) >= posts })
	told, sent := announced(reader), 0
	for _, id := range ids {
		sent += len(told[id])
		if distinct := slices.Compact(slices.Sorted(slices.Values(told[id]))); len(distinct) != 1 {
			t.Errorf("%s was announced under %d ids, want 1", id, len(distinct))
		}
	}
	t.Logf("%d kills, %d posts, %d deliveries", kills, posts, sent)
}

func (p *program) getActivity(path string) (int, string) {
	p.t.Helper()
	r, err := request(p.t.Context(), p.url+path)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.answer(r)
}

func freePort(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()[strings.LastIndexByte(l.Addr().String(), ':')+1:]
}
