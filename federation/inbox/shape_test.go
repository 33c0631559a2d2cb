package inbox

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	ap "stoa/activitypub"
	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

// shaped sends a post of a type and returns its id.
func (s *strangers) shaped(kind string, fields fedtest.Doc) (create fedtest.Doc) {
	s.t.Helper()
	create = rework(s.home, s.ann.Create(fedtest.Post{Community: s.community, Title: "T", HTML: "<p>x</p>"}), func(_, o fedtest.Doc) {
		o["type"] = kind
		maps.Copy(o, fields)
	})
	s.send(create, s.home)
	s.settle()
	return create
}

func TestEventIsKept(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := s.shaped("Event", fedtest.Doc{
		"startTime": "2027-01-02T03:04:05+01:00", "endTime": "2027-01-02T05:04:05+01:00", "ical:status": "CANCELLED",
		"location": fedtest.Doc{"type": "Place", "name": strings.Repeat("w", 2*forum.MaxPlace)},
		"image":    fedtest.Doc{"type": "Image", "url": "https://files.example/front.png", "name": "Front"},
	})
	s.want(1, `select count(*) from post where uri = $1 and shape = $2 and (occasion->>'start')::timestamptz = '2027-01-02T02:04:05Z'
		and (occasion->>'end')::timestamptz = '2027-01-02T04:04:05Z' and (occasion->>'cancelled')::boolean
		and length(occasion->>'place') = $3 and attachments->0->>'url' = 'https://files.example/front.png'`,
		object(create), forum.Happens, forum.MaxPlace)
}

func TestVideoIsKept(t *testing.T) {
	t.Parallel()
	s := meet(t)
	page := s.home.URL("/w/1")
	create := s.shaped("Video", fedtest.Doc{
		"duration": "PT1H2S", "icon": []any{fedtest.Doc{"type": "Image", "url": "https://files.example/still.jpg", "width": 280}},
		"url": []any{
			fedtest.Doc{"type": "Link", "mediaType": "text/html", "href": page},
			fedtest.Doc{"type": "Link", "mediaType": "video/mp4", "href": "https://files.example/v.mp4"},
		},
	})
	s.want(1, `select count(*) from post where uri = $1 and shape = $2 and jsonb_array_length(attachments) = 1 and attachments->0->>'url' = $3
		and attachments->0->>'poster' = 'https://files.example/still.jpg' and (attachments->0->>'ms')::int = 3602000`,
		object(create), forum.Clip, page)
}

// How many voted arrives in Updates, with or without a time of its own.
func TestVotesInAPollAreNoEdit(t *testing.T) {
	t.Parallel()
	s := meet(t)
	answers := func(yes int) []any {
		many := []any{fedtest.Doc{"type": "Note", "name": "Yes", "replies": fedtest.Doc{"type": "Collection", "totalItems": yes}}}
		for i := range 2 * forum.MaxOptions {
			many = append(many, fedtest.Doc{"type": "Note", "name": fmt.Sprintf("%d%s", i, strings.Repeat("w", 2*forum.MaxOption))})
		}
		return many
	}
	create := s.shaped("Question", fedtest.Doc{"anyOf": answers(3), "votersCount": 3, "endTime": "2027-01-02T03:04:05Z"})
	held := `select count(*) from post where uri = $1 and shape = $2 and edited_at is null and (poll->>'voters')::int = $3
		and (poll->'options'->0->>'votes')::int = $3 and (poll->>'multiple')::boolean and jsonb_array_length(poll->'options') = $4
		and length(poll->'options'->1->>'name') = $5 and (poll->>'closes')::timestamptz = '2027-01-02T03:04:05Z'`
	s.want(1, held, object(create), forum.Asks, 3, forum.MaxOptions, forum.MaxOption)

	again := s.ann.Update(create["object"].(fedtest.Doc), s.community, func(o fedtest.Doc) {
		o["anyOf"], o["votersCount"] = answers(7), 7
		delete(o, "updated")
	})
	s.send(again, s.home)
	s.settle()
	s.want(1, held, object(create), forum.Asks, 7, forum.MaxOptions, forum.MaxOption)
	s.want(0, `select count(*) from revision`)
}

// Of a poll is kept what makes sense of it.
func TestNonsenseInAPoll(t *testing.T) {
	t.Parallel()
	s := meet(t)
	answer := func(name, votes any) fedtest.Doc {
		return fedtest.Doc{"type": "Note", "name": name, "replies": fedtest.Doc{"type": "Collection", "totalItems": votes}}
	}
	all := []any{answer("less than none", -5), answer("more than there are", 1<<40), answer(" blank \n\u0000 ", 1.5), answer("", 1), answer(7, 1), "text", answer("many", 2_000_000_000)}
	for i := range 1000 {
		all = append(all, answer(fmt.Sprint(i), i))
	}
	create := s.shaped("Question", fedtest.Doc{"oneOf": all, "votersCount": -1, "endTime": "soon"})
	s.want(1, `select count(*) from post where uri = $1 and jsonb_array_length(poll->'options') = $2 and poll->>'voters' is null and poll->>'closes' is null
		and poll->'options'->0 = '{"name": "less than none"}' and poll->'options'->1 = '{"name": "more than there are"}'
		and not exists (select 1 from jsonb_array_elements(poll->'options') o where (o->>'votes')::bigint not between 0 and 1000000000 or o->>'name' = '')`,
		object(create), forum.MaxOptions)
}

// Nobody speaks for a community by saying so.
func TestDistinctionIsNotTaken(t *testing.T) {
	t.Parallel()
	s := meet(t)
	thread := s.thread()
	reply := rework(s.home, s.ann.Create(fedtest.Post{Community: s.community, InReplyTo: thread, HTML: "<p>Hear me</p>"}), func(_, o fedtest.Doc) {
		o["distinguished"] = true
	})
	s.send(reply, s.home)
	s.settle()
	s.want(1, `select count(*) from comment where uri = $1 and not distinguished`, object(reply))
}

// Of as many emoji as an object may have, those are kept that stand in its texts, up to
// the bound, whatever else there is between colons.
func TestManyEmojiOfALongText(t *testing.T) {
	t.Parallel()
	tags := []ap.Tag{{Type: "Emoji", Name: ":not:", Icon: ap.Image{URL: "https://a.example/not.png"}}, {Type: "Emoji", Name: ":a b:", Icon: ap.Image{URL: "https://a.example/ab.png"}}}
	for i := range 498 {
		tags = append(tags, ap.Tag{Type: "Emoji", Name: fmt.Sprintf(":e%d:", i), Icon: ap.Image{URL: fmt.Sprintf("https://a.example/%d.png", i)}})
	}
	// Other tags have the names of some of them, or addresses that are of no picture.
	tags = append([]ap.Tag{
		{Type: "Mention", Name: ":e3:", Icon: ap.Image{URL: "https://a.example/mention.png"}}, {Type: "Emoji", Name: ":e4:", Icon: ap.Image{URL: "javascript:alert(4)"}},
	}, append(tags, ap.Tag{Type: "Emoji", Name: ":e7:", Icon: ap.Image{URL: "https://a.example/another.png"}}, ap.Tag{Type: "Mention", Name: ":only:", Icon: ap.Image{URL: "https://a.example/only.png"}})...)
	long := strings.Repeat(":e", 1<<19)
	if have := emojis(tags, long, long, ":a b: not:", long); have != "" {
		t.Errorf("none stands there: %q", have)
	}
	if have := emojis(tags, long+":e7:"+long, ":only:", "", "x:e3:e4:", ":e5", "e6:"); have != "e3 https://a.example/3.png\ne4 https://a.example/4.png\ne7 https://a.example/7.png\n" {
		t.Errorf("%q", have)
	}
	var all strings.Builder
	for i := range 498 {
		fmt.Fprintf(&all, ":e%d: ", i)
	}
	if have := emojis(tags, all.String()); strings.Count(string(have), "\n") != forum.MaxEmoji || have.URL("e0") == "" || have.URL(fmt.Sprint("e", forum.MaxEmoji)) != "" {
		t.Errorf("%d are kept", strings.Count(string(have), "\n"))
	}
}
