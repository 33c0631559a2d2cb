package compose

import (
	"bytes"
	"context"
	"encoding/binary"
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
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
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
	n := newNode(t)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	if _, err := n.db.Pool().Exec(t.Context(), `insert into upload (name, person_id, bytes, type, width, height, at) values ('x', $1, $2, 'image/png', 1, 1, now())`, n.people["ann"].ID, 200<<20); err != nil {
		t.Fatal(err)
	}
	status, form := n.sends("ann", "/submit", pngOf(n, drawing(9, 9, color.White)), "to", "go", "title", "Kept")
	if status != 400 || !strings.Contains(form, "Your pictures take up the 200 MiB") || !strings.Contains(form, fmt.Sprintf("value=%q", "Kept")) {
		t.Errorf("%d %s", status, form)
	}
}
