package reach

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
	"stoa/storage/storagetest"
)

// asker is a node where somebody has asked to follow a community elsewhere, which has
// not answered.
type asker struct {
	t  *testing.T
	db *storage.DB
	r  *Reach
}

func newAsker(t *testing.T) *asker {
	t.Helper()
	const here = "https://here.example"
	dsn := storagetest.DSN(t, func(ctx context.Context, dsn string) error {
		db, err := storage.Open(ctx, dsn, storage.Options{})
		if err == nil {
			db.Close()
		}
		return err
	})
	db, err := storage.Open(t.Context(), dsn, storage.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	base, err := url.Parse(here)
	if err == nil {
		err = db.Bind(t.Context(), here)
	}
	if err != nil {
		t.Fatal(err)
	}
	f := forum.New(outbox.NewPublisher(base, nil), nil)
	a := &asker{t: t, db: db, r: New(Options{DB: db, Forum: f})}
	cats, err := db.SaveCommunity(t.Context(), forum.Community{
		URI: "https://there.example/c/cats", Name: "cats", Host: "there.example", Inbox: "https://there.example/c/cats/inbox", FetchedAt: f.Now(),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		if _, err := f.FoundPerson(ctx, tx, forum.NewActor{Name: "ann", PrivateKey: "-", PublicKey: "-"}); err != nil {
			return err
		}
		ann, _, err := tx.PersonByURI(ctx, here+"/u/ann")
		if err != nil {
			return err
		}
		_, err = f.Follow(ctx, tx, []forum.Follow{{Person: ann, Community: cats.URI}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// after lets time go by since the last request and returns what was sent since, by verb,
// and its ids.
func (a *asker) after(wait time.Duration) (verbs string, ids []string) {
	a.t.Helper()
	pool := a.db.Pool()
	var seen int64
	if err := pool.QueryRow(a.t.Context(), `select max(seq) from log`).Scan(&seen); err != nil {
		a.t.Fatal(err)
	}
	if _, err := pool.Exec(a.t.Context(), `update follow set asked_at = now() - $1::interval`, wait); err != nil {
		a.t.Fatal(err)
	}
	if err := a.r.askAgain(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
	rows, err := pool.Query(a.t.Context(), `select verb, direct_id from log where seq > $1 order by seq`, seen)
	if err != nil {
		a.t.Fatal(err)
	}
	var all []string
	var verb, id string
	_, err = pgx.ForEachRow(rows, []any{&verb, &id}, func() error { all, ids = append(all, verb), append(ids, id); return nil })
	if err != nil {
		a.t.Fatal(err)
	}
	return strings.Join(all, " "), ids
}

// A Lemmy that has never heard of a server loses its first Accept.
func TestLemmyTrap25FollowsAreAskedForAgainUnderANewID(t *testing.T) {
	t.Parallel()
	a := newAsker(t)
	if verbs, _ := a.after(time.Minute); verbs != "" {
		t.Errorf("after a minute: %s", verbs)
	}
	verbs, ids := a.after(121 * time.Second)
	var first string
	if err := a.db.Pool().QueryRow(t.Context(), `select direct_id from log order by seq limit 1`).Scan(&first); err != nil {
		t.Fatal(err)
	}
	if verbs != "follow" || ids[0] == first {
		t.Errorf("after two minutes: %s under %v, at first %s", verbs, ids, first)
	}
}

// PieFed answers a Follow that it knows with nothing.
func TestPeerTrap34PendingFollowsAreUndoneFirst(t *testing.T) {
	t.Parallel()
	a := newAsker(t)
	_, asked := a.after(121 * time.Second)
	if verbs, _ := a.after(50 * time.Minute); verbs != "" {
		t.Errorf("within the hour: %s", verbs)
	}
	verbs, ids := a.after(61 * time.Minute)
	if verbs != "unfollow follow" || len(asked) != 1 || ids[1] == asked[0] || ids[1] == ids[0] {
		t.Errorf("after an hour: %s under %v, before %v", verbs, ids, asked)
	}
}
