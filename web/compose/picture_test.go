package compose

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/bucket"
	"stoa/storage/bucket/buckettest"
	"stoa/storage/media"
	"stoa/storage/private"
)

// sends posts a form with a file as somebody.
func (n *node) sends(who, path string, file []byte, fields ...string) (status int, body string) {
	n.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			n.Fatal(err)
		}
	}
	if file != nil {
		field := "file"
		if path == "/c/gardening/edit" || path == "/settings/profile" {
			field = "banner"
		}
		part, err := w.CreateFormFile(field, "picture.png")
		if err == nil {
			_, err = part.Write(file)
		}
		if err != nil {
			n.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		n.Fatal(err)
	}
	r, err := http.NewRequestWithContext(n.Context(), http.MethodPost, n.server.URL+path, &form)
	if err != nil {
		n.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return n.do(r, who)
}

func (n *node) do(r *http.Request, who string) (status int, body string) {
	n.Helper()
	if token := n.tokens[who]; token != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: token})
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		n.Fatal(err)
	}
	all, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // read to its end
	if err != nil {
		n.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Content-Type") + "\n" + string(all)
}

func (n *node) get(path string) (status int, body string) {
	n.Helper()
	r, err := http.NewRequestWithContext(n.Context(), http.MethodGet, n.server.URL+path, http.NoBody)
	if err != nil {
		n.Fatal(err)
	}
	r.Header.Set("Accept", "application/activity+json, image/*")
	return n.do(r, "")
}

// drawing is a picture of one colour.
func drawing(w, h int, c color.Color) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		p.Set(i%w, i/w, c)
	}
	return p
}

func pngOf(n *node, p image.Image) []byte {
	n.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		n.Fatal(err)
	}
	return b.Bytes()
}

var sent = regexp.MustCompile(`name="picture" value="([0-9a-f]{40}\.(?:jpg|png))"`)

func TestPostWithPictures(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	status, form := n.sends("ann", "/submit", pngOf(n, drawing(600, 400, color.RGBA{200, 30, 30, 255})), "to", "go", "title", "With a picture", "text", "Words.")
	name := sent.FindStringSubmatch(form)
	if status != 200 || name == nil || !strings.Contains(form, `value="With a picture"`) || !strings.Contains(form, "Words.") {
		t.Fatalf("%d %s", status, form)
	}
	for path, want := range map[string]string{"/pictures/" + name[1]: "image/", "/pictures/" + name[1] + "?size=thumb": "image/"} {
		if status, body := n.get(path); status != 200 || !strings.HasPrefix(body, want) {
			t.Errorf("%s: %d %.60s", path, status, body)
		}
	}
	status, _ = n.sends("ann", "/submit", nil, "to", "go", "title", "With a picture", "picture", name[1], "alt-"+name[1], "A red wall")
	if status != 303 {
		t.Fatal(status)
	}
	p, err := n.db.Reader().Post(t.Context(), 1)
	if err != nil || len(p.Attachments) != 1 {
		t.Fatal(p.Attachments, err)
	}
	if a := p.Attachments[0]; a.Alt != "A red wall" || a.Width != 600 || a.Height != 400 || a.URL != base+"/pictures/"+name[1] {
		t.Errorf("%+v", a)
	}
	if status, _ := n.sends("bob", "/submit", nil, "to", "go", "title", "Not mine", "picture", name[1]); status != 400 {
		t.Errorf("a picture of somebody else is taken: %d", status)
	}
	if status, form := n.sends("ann", "/submit", nil, "to", "go", "title", "Left out", "picture", name[1], "drop-"+name[1], "1", "attach", "1"); status != 200 || sent.MatchString(form) {
		t.Errorf("a picture is not left out: %d", status)
	}
	if status, _ := n.sends("", "/submit", make([]byte, 1<<20), "title", "Nobody"); status != 400 {
		t.Errorf("files of nobody are read: %d", status)
	}

	// It goes with the post, for good; not while the deletion can be undone.
	drop := func(want int) {
		t.Helper()
		names, err := private.Of(n.db).DropUploads(t.Context(), time.Now().Add(48*time.Hour))
		if err != nil || len(names) != want {
			t.Errorf("%v %v, want %d", names, err, want)
		}
	}
	drop(0)
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		out, err := n.forum.Delete(ctx, tx, []forum.Delete{{Object: base + "/post/1", By: n.people["ann"]}})
		return out[0], err
	})
	drop(0)
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		return n.forum.Purge(ctx, tx, base+"/post/1", "")
	})
	drop(1)
}

// The pictures of a post and their descriptions are changed with its words: some go, some
// come, and other servers are told by an Update. What goes is gone when no post has it.
func TestEditPictures(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	send := func(who string, c color.Color) string {
		t.Helper()
		_, form := n.sends(who, "/submit", pngOf(n, drawing(20, 10, c)), "to", "go")
		name := sent.FindStringSubmatch(form)
		if name == nil {
			t.Fatal(form)
		}
		return name[1]
	}
	red, green, blue, bobs := send("ann", color.RGBA{200, 0, 0, 255}), send("ann", color.RGBA{0, 200, 0, 255}), "", send("bob", color.White)
	n.doneAll("ann", "/submit", "to", "go", "title", "Walls", "text", "Two.", "picture", red, "alt-"+red, "Red", "picture", green, "alt-"+green, "Green")
	n.exec(`update post set attachments = attachments || '[{"medium":5,"url":"https://far.example/","alt":"A page"}]' where id = 1`)
	said := func() (all []string) {
		t.Helper()
		p, err := n.db.Reader().Post(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range p.Attachments {
			all = append(all, strings.TrimPrefix(a.URL, base+"/pictures/")+" "+a.Alt)
		}
		return all
	}
	is := func(what string, want ...string) {
		t.Helper()
		if got := said(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	page := "https://far.example/ A page"
	is("at first", red+" Red", green+" Green", page)
	form := n.sees("ann", "/edit/post-1")
	if names := sent.FindAllStringSubmatch(form, -1); len(names) != 2 || names[0][1] != red || !strings.Contains(form, `value="Red"`) || !strings.Contains(form, `name="pictured" value="1"`) {
		t.Fatalf("%v %s", names, form)
	}

	// A form without the pictures leaves them; one with them says which there are.
	n.done("ann", "/edit/post-1", "title", "Walls", "text", "Two of them.")
	is("words alone", red+" Red", green+" Green", page)
	status, form := n.sends("ann", "/edit/post-1", pngOf(n, drawing(20, 10, color.RGBA{0, 0, 200, 255})), "title", "Walls", "text", "Kept.", "pictured", "1",
		"picture", red, "alt-"+red, "Red", "picture", green, "alt-"+green, "Green")
	if names := sent.FindAllStringSubmatch(form, -1); status == 200 && len(names) == 3 && strings.Contains(form, "Kept.") {
		blue = names[2][1]
	} else {
		t.Fatalf("%d %s", status, form)
	}
	is("a further picture is described first", red+" Red", green+" Green", page)
	if form := n.sees("ann", "/edit/post-1"); !strings.Contains(form, blue) {
		t.Error("the draft of a change has lost a picture")
	}
	if status, form := n.sends("ann", "/edit/post-1", nil, "title", "Walls", "text", "Kept.", "pictured", "1", "picture", bobs); status != 400 || !strings.Contains(form, `id="field-file-fault"`) || !strings.Contains(form, "Kept.") {
		t.Errorf("a picture of somebody else: %d", status)
	}
	n.doneAll("ann", "/edit/post-1", "title", "Walls", "text", "Two of them.", "pictured", "1", "picture", blue, "alt-"+blue, "Blue", "picture", red, "alt-"+red, "Crimson", "picture", green, "drop-"+green, "1")
	is("one comes, one goes, one is described anew", blue+" Blue", red+" Crimson", page)
	var told string
	if err := n.db.Pool().QueryRow(t.Context(), `select coalesce(convert_from(forum_doc, 'UTF8'), '') from log where verb = 'edit' order by seq desc limit 1`).Scan(&told); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(told, blue) || !strings.Contains(told, "Crimson") || strings.Contains(told, green) || !strings.Contains(told, `"Update"`) {
		t.Errorf("told: %s", told)
	}
	if shown := n.sees("", "/post/1"); !strings.Contains(shown, blue) || strings.Contains(shown, green) || !strings.Contains(shown, `alt="Crimson"`) {
		t.Errorf("shown: %s", shown)
	}
	if past := n.sees("", "/post/1/history"); !strings.Contains(past, "Two.") {
		t.Errorf("history: %s", past)
	}
	names, err := private.Of(n.db).DropUploads(t.Context(), time.Now().Add(48*time.Hour))
	if slices.Sort(names); err != nil || !slices.Contains(names, green) || slices.Contains(names, red) || slices.Contains(names, blue) {
		t.Errorf("%v go: %v", names, err)
	}
	n.doneAll("ann", "/edit/post-1", "title", "Walls", "text", "None.", "pictured", "1")
	is("none is left", page)
	if status, _ := n.sends("bob", "/edit/post-1", nil, "title", "Mine", "text", "Mine.", "pictured", "1", "picture", bobs); status != 403 {
		t.Errorf("a post of somebody else: %d", status)
	}
	is("untouched", page)
}

// doneAll sends a form in which a field stands several times.
func (n *node) doneAll(who, path string, fields ...string) {
	n.Helper()
	if status, body := n.sends(who, path, nil, fields...); status != 303 {
		n.Fatalf("%s: %d %s", path, status, body)
	}
}

func (n *node) exec(sql string, args ...any) {
	n.Helper()
	if _, err := n.db.Pool().Exec(n.Context(), sql, args...); err != nil {
		n.Fatal(err)
	}
}

// What is sent is decoded and written anew, or refused: nothing of the file itself
// reaches anybody.
func TestHostilePictures(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	const script = `<script>alert(1)</script>`
	picture := pngOf(n, drawing(8, 8, color.Black))
	var photo, moving bytes.Buffer
	if err := jpeg.Encode(&photo, drawing(64, 64, color.White), nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&moving, drawing(8, 8, color.White), nil); err != nil {
		t.Fatal(err)
	}
	for what, file := range map[string][]byte{
		"a drawing with a script": []byte(`<svg xmlns="http://www.w3.org/2000/svg">` + script + `</svg>`),
		"a page":                  []byte(`<!doctype html>` + script),
		"a document":              []byte(`{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","id":"http://node.localhost/post/9"}`),
		"nothing":                 {},
		"half a picture":          picture[:len(picture)/2],
		"a hundred megapixels":    bomb(10_000, 10_000),
		"a strip":                 bomb(1_000_000, 1),
	} {
		if status, form := n.sends("ann", "/submit", file, "to", "go", "title", "Kept"); status != 400 || !strings.Contains(form, `id="field-file-fault"`) || !strings.Contains(form, `value="Kept"`) {
			t.Errorf("%s: %d", what, status)
		}
	}
	for what, file := range map[string][]byte{
		"a picture that is a page too": append(append([]byte{}, picture...), script...),
		"a photo with a comment":       append(append(append([]byte{}, photo.Bytes()[:2]...), append([]byte{0xff, 0xfe, 0, byte(2 + len(script))}, script...)...), photo.Bytes()[2:]...),
		"a picture that moves":         append(append([]byte{}, moving.Bytes()...), script...),
	} {
		status, form := n.sends("ann", "/submit", file, "to", "go")
		name := sent.FindStringSubmatch(form)
		if status != 200 || name == nil {
			t.Errorf("%s: %d", what, status)
			continue
		}
		if status, body := n.get("/pictures/" + name[1]); status != 200 || strings.Contains(body, "script") || !strings.HasPrefix(body, "image/") {
			t.Errorf("%s is shown as it came: %d", what, status)
		}
	}
	for _, path := range []string{"/pictures/" + strings.Repeat("0", 40) + ".png", "/pictures/..%2f..%2fetc%2fpasswd", "/pictures/x.svg"} {
		if status, _ := n.get(path); status == 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// bomb is a PNG that says how large it is, and is not.
func bomb(w, h uint32) []byte {
	head := make([]byte, 0, 17)
	head = append(head, "IHDR"...)
	head = binary.BigEndian.AppendUint32(head, w)
	head = binary.BigEndian.AppendUint32(head, h)
	head = append(head, 8, 2, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	out = append(out, head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

// Nobody fills the disk: there is a share for each account, and a budget in all.
func TestUploadBudget(t *testing.T) {
	dir := t.TempDir()
	n := newNodeWith(t, plain, media.NewUploads(dir), nil)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	if _, err := n.db.Pool().Exec(t.Context(), `insert into upload (name, person_id, bytes, type, width, height, at) values ('x', $1, $2, 'image/png', 1, 1, now())`, n.people["ann"].ID, 200<<20); err != nil {
		t.Fatal(err)
	}
	says := func(what, fault string, file []byte) {
		t.Helper()
		status, form := n.sends("ann", "/submit", file, "to", "go", "title", "Kept", "text", "Words, kept too.")
		beside := regexp.MustCompile(`id="field-file-fault"[^>]*>([^<]*)<`).FindStringSubmatch(form)
		if status != 400 || beside == nil || !strings.Contains(beside[1], fault) || !strings.Contains(form, fmt.Sprintf("value=%q", "Kept")) || !strings.Contains(form, "Words, kept too.") {
			t.Errorf("%s: %d %q", what, status, beside)
		}
	}
	small := pngOf(n, drawing(9, 9, color.White))
	says("the share of an account", "Your pictures take up the 200 MiB", small)
	if _, err := n.db.Pool().Exec(t.Context(), `update upload set bytes = $1, person_id = $2`, int64(1<<30), n.people["bob"].ID); err != nil {
		t.Fatal(err)
	}
	says("the budget of the node", "There is no more room", small)
	if files, err := filepath.Glob(filepath.Join(dir, "*", "*")); err != nil || len(files) != 0 {
		t.Errorf("what was not taken is kept: %v %v", files, err)
	}
	if _, err := n.db.Pool().Exec(t.Context(), `delete from upload`); err != nil {
		t.Fatal(err)
	}
	says("a file of 17 MiB", "at most 16 MiB", append(small, make([]byte, 17<<20)...))
	says("a hundred megapixels", "40 megapixels", bomb(10_000, 10_000))
}

// plain renders Markdown as one paragraph.
func plain(s string) (forum.Text, error) { return forum.Text{Source: s, HTML: "<p>" + s + "</p>"}, nil }

// Pictures in a bucket are shown by the node, with the same headers, and go from there.
// While its server is away the form says so beside the field, and nothing is lost.
func TestPicturesInABucket(t *testing.T) {
	far := buckettest.NewServer(t)
	there, err := bucket.Open(far.Options(t))
	if err != nil {
		t.Fatal(err)
	}
	files := media.NewUploadsIn(there)
	n := newNodeWith(t, plain, files, nil)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	picture := pngOf(n, drawing(600, 400, color.RGBA{200, 30, 30, 255}))
	far.Down.Store(true)
	status, form := n.sends("ann", "/submit", picture, "to", "go", "title", "Kept", "text", "Words, kept too.")
	if status != 400 || !strings.Contains(form, `id="field-file-fault"`) || !strings.Contains(form, "cannot be kept at the moment") || !strings.Contains(form, `value="Kept"`) || !strings.Contains(form, "Words, kept too.") {
		t.Errorf("while the server is away: %d %s", status, form)
	}
	far.Down.Store(false)
	_, form = n.sends("ann", "/submit", picture, "to", "go", "title", "Kept")
	name := sent.FindStringSubmatch(form)
	if name == nil || len(far.Files()) != 2 {
		t.Fatalf("%v %s", far.Files(), form)
	}
	n.done("ann", "/submit", "to", "go", "title", "Kept", "picture", name[1])
	path := "/pictures/" + name[1]
	far.Retype(far.Files()[1], "application/activity+json")
	for _, at := range []string{path, path + "?size=thumb"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.server.URL+at, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "application/activity+json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		p, _, err := image.Decode(res.Body)
		_ = res.Body.Close() // read to its end
		h := res.Header
		if err != nil || p.Bounds().Empty() || !strings.HasPrefix(h.Get("Content-Type"), "image/") || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("ETag") == "" || h.Get("Content-Length") == "" {
			t.Errorf("%s: %d %v %v", at, res.StatusCode, h, err)
		}
		r.Header.Set("If-None-Match", h.Get("ETag"))
		if res, err = http.DefaultClient.Do(r); err != nil || res.StatusCode != http.StatusNotModified {
			t.Errorf("%s again: %v %v", at, res.StatusCode, err)
		}
		_ = res.Body.Close() // it has none
	}
	far.Down.Store(true)
	if status, _ := n.get(path); status < 500 {
		t.Errorf("while the server is away a picture is %d", status)
	}
	far.Down.Store(false)
	if gone, err := files.Remove(t.Context(), name[1], time.Now().Add(time.Minute)); err != nil || !gone || len(far.Files()) != 0 {
		t.Errorf("%v are left: %v", far.Files(), err)
	}
	if status, _ := n.get(path); status != 404 {
		t.Errorf("what is gone is %d", status)
	}
}

// What the admin refuses is refused of people here too, before anybody sees it: in a
// post, on a profile, in a community. While nobody can tell, none is taken.
func TestRefusedPictures(t *testing.T) {
	dir := t.TempDir()
	var looked []string
	bad, unknown := []byte(nil), []byte(nil)
	n := newNodeWith(t, plain, media.NewUploads(dir), func(_ context.Context, address string, raw []byte) (bool, error) {
		looked = append(looked, address)
		if bytes.Equal(raw, unknown) {
			return false, errors.New("nobody answers")
		}
		return bytes.Equal(raw, bad), nil
	})
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "gardening", "title", "Gardening")
	bad, unknown = pngOf(n, drawing(30, 30, color.Black)), pngOf(n, drawing(31, 31, color.Black))
	for path, field := range map[string]string{"/submit": "file", "/settings/profile": "banner", "/c/gardening/edit": "banner"} {
		for fault, file := range map[string][]byte{"This picture is not allowed here.": bad, "Pictures cannot be checked at the moment": unknown} {
			status, form := n.sends("ann", path, file, "to", "gardening", "title", "Kept")
			if status < 400 || status == 500 || !strings.Contains(form, `id="field-`+field+`-fault"`) || !strings.Contains(form, fault) || !strings.Contains(form, `value="Kept"`) {
				t.Errorf("%s, %s: %d %s", path, fault, status, form)
			}
		}
	}
	if len(looked) != 6 || !strings.HasPrefix(looked[0], base+"/pictures/") {
		t.Errorf("looked at %v", looked)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*", "*")); err != nil || len(files) != 0 {
		t.Errorf("a refused picture is kept: %v %v", files, err)
	}
	var rows int
	if err := n.db.Pool().QueryRow(t.Context(), `select count(*) from upload`).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows of refused pictures: %v", rows, err)
	}
	if status, form := n.sends("ann", "/submit", pngOf(n, drawing(32, 32, color.Black)), "to", "gardening"); status != 200 || !sent.MatchString(form) {
		t.Errorf("another picture is refused: %d", status)
	}
}
