package member

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"stoa/federation/forum"
	"stoa/federation/outbox"
)

// attach sends the form of a profile with a file.
func (b *browser) attach(field string, file []byte) answer {
	b.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	b.must(w.WriteField("title", "Ann"))
	part, err := w.CreateFormFile(field, "me.png")
	b.must(err)
	_, err = part.Write(file)
	b.must(err)
	b.must(w.Close())
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.server.URL+"/settings/profile", &form)
	b.must(err)
	req.Header.Set("Content-Type", w.FormDataContentType())
	res, err := b.client.Do(req)
	b.must(err)
	defer func() { _ = res.Body.Close() }() // it has been read
	text, err := io.ReadAll(res.Body)
	b.must(err)
	return answer{res.StatusCode, res.Header.Get("Location"), string(text), res.Header}
}

// Somebody has a picture, which other servers are told of, and has none again; what is
// no picture is refused beside its field, and nothing else is lost.
func TestAvatar(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.join("ann")
	var picture bytes.Buffer
	n.must(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 300, 200))))
	b.attach("file", []byte("<svg/>")).has(t, 400, `id="field-file-fault"`, `value="Ann"`)
	b.attach("file", picture.Bytes()).has(t, 200, `name="no-file"`)
	u, err := n.own.Login(t.Context(), "ann")
	n.must(err)
	at := u.Person.AvatarURL
	if !strings.HasPrefix(at, base+"/pictures/") {
		t.Fatal(at)
	}
	n.browser().get(strings.TrimPrefix(at, base)).has(t, 200)
	b.get("/settings/export").has(t, 200, at, "ann-2026-11-20/pictures/"+strings.TrimPrefix(at, base+"/pictures/")+" png")
	b.post("/settings/profile", "title", "Ann").has(t, 200, `name="no-file"`) // still there
	b.post("/settings/profile", "title", "Ann", "no-file", "1").has(t, 200)
	if u, err = n.own.Login(t.Context(), "ann"); err != nil || u.Person.AvatarURL != "" {
		t.Errorf("%q %v", u.Person.AvatarURL, err)
	}
}

// A profile has a banner and links, which other servers are told of; a link that leads
// nowhere gets its message beside its field, and nothing else is lost.
func TestProfileLinks(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.join("ann")
	b.post("/settings/profile", "title", "Ann", "link-1", "javascript:alert(1)", "link-2", "ann.example").has(t, 400,
		`id="field-link-1-fault"`, `value="https://javascript:alert(1)"`, `value="https://ann.example"`)
	b.post("/settings/profile", "title", "Ann", "label-1", strings.Repeat("x", forum.MaxLabel+1), "link-1", "ann.example").has(t, 400, `id="field-label-1-fault"`)
	b.post("/settings/profile", "title", "Ann", "label-3", " My \t page ", "link-3", "ann.example/me/").has(t, 200, `value="My page"`)
	b.get("/u/ann").has(t, 200, `<a href="https://ann.example/me/" rel="me nofollow noopener noreferrer ugc"><bdi>ann.example/me</bdi></a>`)
	var picture bytes.Buffer
	n.must(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 400, 100))))
	b.attach("banner", []byte("<svg/>")).has(t, 400, `id="field-banner-fault"`)
	b.attach("banner", picture.Bytes()).has(t, 200, `name="no-banner"`)
	b.get("/u/ann").has(t, 200, `<img class="banner" src="/pictures/`)
	b.post("/settings/profile", "title", "Ann", "label-1", "Page", "link-1", "https://ann.example/me").has(t, 200, `name="no-banner"`)
	p, err := n.db.Reader().Person(t.Context(), "ann", "")
	n.must(err)
	doc := outbox.NewPublisher(&url.URL{Scheme: "http", Host: "node.localhost"}, nil).Person(&p)
	if !strings.HasPrefix(doc.Image.URL, base+"/pictures/") || len(doc.Attachment) != 1 || doc.Attachment[0].Name != "Page" ||
		doc.Attachment[0].Value != `<a href="https://ann.example/me" rel="me nofollow noopener noreferrer">ann.example/me</a>` {
		t.Errorf("%+v %+v", doc.Image, doc.Attachment)
	}
}
