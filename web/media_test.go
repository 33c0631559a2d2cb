package web

import (
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"stoa/federation/forum"
	"stoa/storage/media"
	"stoa/web/webtest"
)

// A picture is a placeholder, is asked for, and then shown, in a form that no
// software takes for a document.
func TestPictureComes(t *testing.T) {
	n := newNode(t)
	at := n.site.Media.Signer.Address(pictureAt("kiln", 600, 400), media.Thumb)
	a := n.ask(http.MethodGet, at)
	if a.StatusCode != http.StatusAccepted || a.Header.Get("Content-Type") != "image/svg+xml" || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("before: %d %v", a.StatusCode, a.Header)
	}
	a = n.ask(http.MethodGet, at)
	p, _, err := image.DecodeConfig(strings.NewReader(a.body))
	if err != nil || a.StatusCode != http.StatusOK || p.Width != 320 || p.Height != 213 {
		t.Errorf("after: %d, %d × %d, %v", a.StatusCode, p.Width, p.Height, err)
	}
	h := a.Header
	if kind := h.Get("Content-Type"); kind != media.PNG && kind != media.JPEG {
		t.Error("served as", kind)
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != mediaPolicy || h.Get("ETag") == "" {
		t.Errorf("headers: %v", h)
	}
	if again := n.ask(http.MethodGet, at, "If-None-Match", h.Get("ETag")); again.StatusCode != http.StatusNotModified || again.body != "" {
		t.Errorf("again: %d, %d bytes", again.StatusCode, len(again.body))
	}
	if head := n.ask(http.MethodHead, at); head.StatusCode != http.StatusOK || head.body != "" || head.Header.Get("Content-Length") != fmt.Sprint(len(a.body)) {
		t.Errorf("HEAD: %d %v", head.StatusCode, head.Header)
	}
	// Software that asks for a document gets the picture all the same.
	if a := n.ask(http.MethodGet, at, "Accept", "application/activity+json"); strings.Contains(a.Header.Get("Content-Type"), "json") {
		t.Error("a document")
	}
}

// Only what a page showed can be asked for, and what cannot be had is said.
func TestPicturesOfNobody(t *testing.T) {
	n := newNode(t)
	signer := n.site.Media.Signer
	if a := n.ask(http.MethodGet, signer.Address("https://pictures.example/gone.png", media.Whole)); a.StatusCode != http.StatusNotFound || a.body != "" {
		t.Errorf("what cannot be had: %d %q", a.StatusCode, a.body)
	}
	foreign := media.NewSigner([]byte("another node's")).Address(pictureAt("kiln", 600, 400), media.Thumb)
	right := signer.Address(pictureAt("kiln", 600, 400), media.Thumb)
	for _, at := range []string{foreign, strings.Replace(right, "/thumb/", "/whole/", 1), strings.Replace(right, "/thumb/", "/huge/", 1), right + "A", "/media/", "/media/thumb/x/y"} {
		if a := n.ask(http.MethodGet, at); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", at, a.StatusCode)
		}
	}
	if _, err := n.store.Open(pictureAt("kiln", 600, 400), media.Thumb); err == nil {
		t.Error("somebody who made addresses up had a picture fetched")
	}
}

// What the placeholder stands for comes without loading the page again, and nothing
// moves when it does.
func TestPictureComesInChromium(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "Making things.")
	p := n.post(c, draft{by: "sam@piefed.example", title: "The kiln", ago: hour, with: func(p *forum.Post) {
		p.Attachments = []forum.Attachment{{Medium: forum.Picture, URL: pictureAt("kiln", 600, 400), Type: "image/png", Alt: "A kiln", Width: 600, Height: 400}}
	}})
	ctx, complaints := webtest.Tab(t, webtest.Browser(t), 1280, "light", true)
	if err := chromedp.Do(ctx, chromedp.Navigate(n.server.URL+fmt.Sprintf("/post/%d", p.ID))); err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Box, Shift float64
		Alt, Src   string
	}
	shown, err := chromedp.Run(ctx, chromedp.Evaluate[seen](`new Promise((done) => {
		let shift = 0;
		new PerformanceObserver((l) => { for (const e of l.getEntries()) shift += e.value; }).observe({ type: "layout-shift", buffered: true });
		const img = document.querySelector(".gallery img");
		const look = () => {
			if (img.naturalWidth !== 600) return setTimeout(look, 50);
			requestAnimationFrame(() => requestAnimationFrame(() => done({ Box: img.clientHeight / img.clientWidth, Shift: shift, Alt: img.alt, Src: img.src })));
		};
		look();
	})`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if shown.Shift != 0 || shown.Alt != "A kiln" || shown.Box < 0.66 || shown.Box > 0.67 || !strings.HasPrefix(shown.Src, n.server.URL) {
		t.Errorf("%+v", shown)
	}
	if c := complaints(); len(c) > 0 {
		t.Error(c)
	}
}
