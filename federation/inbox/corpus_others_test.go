package inbox

import (
	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

const (
	felix     = "https://mastodon.madrid/users/felix"
	retiolus  = "https://mamot.fr/users/retiolus"
	kde       = "https://floss.social/users/kde"
	hub       = "https://socialhub.activitypub.rocks/ap/"
	tilvids   = "https://tilvids.com"
	antopie   = "https://video.antopie.org"
	pfefferle = "https://pfefferle.org"
	dbzer0    = "https://dbzer0.com"
	lanodan   = "https://queer.hacktivis.me/users/lanodan"
	greenish  = "https://greenish.red"
)

var recordedOfOthers = []document{
	{file: "mastodon/objects/person.json", want: outcome{
		verb: "person", id: "https://masto.qa.urbanwildlife.biz/users/mastodon", title: "Mastodon", name: "mastodon",
		inbox: "https://masto.qa.urbanwildlife.biz/inbox", key: "https://masto.qa.urbanwildlife.biz/users/mastodon#main-key",
	}},
	{ // an answer whose thread is in no community here
		file: "mastodon/objects/note_1.json", served: []fedtest.Doc{note(retiolus+"/statuses/107224244380204526", retiolus, "", "")},
		no: retiolus + "/statuses/107224244380204526: addressed to no community here", reason: "peers.md §6.37",
	},
	{
		file: "mastodon/objects/note_2.json", here: "https://lemmy.kde.social",
		served: []fedtest.Doc{note(kde+"/statuses/113306824627995724", kde, "https://lemmy.kde.social/c/kde", "")},
		want: outcome{
			verb: "reply", id: kde + "/statuses/113306831140126616", by: kde, in: kde + "/statuses/113306824627995724",
			words: "We also need funding 💶 to keep the gears turning!", attached: 1,
		},
	},
	{file: "mastodon/objects/page.json", here: lemmyHTTPS, want: outcome{
		verb: "post", id: "https://masto.qa.urbanwildlife.biz/users/mastodon/statuses/110830743680706519",
		by: "https://masto.qa.urbanwildlife.biz/users/mastodon", in: tenforward, title: "Variable never resetting at refresh",
		words: "Variable never resetting at refresh Hi! I'm using a variable",
	}},
	{
		file: "mastodon/activities/create_note.json", served: []fedtest.Doc{note(retiolus+"/statuses/107224244380204526", retiolus, "", "")},
		no: retiolus + "/statuses/107224244380204526: addressed to no community here", reason: "peers.md §6.37",
	},
	{
		file: "mastodon/activities/delete.json", served: []fedtest.Doc{note(felix+"/statuses/107773559874184870", felix, agora, "")},
		known: []string{felix + "/statuses/107773559874184870"},
		want:  outcome{verb: "deleted", id: felix + "/statuses/107773559874184870", by: felix},
	},
	{file: "mastodon/activities/private_message.json", no: "not public", reason: "peers.md §6.38"}, // it is never fetched
	{
		file: "mastodon/activities/flag.json", known: []string{"https://example.com/posts/380590"},
		served: []fedtest.Doc{note("https://example.com/posts/380590", "https://example.com/users/1", agora, "")},
		want:   outcome{verb: "report", id: "https://example.com/posts/380590", by: "https://mastodon.example/actor"},
	},
	{file: "mastodon/activities/follow.json", here: "https://ds9.lemmy.ml", want: outcome{
		verb: "follow", id: "https://ds9.lemmy.ml/c/testcom", by: "https://masto.asonix.dog/users/asonix",
	}},
	{file: "mastodon/activities/undo_follow.json", here: "https://ds9.lemmy.ml", after: []string{"mastodon/activities/follow.json"}, want: outcome{
		verb: "unfollow", id: "https://ds9.lemmy.ml/c/testcom", by: "https://masto.asonix.dog/users/asonix",
	}},
	{
		file: "mastodon/activities/like_page.json", here: "https://ds9.lemmy.ml",
		want: outcome{verb: "up", id: "https://ds9.lemmy.ml/post/147", by: felix},
	},
	{
		file: "mastodon/activities/undo_like_page.json", here: "https://ds9.lemmy.ml", after: []string{"mastodon/activities/like_page.json"},
		want: outcome{verb: "unvote", id: "https://ds9.lemmy.ml/post/147", by: felix},
	},
	{
		file: "mastodon/collections/featured.json",
		want: outcome{id: "https://mastodon.social/users/LemmyDev/collections/featured"}, lists: listing{objects: 1},
	},

	{file: "pleroma/objects/person.json", want: outcome{
		verb: "person", id: lanodan, title: "Haelwenn /элвэн/ :bzh:", name: "lanodan", inbox: "https://queer.hacktivis.me/inbox", key: lanodan + "#main-key",
	}},
	{file: "pleroma/objects/note.json", follows: tenforward, want: outcome{
		verb: "reply", id: "https://queer.hacktivis.me/objects/8d4973f4-53de-49cd-8c27-df160e16a9c2", by: lanodan,
		in: lemmyHTTPS + "/post/55143", words: "Have what?",
	}},
	{file: "pleroma/objects/chat_message.json", no: "not understood yet: ChatMessage", reason: "lemmy.md §3.3"},
	{file: "pleroma/activities/create_note.json", here: lemmyHTTPS, want: outcome{
		verb: "reply", id: greenish + "/objects/1a522f2e-d5ab-454b-93d7-e58bc0650c2a", by: greenish + "/users/nutomic",
		in: lemmyHTTPS + "/post/55143", words: "test",
	}},
	{
		file: "pleroma/activities/delete.json", here: "https://voyager.lemmy.ml",
		served: []fedtest.Doc{note(greenish+"/objects/38e2b983-ebf5-4387-9bc2-3b80305469c9", greenish+"/users/vpzom", "https://voyager.lemmy.ml/c/main", "")},
		known:  []string{greenish + "/objects/38e2b983-ebf5-4387-9bc2-3b80305469c9"},
		want:   outcome{verb: "deleted", id: greenish + "/objects/38e2b983-ebf5-4387-9bc2-3b80305469c9", by: greenish + "/users/vpzom"},
	},
	{file: "pleroma/activities/follow.json", here: "https://lemmy.ca", want: outcome{
		verb: "watch", id: "https://lemmy.ca/u/kinetix", by: "https://mycrowd.ca/users/kinetix",
	}},

	{file: "discourse/objects/group.json", want: outcome{
		verb: "community", id: hub + "actor/797217cf18c0e819dfafc52425590146", title: "Threadiverse Working Group (SocialHub)", name: "threadiverse-wg",
		inbox: hub + "actor/797217cf18c0e819dfafc52425590146/inbox", key: hub + "actor/797217cf18c0e819dfafc52425590146#main-key",
	}},
	{file: "discourse/objects/person.json", want: outcome{
		verb: "person", id: hub + "actor/495843076e9e469fbd35ccf467ae9fb1", title: "Angus McLeod", name: "angus",
		inbox: hub + "users/inbox", key: hub + "actor/495843076e9e469fbd35ccf467ae9fb1#main-key",
	}},
	{ // without to and cc: its activity has them
		file: "discourse/objects/page.json", follows: hub + "actor/797217cf18c0e819dfafc52425590146", wrapped: true, want: outcome{
			verb: "post", id: hub + "object/1899f65c062200daec50a4c89ed76dc9", by: hub + "actor/495843076e9e469fbd35ccf467ae9fb1",
			in: hub + "actor/797217cf18c0e819dfafc52425590146", title: "Our next meeting", words: "Last Meeting Recording https://",
		},
	},

	{file: "peertube/objects/group.json", want: outcome{
		verb: "community", id: tilvids + "/video-channels/thelinuxexperiment_channel", title: "The Linux Experiment", name: "thelinuxexperiment_channel",
		inbox: tilvids + "/inbox", key: tilvids + "/video-channels/thelinuxexperiment_channel#main-key",
	}},
	{file: "peertube/objects/person.json", want: outcome{
		verb: "person", id: tilvids + "/accounts/thelinuxexperiment", title: "The Linux Experiment", name: "thelinuxexperiment",
		inbox: tilvids + "/inbox", key: tilvids + "/accounts/thelinuxexperiment#main-key",
	}},
	{file: "peertube/objects/video.json", follows: tilvids + "/video-channels/thelinuxexperiment_channel", want: outcome{
		verb: "post", id: tilvids + "/videos/watch/e7946124-7b72-4ad7-9d22-844a84bb2de1", by: tilvids + "/accounts/thelinuxexperiment",
		in: tilvids + "/video-channels/thelinuxexperiment_channel", title: "Mesa, Wayland & X.org in trouble, Debian leaves X, Facebook blocks Linux: Linux & Open Source News",
		words: "Head to https://squarespace.com/thelinuxexperiment to save 10%", shape: forum.Clip, attached: 1,
	}},
	{
		file: "peertube/objects/note.json", served: []fedtest.Doc{
			note("https://bae.st/objects/87c1cbf5-542a-491d-af57-0414c8648381", "https://bae.st/users/af2", agora, ""),
		},
		want: outcome{
			verb: "reply", id: antopie + "/videos/watch/4294a720-f263-4ea4-9392-cf9cea4d5277/comments/200873", by: antopie + "/accounts/yoge6785555",
			in: "https://bae.st/objects/87c1cbf5-542a-491d-af57-0414c8648381", words: "idk",
		},
	},
	{
		file: "peertube/activities/announce_video.json", follows: tilvids + "/video-channels/thelinuxexperiment_channel",
		says: "known already", // once the video was fetched
		want: outcome{
			verb: "post", id: tilvids + "/videos/watch/e7946124-7b72-4ad7-9d22-844a84bb2de1", by: tilvids + "/accounts/thelinuxexperiment",
			in: tilvids + "/video-channels/thelinuxexperiment_channel", shape: forum.Clip, attached: 1,
			title: "Mesa, Wayland & X.org in trouble, Debian leaves X, Facebook blocks Linux: Linux & Open Source News",
			words: "Head to https://squarespace.com/thelinuxexperiment to save 10% off",
		},
	},

	{file: "wordpress/objects/group.json", want: outcome{
		verb: "community", id: dbzer0 + "/?author=0", title: "A Division by Zer0", name: "dbzer0.com",
		inbox: dbzer0 + "/wp-json/activitypub/1.0/inbox", key: dbzer0 + "/?author=0#main-key",
	}},
	{file: "wordpress/objects/person.json", want: outcome{
		verb: "person", id: pfefferle + "/author/pfefferle/", title: "Matthias Pfefferle", name: "matthias",
		inbox: pfefferle + "/wp-json/activitypub/1.0/inbox", key: pfefferle + "/author/pfefferle/#main-key",
	}},
	{file: "wordpress/objects/page.json", follows: dbzer0 + "/?author=0", want: outcome{
		verb: "post", id: dbzer0 + "/?p=27948", title: "An Epic 3D-Printed Fan Expansion for Last Light",
		by: dbzer0 + "/blog/author/db0/", in: dbzer0 + "/?author=0", words: "I recently got my hands on a 3D printer", shape: forum.Article, attached: 4,
	}},
	{
		file: "wordpress/objects/note.json", served: []fedtest.Doc{
			note(hub+"object/ce040f1ead95964f6dbbf1084b81432d", hub+"actor/495843076e9e469fbd35ccf467ae9fb1", agora, ""),
		},
		want: outcome{
			verb: "reply", id: pfefferle + "?c=148", by: pfefferle + "/author/pfefferle/", in: hub + "object/ce040f1ead95964f6dbbf1084b81432d",
			words: "Nice! Hello from WordPress!",
		},
	},
	{ // an Update of what nobody here has seen
		file: "wordpress/activities/announce.json", follows: pfefferle + "/@pfefferle.org", want: outcome{
			verb: "post", id: pfefferle + "/lemmy-part-4/", by: pfefferle + "/author/pfefferle/", in: pfefferle + "/@pfefferle.org",
			title: "Lemmy (Part 4)", words: "Identifies one or more entities", shape: forum.Article,
		},
	},

	{file: "mbin/objects/instance.json", want: outcome{verb: "server", id: "https://fedia.io/i/actor", key: "https://fedia.io/i/actor#main-key"}},
	{
		file: "mbin/activities/accept.json", here: "https://some-other.instance", asks: "https://some-mbin.instance/m/someMag",
		want: outcome{verb: "follow", id: "https://some-mbin.instance/m/someMag", by: "https://some-other.instance/u/someUser"},
	},
	{file: "mbin/activities/flag.json", here: "https://lemmy-test", want: outcome{
		verb: "report", id: "https://lemmy-test/post/4", by: "https://mbin-test1/u/BentiGorlich",
	}},
}
