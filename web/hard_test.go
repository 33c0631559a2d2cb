package web

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"net/url"
	"strings"
	"time"

	"stoa/federation/forum"
	"stoa/storage/media"
)

// hard are posts that are more than words, and threads with holes.
type hard struct {
	previewed, pictures, picture, event, video, sound, poll, article, unsafe forum.Post
	holes, gaps                                                              forum.Post
}

// pictureAt is the address of a picture of another server; paint makes it.
func pictureAt(name string, width, height int) string {
	return fmt.Sprintf("https://pictures.example/%s-%dx%d.png", name, width, height)
}

func attached(names ...string) []forum.Attachment {
	var out []forum.Attachment
	for i, name := range names {
		width, height := 1200, 800
		if i%2 == 1 {
			width, height = 800, 1200
		}
		out = append(out, forum.Attachment{Medium: forum.Picture, URL: pictureAt(name, width, height), Type: "image/png", Alt: "A bench by a window: " + name, Width: width, Height: height})
	}
	return out
}

// harden adds what is hardest to show to a world.
func (w *world) harden() {
	n := w.node
	w.pictures = n.post(w.craft, draft{by: "sam@piefed.example", title: "The bench, from four sides", ago: 9 * hour, up: 23, with: func(p *forum.Post) {
		p.Attachments = attached("north", "east", "south", "west")
		p.Attachments[2].Alt = "" // nobody described it
	}})
	w.picture = n.post(w.gardens, draft{by: "Lin 🌿 <lin@microblog.example>", html: "<p>Morning.</p>", ago: 11 * hour, up: 5, with: func(p *forum.Post) {
		p.Attachments = []forum.Attachment{{Medium: forum.Picture, URL: pictureAt("panorama", 2400, 300), Type: "image/png", Width: 2400, Height: 300,
			Alt: strings.Repeat("A very wide picture of a very flat field, described at length by somebody who was there. ", 8)}}
	}})
	w.unsafe = n.post(w.craft, draft{by: "ada", title: "Life drawing, evening class: week 7", nsfw: true, ago: 12 * hour, with: func(p *forum.Post) { p.Attachments = attached("charcoal") }})
	w.event = n.post(w.craft, draft{by: "Workshop <workshop@events.example>", title: "Open workshop: bring what is broken", md: "Tools are there. **Bring the broken thing**, and if possible the part that fell off.", ago: 20 * hour, up: 8,
		with: func(p *forum.Post) {
			p.Shape = forum.Happens
			p.Occasion = &forum.Occasion{Start: now.Add(50 * hour), End: now.Add(54 * hour), Place: "The old tram depot, gate 3, behind the canal bridge with the long name"}
		}})
	n.post(w.craft, draft{by: "Workshop <workshop@events.example>", title: "Open workshop in November", ago: 400 * hour, with: func(p *forum.Post) {
		p.Shape, p.Occasion = forum.Happens, &forum.Occasion{Start: now.Add(-30 * hour), Cancelled: true}
	}})
	w.video = n.post(w.craft, draft{by: "Channel <channel@tube.example>", title: "Turning a bowl, unhurried", md: "No music.", link: "https://tube.example/w/1", ago: 28 * hour, up: 14, with: func(p *forum.Post) {
		p.Shape = forum.Clip
		p.Attachments = []forum.Attachment{{Medium: forum.Video, URL: "https://tube.example/w/1.mp4", Type: "video/mp4", Poster: pictureAt("bowl", 1280, 720), Width: 1280, Height: 720, Duration: 3*time.Hour + 4*time.Minute + 9*time.Second}}
	}})
	w.sound = n.post(w.craft, draft{by: "Channel <channel@tube.example>", title: "The sound of a dull plane", ago: 29 * hour, with: func(p *forum.Post) {
		p.Shape = forum.Clip
		p.Attachments = []forum.Attachment{{Medium: forum.Sound, URL: "https://tube.example/w/2.ogg", Type: "audio/ogg", Duration: 41 * time.Second}, {Medium: forum.File, URL: "https://tube.example/w/2.pdf", Type: "application/pdf"}}
	}})
	w.poll = n.post(w.gardens, draft{by: "Mira Oduya <mira@microblog.example>", html: "<p>When do you sow broad beans?</p>", ago: 15 * hour, up: 3, with: func(p *forum.Post) {
		p.Shape = forum.Asks
		p.Poll = &forum.Poll{Closes: now.Add(31 * hour), Voters: 128, Options: []forum.PollOption{
			{Name: "In autumn, under a tile", Votes: 61}, {Name: "In February, whatever the weather says, since that is how it was always done in this valley", Votes: 60},
			{Name: "🌱", Votes: 7}, {Name: "Never", Votes: 0},
		}}
	}})
	w.article = n.post(w.craft, draft{by: "Press <press@blog.example>", title: "How the bell came to the workshop", md: essay(700), link: "", ago: 33 * hour, up: 9, with: func(p *forum.Post) {
		p.Shape, p.Attachments = forum.Article, attached("bell")
	}})
	const far = "https://museum.example/type/punches"
	w.previewed = n.post(w.letters, draft{by: "Jo <jo@lemmy.example>", title: "Nine thousand punches, photographed one by one", link: far, ago: 10 * hour, up: 31})
	if err := n.db.SavePreview(n.t.Context(), far, &forum.Preview{
		Title: "The punches: a catalogue", Description: "Steel, cut by hand between 1570 and 1790, of which nobody had a list until two people with one camera made it.",
		Site: "Museum of Type", Picture: pictureAt("punches", 1200, 630), PictureAlt: "A drawer of steel punches",
	}); err != nil {
		n.t.Fatal(err)
	}
	w.fillHoles()
	w.fillGaps()
	w.hang()
}

// hang lets all pictures be here already.
func (w *world) hang() {
	for _, at := range []string{
		pictureAt("north", 1200, 800), pictureAt("east", 800, 1200), pictureAt("south", 1200, 800), pictureAt("west", 800, 1200),
		pictureAt("panorama", 2400, 300), pictureAt("charcoal", 1200, 800), pictureAt("bowl", 1280, 720), pictureAt("bell", 1200, 800),
		pictureAt("punches", 1200, 630),
	} {
		for _, size := range []media.Size{media.Avatar, media.Thumb, media.Whole} {
			w.fetch(at, size)
		}
	}
}

// fillHoles is a thread in which a parent was deleted, one was destroyed, and one
// removed by a moderator, each with answers that stay.
func (w *world) fillHoles() {
	w.holes = w.post(w.gardens, draft{by: "ada", title: "Who owns the apple tree at the tram stop?", md: "It stands between two parishes.", ago: 45 * hour, up: 2})
	for i, by := range []string{"jo@lemmy.example", "sam@piefed.example", "feedbot@bots.example"} {
		parent := w.reply(w.gardens, w.holes.URI, draft{by: by, md: fmt.Sprintf("Claim number %d.", i+1), ago: time.Duration(40-i) * hour})
		below := w.reply(w.gardens, parent.URI, draft{by: "ada", md: "Can you show that?", ago: time.Duration(38-i) * hour})
		w.reply(w.gardens, below.URI, draft{by: "Mira Oduya <mira@microblog.example>", md: "There is a map of 1790.", ago: time.Duration(36-i) * hour})
		state, reason := []forum.State{forum.Deleted, forum.Purged, forum.Removed}[i], []string{"", "personal data", "invented"}[i]
		w.setState(forum.Subject{Kind: forum.OnComment, ID: parent.ID}, state, reason)
	}
}

// fillGaps is a community elsewhere of which not all can be had, and a thread in it
// with comments that are missing.
func (w *world) fillGaps() {
	abroad := w.letters
	w.gaps = w.post(abroad, draft{by: "jo@lemmy.example", title: "Who still writes by hand?", md: "With a pen.", ago: 30 * hour, up: 5})
	w.reply(abroad, w.gaps.URI, draft{by: "jo@lemmy.example", md: "I do.", ago: 29 * hour})
	for _, sql := range []string{
		`insert into backfill (community_id, state, posts, failed, said, followers, notes, ended_at) values ($1, 2, 50, 2, 1204, 20410, '{first-posts,no-comments}', now())`,
		`insert into thread_check (post_id, said, missing, unhad, checked_at) select id, 15, 12, 2, now() from post where uri = '` + w.gaps.URI + `' and community_id = $1`,
		`insert into unconfirmed (uri, post_id, community_id, since) select 'https://far.example/note/1', id, $1, now() - interval '2 days' from post where uri = '` + w.gaps.URI + `'`,
	} {
		if _, err := w.db.Pool().Exec(w.t.Context(), sql, abroad.ID); err != nil {
			w.t.Fatal(err)
		}
	}
}

// hardAddresses are the pages of them.
func (w *world) hardAddresses() map[string]string {
	all := map[string]string{}
	for name, p := range map[string]forum.Post{
		"previewed": w.previewed, "pictures": w.pictures, "picture": w.picture, "nsfw": w.unsafe, "event": w.event, "video": w.video, "sound": w.sound,
		"poll": w.poll, "article": w.article, "holes": w.holes, "gaps": w.gaps,
	} {
		all[name] = fmt.Sprintf("/post/%d", p.ID)
	}
	return all
}

// paint is a picture for every address that pictureAt makes: bands of a slope, so
// that a crop or a wrong ratio shows. ok is false for other addresses.
func paint(address string) (picture []byte, ok bool) {
	at, err := url.Parse(address)
	var width, height int
	if err == nil {
		_, size, _ := strings.Cut(strings.TrimSuffix(at.Path, ".png"), "-")
		_, err = fmt.Sscanf(size, "%dx%d", &width, &height)
	}
	if err != nil || width <= 0 || height <= 0 || width*height > 4_000_000 {
		return nil, false
	}
	p := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{
		color.RGBA{0x2f, 0x4a, 0x6b, 0xff}, color.RGBA{0xd8, 0xc9, 0xa6, 0xff}, color.RGBA{0x8c, 0x6a, 0x3f, 0xff}, color.RGBA{0xf3, 0xee, 0xe2, 0xff},
	})
	for y := range height {
		for x := range width {
			ridge := float64(height) * (0.55 + 0.2*math.Sin(float64(x)/float64(width)*5) - 0.1*math.Cos(float64(x)/90))
			p.SetColorIndex(x, y, map[bool]uint8{true: uint8(x*3/width) % 3, false: 3}[float64(y) > ridge])
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, p)
	return b.Bytes(), err == nil
}
