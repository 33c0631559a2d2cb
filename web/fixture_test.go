package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
)

// world is a node with one of everything that is hard to show.
type world struct {
	*node
	hard
	essay, deep, untitled, link, warned, code, arabic, japanese, emoji, removed, deleted, long, named forum.Post
	craft, gardens, letters                                                                           forum.Community
	lively                                                                                            forum.Post
	gone, taken, reworded                                                                             forum.Comment // deleted by its author; removed by an admin; edited
}

const hour = time.Hour

func newWorld(t testing.TB) *world {
	n := newNode(t)
	w := &world{node: n}
	n.develop()
	w.craft = n.found("craft", "Craft", "Making things by hand: wood, clay, cloth and code. **Show your work**, also when it went wrong.")
	w.gardens = n.found("gardens", "Gardens and what grows there", "Vegetables, flowers, soil.\n\n- Ask anything\n- Share seeds")
	w.letters = n.abroad("letters", "lemmy.example", "Letters & Type")
	n.abroad("a_community_with_a_remarkably_long_name", "a-rather-long-hostname.for-a-server.example", "A community whose display name goes on for longer than one would like")

	w.essay = n.post(w.craft, draft{by: "Mira Oduya <mira@microblog.example>", title: "What a joint remembers: on building a table that will outlive me", md: essay(3000),
		ago: 14 * hour, up: 41, down: 2, also: []int64{w.gardens.ID}, edited: true, page: "https://microblog.example/@mira/1"})
	w.lively = n.post(w.craft, draft{by: "ada", title: "How do you keep a shared workshop tidy?", lang: "en",
		md: "We are twelve people with one bench, two vices and no memory.\n\nWhat has worked for you? I am after **habits**, not furniture. So far we have tried:\n\n1. a list on the wall (nobody reads it)\n2. shadow boards for tools (better)\n3. [a bell](https://bells.example/brass) at half past five", ago: 5 * hour, up: 17})
	w.fillLively()
	w.link = n.post(w.letters, draft{by: "Jo <jo@lemmy.example>", title: "The last foundry that casts type every day", link: "https://www.news-of-the-press.example/2026/11/the-last-foundry?ref=feed", ago: 8 * hour, up: 88, down: 3})
	n.post(w.craft, draft{by: "sam@piefed.example", title: "The last foundry that still casts metal type", link: "https://www.news-of-the-press.example/2026/11/the-last-foundry?ref=feed", ago: 3 * hour, up: 4})
	w.untitled = n.post(w.gardens, draft{by: "Lin 🌿 <lin@microblog.example>", html: `<p>First frost last night. The dahlias have given up and so have I.</p>`, ago: 26 * hour, up: 6, page: "https://microblog.example/@lin/7"})
	w.warned = n.post(w.gardens, draft{by: "Lin 🌿 <lin@microblog.example>", html: `<p>The slugs came back and I found what was left of the frog they share the pond with.</p><p>No picture.</p>`, warning: "dead animal", nsfw: true, ago: 50 * hour, up: 2})
	n.post(w.craft, draft{by: "ada", title: "Life drawing, evening class: week 6", md: "Charcoal on newsprint.", nsfw: true, ago: 30 * hour})
	w.code = n.post(w.craft, draft{by: "feedbot@bots.example", title: "A small lathe controller in one file", ago: 70 * hour, up: 12,
		md: "It reads the encoder and steps the motor:\n\n```go\nfunc step(ctx context.Context, motor *Motor, encoder *Encoder) error { return motor.Turn(ctx, encoder.Position()*ratio(motor.Teeth, encoder.Lines)+backlash(motor.Direction)) } // 200 columns wide\n```\n\n| gear | teeth | ratio | note |\n| --- | ---: | :---: | --- |\n| A | 20 | 1:1 | the one that sings when it is cold |\n| B | 60 | 3:1 | |\n| C | 127 | 6.35:1 | inches and millimetres meet here and neither is happy about it |\n\nPress <kbd>Ctrl</kbd>+`C` to stop. Footnote[^1].\n\n[^1]: It does stop.\n\n::: spoiler How it ends\nWith a very round stick.\n:::"})
	w.arabic = n.post(w.letters, draft{by: "ليلى <layla@kalam.example>", title: "كيف نختار خطًّا عربيًّا للقراءة الطويلة على الشاشة؟", md: "أبحث عن خط مريح للعين في النصوص الطويلة.\n\n> الخط الحسن يزيد الحق وضوحًا\n\n- نسخ\n- رقعة", lang: "ar", ago: 90 * hour, up: 9})
	w.japanese = n.post(w.letters, draft{by: "由紀 <yuki@kotoba.example>", title: "活版印刷の音と匂いについて", md: "印刷所の前を通るたびに、あの音が聞こえてくる気がします。長い文章でも改行が自然に行われるかどうかを確かめるための段落です。", lang: "ja", ago: 100 * hour, up: 5})
	w.emoji = n.post(w.gardens, draft{by: "sam@piefed.example", html: "<p>🌱🌱🌱➡️🍅</p>", ago: 120 * hour, up: 3})
	w.long = n.post(w.gardens, draft{by: "ada", title: "https://example.com/a-title-that-is-one-very-long-word-" + strings.Repeat("abcdefghij", 12), md: strings.Repeat("nobreaks", 60), ago: 140 * hour})
	n.rules(forum.ListBlocked, forum.ServerRule{Host: "spam.example", Reason: "Adverts in every thread."}, forum.ServerRule{Host: "quarrel.example", Reason: "Until they have moderators again.", Until: now.Add(30 * 24 * hour)},
		forum.ServerRule{Host: "a-rather-long-hostname.for-a-server-that-is-blocked.some-university.example"})
	w.removed = n.post(w.craft, draft{by: "jo@lemmy.example", title: "Cheap watches", md: "Buy now", ago: 6 * hour})
	n.reply(w.craft, w.removed.URI, draft{by: "ada", md: "Reported.", ago: 5 * hour})
	n.remove(w.removed.URI, "advertising")
	w.deleted = n.post(w.craft, draft{by: "jo@lemmy.example", title: "Never mind", md: "I found it myself.", ago: 6 * hour})
	n.setState(forum.Subject{Kind: forum.OnPost, ID: w.deleted.ID}, forum.Deleted, "")
	w.deep = n.post(w.gardens, draft{by: "ada", title: "Compost: turn it or leave it?", md: "An argument in fifty replies.", ago: 200 * hour, up: 3})
	to := w.deep.URI
	for i := range 50 {
		by := []string{"ada", "sam@piefed.example", "Mira Oduya <mira@microblog.example>"}[i%3]
		to = n.reply(w.gardens, to, draft{by: by, md: fmt.Sprintf("Reply number %d: turn it%s.", i+1, strings.Repeat(", and wait", i%5)), ago: time.Duration(199-i) * hour}).URI
	}
	for i := range 20 {
		n.post(w.gardens, draft{by: "sam@piefed.example", title: fmt.Sprintf("Seed swap, list %d", i+1), md: "Beans.", ago: time.Duration(300+i) * hour})
	}
	w.harden()
	w.named, _ = n.tagged(n.flaired("kilns"))
	w.illustrate()
	return w
}

// illustrate has names of a person and of a community hold a picture.
func (w *world) illustrate() {
	blob := string(forum.Emojis("").With("blob", pictureAt("kiln", 64, 64)))
	for _, sql := range []string{`update person set title = 'Mira :blob: Oduya', emoji = $1 where name = 'mira'`, `update community set title = 'Kilns :blob: and fire', emoji = $1 where name = 'kilns'`} {
		if _, err := w.db.Pool().Exec(w.t.Context(), sql, blob); err != nil {
			w.t.Fatal(err)
		}
	}
}

// fillLively lets people talk below w.lively.
func (w *world) fillLively() {
	c, p := w.craft, w.lively
	a := w.reply(c, p.URI, draft{by: "Mira Oduya <mira@microblog.example>", ago: 4 * hour, up: 12, lang: "en",
		md: "A bell works when **one person** rings it and everybody else knows that they will be next.\n\n> habits, not furniture\n\nThen I would start with the *smallest* one: nobody leaves while the vice is still closed.", page: "https://microblog.example/@mira/3"})
	b := w.reply(c, a.URI, draft{by: "ada", ago: 3*hour + 40*time.Minute, up: 4, md: "The vice rule is lovely. How do you remind people without becoming the person who reminds people?"})
	d := w.reply(c, b.URI, draft{by: "Mira Oduya <mira@microblog.example>", ago: 3 * hour, up: 7, md: "The bell reminds. You only ring it.", edited: true})
	better := d.Words()
	better.Text = forum.Text{Source: "The bell reminds. You only ring it. 🔔", Format: forum.Markdown, HTML: w.markdown("The bell reminds. You only ring it. 🔔")}
	w.edit(forum.Edit{Object: d.URI, By: d.Author, Reply: true, Words: better, At: now.Add(-2 * time.Hour), Updated: forum.Stamp{Time: now.Add(-2 * time.Hour)}})
	w.reworded = d
	w.reply(c, d.URI, draft{by: "feedbot@bots.example", ago: 2 * hour, md: "Reminder: 17:30."})
	w.taken = w.reply(c, b.URI, draft{by: "jo@lemmy.example", ago: 2 * hour, md: "Cheap bells!"})
	w.reply(c, w.taken.URI, draft{by: "sam@piefed.example", ago: 100 * time.Minute, md: "Not here, please."})
	w.remove(w.taken.URI, "advertising")
	w.gone = w.reply(c, p.URI, draft{by: "jo@lemmy.example", ago: 4 * hour, md: "Lock the door."})
	w.reply(c, w.gone.URI, draft{by: "Someone With A Display Name That Is Long Enough To Wrap Twice On A Phone <a_long_account_name_too@a-rather-long-hostname.for-a-server.example>", ago: 90 * time.Minute,
		md: "That is one way. `" + strings.Repeat("nobreaks", 20) + "`\n\n```\na line of code that is much wider than a phone, and stays on one line whatever happens to it\n```"})
	w.setState(forum.Subject{Kind: forum.OnComment, ID: w.gone.ID}, forum.Deleted, "")
	w.reply(c, p.URI, draft{by: "ليلى <layla@kalam.example>", ago: time.Hour, lang: "ar", md: "نستعمل صندوقًا واحدًا لكل شخص، ولا شيء يبقى على الطاولة."})
	w.reply(c, p.URI, draft{by: "sam@piefed.example", ago: 50 * time.Minute, md: "Ours is sharp, in both senses.", warning: "blood"})
	w.reply(c, p.URI, draft{by: "由紀 <yuki@kotoba.example>", ago: 10 * time.Second, lang: "ja", md: "掃除の時間を音楽で知らせています。"})
}

// essay is Markdown of about so many words, with all that essays have.
func essay(words int) string {
	parts := []string{
		"The first thing my grandfather taught me about wood was that it never stops moving. It drinks in the wet months and shrinks when the stove is lit, and a table is an agreement between a dozen boards that would rather go their own way. [A joint](https://joinery.example/mortise) is where that agreement is written down.",
		"I had been making things for a screen for *eleven years* when I took the first plane in my hand again, and what I noticed before anything else was the **silence of the feedback**. Nothing told me whether I was right. A shaving curled up, or it tore, and the difference was the width of a breath.",
		"> Measure with your eyes, then with your hand, and only then with the rule, because the rule cannot tell you that the board is lying.\n\nHe said that, or something like it, and I have since found it in three books 📚 by people who never met him.",
		"What you need is less than the catalogues say:\n\n- one plane that is *flat* and one that is not\n- two chisels, which you will sharpen more often than you will use\n  - a wide one for the shoulders\n  - a narrow one for the corners\n- a square that you have checked yourself\n\nand, in this order:\n\n1. a place to stand\n2. light from the left\n3. time",
	}
	var b strings.Builder
	heads := []string{"What moves", "The bench", "Against glue", "Wood that has been something else", "What the screen taught me", "On finishing"}
	for i, n := 0, 0; n < words; i++ {
		if i%4 == 0 {
			fmt.Fprintf(&b, "## %s\n\n", heads[(i/4)%len(heads)])
		}
		p := parts[i%len(parts)]
		b.WriteString(p + "\n\n")
		n += len(strings.Fields(p))
	}
	b.WriteString("| wood | moves | smells of |\n| --- | --- | --- |\n| oak | a little | vinegar |\n| larch | much | the stairs of my school |\n\n---\n\nThat is all. 🪵")
	return b.String()
}
