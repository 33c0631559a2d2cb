package member

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// attach sends the form of a profile with a file.
func (b *browser) attach(file []byte) answer {
	b.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	b.must(w.WriteField("title", "Ann"))
	part, err := w.CreateFormFile("file", "me.png")
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
	b.attach([]byte("<svg/>")).has(t, 400, `id="field-file-fault"`, `value="Ann"`)
	b.attach(picture.Bytes()).has(t, 200, `name="no-picture"`)
	u, err := n.own.Login(t.Context(), "ann")
	n.must(err)
	at := u.Person.AvatarURL
	if !strings.HasPrefix(at, base+"/pictures/") {
		t.Fatal(at)
	}
	n.browser().get(strings.TrimPrefix(at, base)).has(t, 200)
	b.post("/settings/profile", "title", "Ann").has(t, 200, `name="no-picture"`) // still there
	b.post("/settings/profile", "title", "Ann", "no-picture", "1").has(t, 200)
	if u, err = n.own.Login(t.Context(), "ann"); err != nil || u.Person.AvatarURL != "" {
		t.Errorf("%q %v", u.Person.AvatarURL, err)
	}
}
