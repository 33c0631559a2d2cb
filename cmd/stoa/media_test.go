package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"stoa/federation/account"
	"stoa/federation/fedtest"
	"stoa/storage"
	"stoa/storage/bucket/buckettest"
	"stoa/storage/media"
	"stoa/storage/private"
	"stoa/storage/storagetest"
)

// A picture and a link that come by a signed activity are shown: the one by our own
// path, the other with what its page says. What the admin refuses is gone.
func TestPicturesOfOthersAreShown(t *testing.T) {
	d := newDesk(t)
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".png") {
			p := image.NewRGBA(image.Rect(0, 0, 500, 250))
			for i := range p.Pix {
				p.Pix[i] = 200
			}
			p.Set(1, 1, color.Black)
			var b bytes.Buffer
			_ = png.Encode(&b, p)
			_, _ = w.Write(b.Bytes())
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<title>A page about bells</title><meta property="og:image" content="/bell.png">`))
	}))
	t.Cleanup(far.Close)
	peer := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Lenient: true})
	create := peer.Person("jo").Create(fedtest.Post{Community: fedtest.CommunityAt(d.community), Title: "Bells", Link: far.URL + "/bells"})
	if p := d.send(peer, create); p.State != "applied" {
		t.Fatal(p.State, p.Reason)
	}
	src := regexp.MustCompile(`/media/thumb/[\w-]+/[\w-]+`)
	var at string
	eventually(t, "the page behind the link is described", func() bool {
		body := d.get("/post/1", "text/html").Body.String()
		at = src.FindString(body)
		return at != "" && strings.Contains(body, "A page about bells")
	})
	if w := d.get(at, "image/*"); w.Code != http.StatusAccepted {
		t.Errorf("at first: %d", w.Code)
	}
	eventually(t, "the picture comes", func() bool {
		w := d.get(at, "image/*")
		c, _, err := image.DecodeConfig(w.Body)
		return w.Code == http.StatusOK && err == nil && c.Width == 320 && c.Height == 160
	})

	command := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		all := append([]string{"--database-url", d.dsn, "--url", d.cfg.URL.String(), "--data", d.cfg.Data}, args...)
		if status := run(t.Context(), all, &out, &errs, func(string) string { return "" }); status != 0 {
			t.Fatalf("%v: %d: %s", args, status, errs.String())
		}
		return out.String()
	}
	command("media", "refuse", d.cfg.URL.String()+at)
	if w := d.get(at, "image/*"); w.Code != http.StatusNotFound {
		t.Errorf("refused: %d", w.Code)
	}
	command("media", "forget", far.URL+"/bell.png")
	eventually(t, "it comes again", func() bool { return d.get(at, "image/*").Code == http.StatusOK })
}

// An emoji that the admin made is a picture wherever people here write its name, here and
// on other servers; one that was taken away stays where it stands.
func TestEmojiMadeHere(t *testing.T) {
	w := newWorld(t, nil)
	dora := w.a.lives("dora")
	w.b.follow(w.b.lives("emil"), w.community)
	file := filepath.Join(t.TempDir(), "party.png")
	if err := os.WriteFile(file, dot(t, color.White), 0o600); err != nil {
		t.Fatal(err)
	}
	stoa := func(args ...string) string {
		t.Helper()
		return w.a.stoa(append([]string{"--data", w.a.cfg.Data}, args...)...)
	}
	if out := stoa("emoji", "add", "party", file); !strings.Contains(out, ":party: is a picture") {
		t.Error(out)
	}
	if out := stoa("emoji", "add", ":party:", file); !strings.Contains(out, "already") {
		t.Error(out)
	}
	if out := stoa("emoji", "list"); !strings.Contains(out, ":party:") {
		t.Error(out)
	}
	r := w.a.acts(dora, "/submit", "to", w.a.community(w.community).Handle(), "title", "A :party: here", "text", "Such a :party:, `:party:` and no :such:")
	path := r.Header().Get("Location")
	if r.Code != http.StatusSeeOther {
		t.Fatal(r.Code, r.Body)
	}
	uri := w.a.cfg.URL.String() + path
	w.b.knows(uri)
	sign := regexp.MustCompile(`<img class="emoji" src="([^"]+)"[^>]* title=":party:"`)
	for name, n := range map[string]*testNode{"here": w.a, "elsewhere": w.b} {
		var at []string
		eventually(t, name+" it is a picture", func() bool {
			for _, m := range sign.FindAllStringSubmatch(n.get(fmt.Sprintf("/post/%d", n.numberOf(uri)), "text/html").Body.String(), -1) {
				at = append(at, m[1])
			}
			return len(at) > 0
		})
		eventually(t, name+" the picture comes", func() bool {
			got := n.get(at[0], "image/*")
			_, _, err := image.DecodeConfig(got.Body)
			return got.Code == http.StatusOK && err == nil
		})
	}
	var doc fedtest.Doc
	if r := w.a.get("/emoji/party", "application/activity+json"); r.Code != http.StatusOK || json.Unmarshal(r.Body.Bytes(), &doc) != nil || doc["type"] != "Emoji" || doc["name"] != ":party:" {
		t.Errorf("its id: %d %s", r.Code, r.Body)
	}
	if about := w.a.get("/about", "text/html").Body.String(); !strings.Contains(about, "<code>:party:</code>") {
		t.Error("nobody is told which there are")
	}
	// In names, and in words for one person alone, too.
	if r := w.a.acts(dora, "/settings/profile", "title", "Dora :party:", "bio", "I am."); r.Code != http.StatusOK {
		t.Fatal(r.Code, r.Body)
	}
	if r := w.a.acts(dora, "/messages/emil@"+w.b.cfg.URL.Host, "text", "For you: :party:"); r.Code != http.StatusSeeOther {
		t.Fatal(r.Code, r.Body)
	}
	eventually(t, "the message comes with its picture", func() bool {
		return w.b.count(`select count(*) from message where html like '%:party:%' and emoji like 'party http%'`) == 1
	})
	eventually(t, "the name comes with its picture", func() bool {
		return w.b.count(`select count(*) from person where title = 'Dora :party:' and emoji like 'party http%'`) == 1
	})
	// And somebody reacts with it, which others see as well.
	react := fmt.Sprintf("/react/post-%d", w.a.numberOf(uri))
	if r := w.a.acts(dora, react, "other", ":such:"); r.Code != http.StatusUnprocessableEntity && r.Code != http.StatusBadRequest {
		t.Errorf("a reaction with nothing: %d", r.Code)
	}
	if r := w.a.acts(dora, react, "emoji", ":party:"); r.Code != http.StatusSeeOther {
		t.Fatal(r.Code, r.Body)
	}
	for name, n := range map[string]*testNode{"here": w.a, "elsewhere": w.b} {
		eventually(t, name+" the reaction is a picture", func() bool {
			_, below, _ := strings.Cut(n.get(fmt.Sprintf("/post/%d", n.numberOf(uri)), "text/html").Body.String(), `<ul class="reactions"`)
			below, _, _ = strings.Cut(below, "</ul>")
			return sign.MatchString(below)
		})
	}
	if r := w.a.page(dora, react); !regexp.MustCompile(`value=":party:" checked> <label[^>]*><img class="emoji"`).MatchString(r) {
		t.Errorf("what dora reacted with is not to be seen where she changes it: %s", r)
	}
	stoa("emoji", "remove", "party")
	if r := w.a.acts(dora, react, "other", ":party:"); r.Code == http.StatusSeeOther {
		t.Error("a reaction with what is there no more")
	}
	if out := stoa("emoji", "remove", "party"); !strings.Contains(out, "no emoji") {
		t.Error(out)
	}
	body := w.a.get(path, "text/html").Body.String()
	if m := sign.FindStringSubmatch(body); len(m) < 2 || w.a.get(m[1], "image/*").Code != http.StatusOK {
		t.Errorf("what was written lost it: %s", body)
	}
	r = w.a.acts(dora, "/submit", "to", w.a.community(w.community).Handle(), "title", "No more", "text", "No :party:")
	if body := w.a.get(r.Header().Get("Location"), "text/html").Body.String(); r.Code != http.StatusSeeOther || !strings.Contains(body, "<p>No :party:</p>") {
		t.Errorf("%d %s", r.Code, body)
	}
	if _, err := w.a.db.Pool().Exec(t.Context(), `update emoji set bytes = 10 << 20`); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{"2 to 64 letters": {"a-b", file}, "no more room": {"other", file, "--upload-budget", "10MiB"}} {
		var no bytes.Buffer
		args = append([]string{"--database-url", w.a.cfg.DatabaseURL, "--url", w.a.cfg.URL.String(), "--data", w.a.cfg.Data, "emoji", "add"}, args...)
		if status := run(t.Context(), args, io.Discard, &no, func(string) string { return "" }); status == 0 || !strings.Contains(no.String(), want) {
			t.Errorf("%v: %d %s", args, status, &no)
		}
	}
}

// A change of pictures and descriptions in the form of a post reaches other servers, from
// the home of the community and from elsewhere, and all show the same in the end.
func TestPicturesAreChangedEverywhere(t *testing.T) {
	w := newWorld(t, nil)
	for what, at := range map[string]struct {
		n   *testNode
		who string
	}{"home": {w.a, w.a.lives("dora")}, "guest": {w.b, w.b.lives("emil")}} {
		n, who := at.n, at.who
		send := func(c color.Color) string {
			t.Helper()
			made, err := n.uploads.Make(t.Context(), dot(t, c))
			if err == nil {
				_, err = n.pictures.Add(t.Context(), n.person(who).ID, made.Upload)
			}
			if err == nil {
				err = n.uploads.Keep(t.Context(), made)
			}
			if err != nil {
				t.Fatal(err)
			}
			return made.Name
		}
		one, two := send(color.White), send(color.Black)
		community := "porch@" + w.a.cfg.URL.Host
		res := n.acts(who, "/submit", "to", community, "title", "Pictured at "+what, "text", "Words", "picture", one, "alt-"+one, "White")
		path := res.Header().Get("Location")
		if res.Code != http.StatusSeeOther {
			t.Fatal(res.Code, res.Body)
		}
		uri := n.publisher.PostURI(n.numberAt(path))
		shows := func(want string) {
			t.Helper()
			for _, other := range []*testNode{w.a, w.b, w.c} {
				other.knows(uri)
				eventually(t, other.cfg.URL.Host+" shows "+want, func() bool {
					p, err := other.db.Reader().Post(t.Context(), other.numberOf(uri))
					if err != nil {
						t.Fatal(err)
					}
					var all []string
					for _, a := range p.Attachments {
						all = append(all, a.URL[len(a.URL)-len(one):]+" "+a.Alt)
					}
					return strings.Join(all, ", ") == want
				})
			}
		}
		shows(one + " White")
		edit := strings.Replace(path, "/post/", "/edit/post-", 1)
		for _, step := range []struct {
			want   string
			fields []string
		}{
			{one + " Snow", []string{"picture", one, "alt-" + one, "Snow"}},
			{two + " Coal", []string{"picture", two, "alt-" + two, "Coal"}},
			{"", nil},
		} {
			res := n.acts(who, edit, append([]string{"title", "Pictured at " + what, "text", "Words", "pictured", "1"}, step.fields...)...)
			if res.Code != http.StatusSeeOther {
				t.Fatal(res.Code, res.Body)
			}
			shows(step.want)
		}
	}
}

// numberAt is the number in the path of a post.
func (n *testNode) numberAt(path string) int64 {
	n.t.Helper()
	id, err := strconv.ParseInt(strings.TrimPrefix(path, "/post/"), 10, 64)
	if err != nil {
		n.t.Fatal(err)
	}
	return id
}

// bare is a node that does not run, with settings of its own.
func bare(t *testing.T, flags map[string]string) *testNode {
	t.Helper()
	all := map[string]string{"url": "http://node.localhost:8080", "database-url": storagetest.DSN(t, schema), "dev-federation": "true", "listen-private": "off", "data": t.TempDir()}
	maps.Copy(all, flags)
	c, err := readConfig(all, "", func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(t.Context(), c.DatabaseURL, storage.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Bind(t.Context(), c.URL.String()); err != nil {
		t.Fatal(err)
	}
	n, err := newNode(t.Context(), c, db, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.client.Close)
	return &testNode{node: n, t: t}
}

// inBucket are the settings of a node with a bucket.
func inBucket(t *testing.T, s *buckettest.Server) map[string]string {
	t.Helper()
	b := s.Options(t)
	return map[string]string{"s3-endpoint": s.URL, "s3-bucket": b.Name, "s3-region": b.Region, "s3-key": b.Key, "s3-secret": b.Secret}
}

func dot(t *testing.T, c color.Color) []byte {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, 4, 4))
	p.Set(1, 1, c)
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The files of a picture go with the last who has it, and those of an account go with it:
// also what its owner had posted. Equal pictures share their files.
func TestSentPicturesGo(t *testing.T) {
	far := buckettest.NewServer(t)
	for what, flags := range map[string]map[string]string{"folder": nil, "bucket": inBucket(t, far)} {
		t.Run(what, func(t *testing.T) {
			n := bare(t, flags)
			ann, bob := n.lives("ann"), n.lives("bob")
			own := private.Of(n.db)
			send := func(who string, c color.Color) media.Upload {
				t.Helper()
				made, err := n.uploads.Make(t.Context(), dot(t, c))
				if err != nil {
					t.Fatal(err)
				}
				if full, err := n.pictures.Add(t.Context(), n.person(who).ID, made.Upload); err != nil || full != (account.Room{}) {
					t.Fatal(full, err)
				}
				if err := n.uploads.Keep(t.Context(), made); err != nil {
					t.Fatal(err)
				}
				return made.Upload
			}
			exec := func(sql string, args ...any) {
				t.Helper()
				if _, err := n.db.Pool().Exec(t.Context(), sql, args...); err != nil {
					t.Fatal(err)
				}
			}
			var all []string
			left := func(when string, want ...string) {
				t.Helper()
				if err := n.dropUploads(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, name := range all {
					for _, size := range []media.Size{media.Whole, media.Thumb} {
						f, err := n.uploads.Open(t.Context(), name, size)
						if err == nil {
							_ = f.Close() // it is not read
						}
						if here := slices.Contains(want, name); here != (err == nil) || !here && !errors.Is(err, fs.ErrNotExist) {
							t.Errorf("%s: %s of %s: here %v: %v", when, size, name, err == nil, err)
						}
					}
				}
			}
			both, posted, alone := send(ann, color.White), send(ann, color.Black), send(ann, color.RGBA{200, 0, 0, 255})
			if send(bob, color.White) != both {
				t.Fatal("equal pictures have other names")
			}
			all = []string{both.Name, posted.Name, alone.Name}
			exec(`update person set avatar_url = $1 where id = any($2)`, n.site.PictureURL(both.Name), []int64{n.person(ann).ID, n.person(bob).ID})
			community := n.found("go", true)
			post := n.numberOf(n.submit(ann, community, "With a picture", "Words"))
			if err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
				return private.In(tx).UseUploads(ctx, n.person(ann).ID, []string{posted.Name}, post)
			}); err != nil {
				t.Fatal(err)
			}
			left("within a day", both.Name, posted.Name, alone.Name)
			if err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
				if _, _, err := n.forum.Depart(ctx, tx, ann); err != nil {
					return err
				}
				return private.In(tx).Close(ctx, n.person(ann).ID)
			}); err != nil {
				t.Fatal(err)
			}
			n.empty()
			left("one account is gone", both.Name)
			exec(`update person set avatar_url = ''`)
			exec(`update upload set at = now() - interval '2 days'`)
			if what == "bucket" { // what cannot be removed now is removed later
				far.Down.Store(true)
				if err := n.dropUploads(t.Context()); err == nil {
					t.Error("a server that is away has removed something")
				}
				far.Down.Store(false)
			}
			left("nobody has it")
			if rows := n.count(`select count(*) from upload_gone`); rows != 0 {
				t.Errorf("%d files are still to be removed", rows)
			}
			if names, err := own.UploadsOf(t.Context(), n.person(bob).ID); err != nil || len(names) != 0 {
				t.Error(names, err)
			}
		})
	}
}

// empty deletes what people wrote who are gone.
func (n *testNode) empty() {
	n.t.Helper()
	for more := true; more; {
		var err error
		if more, err = n.db.EmptyGone(n.t.Context()); err != nil {
			n.t.Fatal(err)
		}
	}
}

// A bucket that cannot be used keeps the node from starting, and says which settings to
// look at, without the secret.
func TestStartWithAWrongBucket(t *testing.T) {
	far := buckettest.NewServer(t)
	for what, change := range map[string]map[string]string{"secret": {"s3-secret": "a-wrong-one"}, "bucket": {"s3-bucket": "not-there"}} {
		flags := inBucket(t, far)
		maps.Copy(flags, change)
		args := []string{"serve", "--url", "http://node.localhost:1", "--listen", "127.0.0.1:0", "--listen-private", "off", "--database-url", storagetest.DSN(t, schema), "--data", t.TempDir()}
		for key, text := range flags {
			args = append(args, "--"+key, text)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		var out, fault bytes.Buffer
		status := run(ctx, args, &out, &fault, func(string) string { return "" })
		cancel()
		if said := fault.String(); status == 0 || !strings.Contains(said, "look at s3-endpoint, s3-bucket") || !strings.Contains(said, far.URL) || strings.Contains(said, "a-wrong-one") {
			t.Errorf("%s: %d %s", what, status, said)
		}
	}
	n := bare(t, inBucket(t, far))
	if err := n.checkUploads(t.Context()); err != nil {
		t.Error(err)
	}
	far.Down.Store(true)
	if err := n.checkUploads(t.Context()); err != nil {
		t.Errorf("a server that is away keeps the node from starting: %v", err)
	}
}

// The settings that refuse pictures of others refuse those of people here.
func TestRefusedPicturesOfPeopleHere(t *testing.T) {
	list := filepath.Join(t.TempDir(), "hashes")
	bad := dot(t, color.White)
	if err := os.WriteFile(list, fmt.Appendf(nil, "%x\n", sha256.Sum256(bad)), 0o600); err != nil {
		t.Fatal(err)
	}
	n := bare(t, map[string]string{"media-refuse": list})
	for i, raw := range [][]byte{bad, dot(t, color.Black)} {
		if refused, err := n.pictures.Look(t.Context(), "http://node.localhost/pictures/x", raw); err != nil || refused != (i == 0) {
			t.Error(i, refused, err)
		}
	}
}
