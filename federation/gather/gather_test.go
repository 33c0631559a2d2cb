package gather

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/media"
	"stoa/storage/storagetest"
)

func migrate(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	db.Close()
	return nil
}

// rig is a Gatherer at work on a real database, and a server that it asks.
type rig struct {
	*Gatherer
	t     *testing.T
	db    *storage.DB
	store *media.Store
	far   *httptest.Server
	mux   *http.ServeMux
	asked sync.Map // path to *atomic.Int64
}

func newRig(t *testing.T, change func(*rig, *Options)) *rig {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.DSN(t, migrate), storage.Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	r := &rig{t: t, db: db, mux: http.NewServeMux(), store: media.NewStore(filepath.Join(t.TempDir(), "media"), 1<<30, nil)}
	r.far = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		n, _ := r.asked.LoadOrStore(req.URL.Path, &atomic.Int64{})
		n.(*atomic.Int64).Add(1)
		r.mux.ServeHTTP(w, req)
	}))
	t.Cleanup(r.far.Close)
	base := &url.URL{Scheme: "https", Host: "stoa.example"}
	client := fetch.New(fetch.Options{BaseURL: base, Version: "test", Dev: true})
	t.Cleanup(client.Close)
	o := Options{DB: db, Client: client, Store: r.store, Dev: true, Log: slog.New(slog.DiscardHandler)}
	if os.Getenv("STOA_TEST_LOG") != "" {
		o.Log = slog.Default()
	}
	if change != nil {
		change(r, &o)
	}
	r.Gatherer = New(o)
	workers := river.NewWorkers()
	river.AddWorker(workers, r.Pictures())
	river.AddWorker(workers, r.Pages())
	jobs, err := river.NewClient(riverpgxv5.New(db.Pool()), &river.Config{
		Queues: map[string]river.QueueConfig{storage.PictureQueue: {MaxWorkers: 3}, storage.PageQueue: {MaxWorkers: 2}}, Workers: workers,
		Logger: slog.New(slog.DiscardHandler), FetchPollInterval: 100 * time.Millisecond, RetryPolicy: hurry{},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = jobs.StopAndCancel(ctx)
	})
	return r
}

// hurry tries again at once.
type hurry struct{}

func (hurry) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(10 * time.Millisecond) }

func (r *rig) times(path string) int64 {
	n, ok := r.asked.Load(path)
	if !ok {
		return 0
	}
	return n.(*atomic.Int64).Load()
}

func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	for end := time.Now().Add(5 * time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatal("never: ", what)
		}
	}
}

func (r *rig) has(address string, size media.Size) bool {
	f, err := r.store.Open(address, size)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		r.t.Fatal(err)
	}
	_ = f.Close()
	return true
}

// ask asks and fails the test unless the answer is as expected.
func (r *rig) ask(address string, size media.Size, want bool) {
	r.t.Helper()
	coming, err := r.Ask(r.t.Context(), address, size)
	if err != nil || coming != want {
		r.t.Fatalf("%s: coming %v, %v", address, coming, err)
	}
}

// failure is why a picture is not shown, once that is noted.
func (r *rig) failure(address string) (reason string, refused, ever bool) {
	r.t.Helper()
	r.eventually("the failure of "+address, func() bool {
		err := r.db.Pool().QueryRow(r.t.Context(), `select reason, refused, retry_at < 'infinity' from picture_failure where url = $1`, address).Scan(&reason, &refused, &ever)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			r.t.Fatal(err)
		}
		return err == nil
	})
	return reason, refused, ever
}

func square(side int, c color.Color) []byte {
	p := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			p.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func serve(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body)
	}
}

// One request gets a picture for lists and for its page.
func TestPictureIsKept(t *testing.T) {
	r := newRig(t, nil)
	r.mux.Handle("/a.png", serve("text/plain", square(2000, color.RGBA{10, 200, 30, 255}))) // what it says it is does not matter
	at := r.far.URL + "/a.png"
	r.ask(at, media.Thumb, true)
	r.ask(at, media.Thumb, true) // another reader
	r.eventually("kept", func() bool { return r.has(at, media.Thumb) && r.has(at, media.Whole) })
	r.ask(at, media.Avatar, true)
	r.eventually("made smaller", func() bool { return r.has(at, media.Avatar) })
	if n := r.times("/a.png"); n != 1 {
		t.Errorf("asked for %d times", n)
	}
	f, err := r.store.Open(at, media.Avatar)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if p, _, err := image.DecodeConfig(f); err != nil || p.Width != 96 {
		t.Errorf("%d wide: %v", p.Width, err)
	}
}

// What cannot be shown is noted and left alone, and nothing of it is kept.
func TestWhatIsNoPicture(t *testing.T) {
	r := newRig(t, nil)
	bomb := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x27\x10\x00\x00\x27\x10\x08\x02\x00\x00\x00\x3f\xd1\x86\x5e")
	for path, h := range map[string]http.HandlerFunc{
		"/script.svg": serve("image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)),
		"/page.png":   serve("image/png", []byte(`<!doctype html><script>alert(1)</script>`)),
		"/note.png":   serve("image/png", []byte(`{"type":"Note","id":"https://stoa.example/post/1"}`)),
		"/bomb.png":   serve("image/png", bomb),
		"/half.png":   serve("image/png", square(300, color.Black)[:200]),
		"/empty.png":  serve("image/png", nil),
		"/gone.png":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
		"/huge.png": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("\x89PNG"), (media.MaxBytes+1024)/4))
		},
		"/around.png": func(w http.ResponseWriter, req *http.Request) { http.Redirect(w, req, req.URL.Path, http.StatusFound) },
		"/inside.png": func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "http://10.0.0.1/secret.png", http.StatusFound)
		},
		"/ours.png": func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "https://stoa.example/media/x", http.StatusFound)
		},
	} {
		r.mux.Handle(path, h)
		at := r.far.URL + path
		r.ask(at, media.Whole, true)
		if reason, refused, ever := r.failure(at); reason == "" || refused || !ever {
			t.Errorf("%s: %q, refused %v, tried again %v", path, reason, refused, ever)
		}
		r.ask(at, media.Whole, false)
		if r.has(at, media.Whole) {
			t.Errorf("%s is kept", path)
		}
	}
}

// A server that is away for a moment is asked again, one that mends its picture
// later too, and each failure makes the wait longer.
func TestPictureIsTriedAgain(t *testing.T) {
	r := newRig(t, nil)
	var ill atomic.Int64
	ill.Store(2)
	r.mux.HandleFunc("/ill.png", func(w http.ResponseWriter, req *http.Request) {
		if ill.Add(-1) >= 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		serve("image/png", square(10, color.White))(w, req)
	})
	r.ask(r.far.URL+"/ill.png", media.Whole, true)
	r.eventually("kept", func() bool { return r.has(r.far.URL+"/ill.png", media.Whole) })

	r.mux.HandleFunc("/later.png", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	at := r.far.URL + "/later.png"
	waits := func() (hours float64) {
		if err := r.db.Pool().QueryRow(t.Context(), `select extract(epoch from retry_at - now()) / 3600 from picture_failure where url = $1`, at).Scan(&hours); err != nil {
			t.Fatal(err)
		}
		return hours
	}
	r.ask(at, media.Whole, true)
	r.failure(at)
	first := waits()
	if _, err := r.db.Pool().Exec(t.Context(), `update picture_failure set retry_at = now() where url = $1`, at); err != nil {
		t.Fatal(err)
	}
	r.eventually("asked again", func() bool {
		if r.times("/later.png") == 1 { // the first job may not be over yet, or the second just begin
			if _, err := r.Ask(t.Context(), at, media.Whole); err != nil {
				t.Fatal(err)
			}
		}
		return r.times("/later.png") == 2 && waits() > 0.1
	})
	if second := waits(); first < 5.9 || second < 1.9*first {
		t.Errorf("waits %.1f, then %.1f hours", first, second)
	}
}

// What is on the list, or what the service refuses, nobody sees, and nobody asks for
// again. A service that does not answer lets nothing pass.
func TestRefusedPictures(t *testing.T) {
	bad, good := square(40, color.RGBA{200, 0, 0, 255}), square(40, color.RGBA{0, 200, 0, 255})
	listed := square(40, color.RGBA{0, 0, 200, 255})
	var mute atomic.Bool
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var b bytes.Buffer
		_, _ = b.ReadFrom(req.Body)
		switch {
		case mute.Load():
			w.WriteHeader(http.StatusInternalServerError)
		case bytes.Equal(b.Bytes(), bad) && strings.HasSuffix(req.Header.Get("Content-Location"), ".png"):
			w.WriteHeader(http.StatusUnavailableForLegalReasons)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(service.Close)
	list := filepath.Join(t.TempDir(), "hashes")
	if err := os.WriteFile(list, fmt.Appendf(nil, "# known\n\n%x  a name\n", sha256.Sum256(listed)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(_ *rig, o *Options) {
		var err error
		if o.Refuse, err = NewRefuser(list, service.URL); err != nil {
			t.Fatal(err)
		}
	})
	for name, body := range map[string][]byte{"good": good, "bad": bad, "listed": listed, "unseen": square(41, color.White)} {
		r.mux.Handle("/"+name+".png", serve("image/png", body))
	}
	at := func(name string) string { return r.far.URL + "/" + name + ".png" }
	r.ask(at("good"), media.Whole, true)
	r.eventually("kept", func() bool { return r.has(at("good"), media.Whole) })
	for _, name := range []string{"bad", "listed"} {
		r.ask(at(name), media.Thumb, true)
		if reason, refused, ever := r.failure(at(name)); !refused || ever {
			t.Errorf("%s: %q, refused %v, tried again %v", name, reason, refused, ever)
		}
		r.ask(at(name), media.Thumb, false)
		if r.has(at(name), media.Thumb) || r.has(at(name), media.Whole) {
			t.Errorf("%s is kept", name)
		}
	}
	mute.Store(true)
	r.ask(at("unseen"), media.Whole, true)
	if _, refused, ever := r.failure(at("unseen")); refused || !ever {
		t.Error("a service that does not answer refuses for ever")
	}
	if r.has(at("unseen"), media.Whole) {
		t.Error("what nobody looked at is kept")
	}
}

func TestRefuserSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hashes")
	if err := os.WriteFile(file, []byte("abc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewRefuser(file, ""); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Error(err)
	}
	if _, err := NewRefuser(file+"x", ""); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// A stranger's page with a thousand pictures makes a bounded number of jobs, and
// leaves room for those of others.
func TestPicturesHaveABudget(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.db.Pool().Exec(t.Context(), `insert into river_job (kind, args, max_attempts, queue, state, scheduled_at)
		select 'fetch_picture', jsonb_build_object('url', 'https://far.example/' || n, 'size', 'whole', 'domain', 'far.example'), 4, 'elsewhere', 'available', now() + '1 day'
		from generate_series(1, 500) n`); err != nil {
		t.Fatal(err)
	}
	jobs := func() (n int) {
		if err := r.db.Pool().QueryRow(t.Context(), `select count(*) from river_job where kind = 'fetch_picture' and queue <> 'pictures' or state <> 'completed'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := jobs()
	r.ask("https://www.far.example/one-more", media.Whole, true)
	if n := jobs(); n != before {
		t.Errorf("%d jobs became %d", before, n)
	}
	r.mux.Handle("/a.png", serve("image/png", square(9, color.White)))
	r.ask(r.far.URL+"/a.png", media.Whole, true)
	r.eventually("others are served", func() bool { return r.has(r.far.URL+"/a.png", media.Whole) })
}

func TestPaceOfADomain(t *testing.T) {
	p := &pace{}
	at := time.Date(2026, 11, 20, 12, 0, 30, 0, time.UTC)
	for n := range perMinute {
		if !p.spend("far.example", at) {
			t.Fatal("refused after", n)
		}
	}
	if p.spend("far.example", at) {
		t.Error("too much is let through")
	}
	if !p.spend("other.example", at) || !p.spend("far.example", at.Add(time.Minute)) {
		t.Error("others, or the next minute, pay for it")
	}
	for address, want := range map[string]string{
		"https://a.b.example.co.uk/x": "example.co.uk", "https://127.0.0.1:80/x": "127.0.0.1", "https://[::1]/": "::1", "http://node.localhost:1/": "node.localhost", ":": "",
	} {
		if got := domainOf(address); got != want {
			t.Errorf("%s is of %q, want %q", address, got, want)
		}
	}
}

// submit stores a post with a link, as the verb does.
func (r *rig) submit(n int, link string) {
	r.t.Helper()
	c, err := r.db.SaveCommunity(r.t.Context(), forum.Community{
		URI: "https://far.example/c/craft", Name: "craft", Host: "far.example", Inbox: "https://far.example/inbox", FetchedAt: time.Now(),
	}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	p, err := r.db.SavePerson(r.t.Context(), forum.Person{
		URI: "https://far.example/u/jo", Name: "jo", Host: "far.example", Inbox: "https://far.example/inbox", FetchedAt: time.Now(),
	}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	err = r.db.InTx(r.t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		ids, err := tx.NewPostIDs(ctx, 1)
		if err != nil {
			return err
		}
		_, err = tx.InsertPosts(ctx, []forum.NewPost{{Post: forum.Post{
			ID: ids[0], URI: fmt.Sprint("https://far.example/post/", n), Community: c, Author: p, Title: "A link", Link: link,
			Published: forum.Stamp{Time: time.Now()},
		}, Submitted: time.Now(), Received: time.Now()}})
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// What a page says of itself is read once, when somebody links to it.
func TestLinkIsDescribed(t *testing.T) {
	r := newRig(t, nil)
	r.mux.Handle("/press", serve("text/html; charset=utf-8", []byte(`<!doctype html><html><head><title>Plain</title>
		<meta property="og:title" content="The   last&#32;foundry&#x202E;"><meta name="description" content="Type, cast daily.">
		<meta property="og:image" content="/type.png"><meta property="og:image:alt" content="Type"><meta property="og:site_name" content="Press"></head><body>`+strings.Repeat("x", 1<<20))))
	r.mux.HandleFunc("/none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	links := []string{r.far.URL + "/press", r.far.URL + "/none", "https://stoa.example/post/1"}
	for n, link := range append(links, links[0]) {
		r.submit(n, link)
	}
	state := func(link string) (n int) {
		if err := r.db.Pool().QueryRow(t.Context(), `select state from link_preview where url = $1`, link).Scan(&n); err != nil {
			t.Fatal(link, ": ", err)
		}
		return n
	}
	r.eventually("all are read", func() bool { return state(links[0]) == 1 && state(links[1]) == 2 && state(links[2]) == 2 })
	post, err := r.db.Reader().Post(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	want := forum.Preview{Title: "The last foundry", Description: "Type, cast daily.", Site: "Press", Picture: r.far.URL + "/type.png", PictureAlt: "Type"}
	if post.Preview != want {
		t.Errorf("%+v", post.Preview)
	}
	if n := r.times("/press"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// A flood of links makes a bounded number of jobs; what is posted later is a plain
// link, and may be asked for when there is room.
func TestPagesHaveABudget(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.db.Pool().Exec(t.Context(), `insert into river_job (kind, args, max_attempts, queue, state, scheduled_at)
		select 'fetch_page', jsonb_build_object('url', 'https://far.example/' || n), 4, 'elsewhere', 'available', now() + '1 day' from generate_series(1, 2000) n`); err != nil {
		t.Fatal(err)
	}
	asked := func(link string) (is bool) {
		if err := r.db.Pool().QueryRow(t.Context(), `select exists (select 1 from link_preview where url = $1)`, link).Scan(&is); err != nil {
			t.Fatal(err)
		}
		return is
	}
	r.submit(1, "https://far.example/one-more")
	if asked("https://far.example/one-more") {
		t.Error("more are asked for")
	}
	if _, err := r.db.Pool().Exec(t.Context(), `delete from river_job where args->>'url' = 'https://far.example/7'`); err != nil {
		t.Fatal(err)
	}
	r.submit(2, "https://far.example/one-more")
	if !asked("https://far.example/one-more") {
		t.Error("with room it is not asked for")
	}
}
