package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/activitypub/sig"
	"stoa/federation/fedtest"
)

// text is what people write here: as long as most of what people write.
const text = `I have read the whole thing twice now, and the part about the windows is what convinces me:
a room that one can look into from the street is another room. What I do not see is who sweeps it in winter.`

// muster makes an author and n more people, on servers of four kinds, and writes
// them and their keys to the node's database, as if they had been met before.
func (r *rig) muster(ctx context.Context, n int) error {
	kinds := []fedtest.Software{fedtest.Lemmy, fedtest.Mastodon, fedtest.PieFed, fedtest.Mbin}
	homes := make([]*fedtest.Peer, len(kinds))
	for i, kind := range kinds {
		var err error
		if homes[i], err = r.peer(ctx, fedtest.Options{Software: kind, Discard: true}); err != nil {
			return err
		}
	}
	people, keys, now := make([][]any, 0, n+1), make([][]any, 0, n+1), time.Now()
	for i := range n + 1 {
		home := homes[i%len(homes)]
		a := home.Person(fmt.Sprintf("member%d", i))
		pem, err := sig.EncodePublicKey(&a.Key().PublicKey)
		if err != nil {
			return err
		}
		r.crew = append(r.crew, a)
		people = append(people, []any{a.ID, a.Name, home.Host(), false, a.Inbox, home.SharedInbox(), pem, a.KeyID, now, now})
		keys = append(keys, []any{a.KeyID, a.ID, pem, now})
	}
	// The author votes for each post by writing it, and would count as one who has.
	r.author, r.crew = r.crew[0], r.crew[1:]
	conn, err := pgx.Connect(ctx, r.dsn)
	if err != nil {
		return err
	}
	_, err = conn.CopyFrom(ctx, pgx.Identifier{"person"},
		[]string{"uri", "name", "host", "local", "inbox", "shared_inbox", "public_key", "key_id", "published_at", "fetched_at"},
		pgx.CopyFromRows(people))
	if err == nil {
		_, err = conn.CopyFrom(ctx, pgx.Identifier{"actor_key"}, []string{"key_id", "owner", "public_pem", "checked_at"}, pgx.CopyFromRows(keys))
	}
	if err == nil {
		_, err = conn.Exec(ctx, "analyze")
	}
	return errors.Join(err, conn.Close(ctx))
}

// letter is an activity, signed and ready to be sent.
type letter struct {
	peer    *fedtest.Peer
	request *http.Request
}

// sign writes and signs n activities on all cores.
func (r *rig) sign(ctx context.Context, n int, write func(i int) (*fedtest.Actor, fedtest.Doc)) ([]letter, error) {
	letters := make([]letter, n)
	err := parallel(runtime.NumCPU(), n, func(i int) error {
		actor, activity := write(i)
		request, err := actor.Peer().Request(ctx, r.inbox(), activity, fedtest.SignAs{Actor: actor})
		letters[i] = letter{actor.Peer(), request}
		return err
	})
	return letters, err
}

// send delivers letters, many at a time; whatever is not accepted is an error.
func (r *rig) send(letters []letter) error {
	return parallel(r.b.o.senders, len(letters), func(i int) error {
		answer, err := letters[i].peer.Do(letters[i].request)
		if err == nil && answer.Status/100 != 2 {
			err = fmt.Errorf("answered %d: %s", answer.Status, answer.Body)
		}
		return err
	})
}

// parallel calls do for 0 to n-1 with so many goroutines, and stops at an error.
func parallel(goroutines, n int, do func(i int) error) error {
	var next atomic.Int64
	var once sync.Once
	var first error
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					once.Do(func() { first = err })
					next.Store(int64(n))
				}
			}
		})
	}
	all.Wait()
	return first
}

// post writes a new post in a community.
func (r *rig) post(community string) fedtest.Doc {
	r.posts++
	return r.author.Create(fedtest.Post{
		Community: r.community(community), Title: fmt.Sprintf("Post %d of a long day", r.posts), Markdown: text, HTML: "<p>" + text + "</p>",
	})
}

// addPosts has posts written and waits until they are there. It returns their ids.
func (r *rig) addPosts(ctx context.Context, n int) ([]string, error) {
	ids := make([]string, n)
	documents := make([]fedtest.Doc, n)
	for i := range documents {
		documents[i] = r.post("porch")
		ids[i] = objectID(documents[i])
	}
	letters, err := r.sign(ctx, n, func(i int) (*fedtest.Actor, fedtest.Doc) { return r.author, documents[i] })
	if err != nil {
		return nil, err
	}
	return ids, errors.Join(r.send(letters), r.quiet(ctx))
}

// objectID is the id of what an activity is about, through an Announce.
func objectID(d fedtest.Doc) string {
	for {
		switch object := d["object"].(type) {
		case string:
			return object
		case fedtest.Doc:
			if _, more := object["object"]; !more {
				id, _ := object["id"].(string)
				return id
			}
			d = object
		default:
			return ""
		}
	}
}
