package inbox

import "stoa/federation/fedtest"

// page is a post that can be fetched.
func page(id, by, community string) fedtest.Doc {
	return fedtest.Doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Page", "attributedTo": by, "name": "A page",
		"content": "<p>Something to talk about.</p>", "published": "2021-01-01T00:00:00Z", "to": []any{community, fedtest.Public},
	}
}

// note is a post without a title that can be fetched, or an answer.
func note(id, by, community, answers string) fedtest.Doc {
	doc := fedtest.Doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Note", "attributedTo": by,
		"content": "<p>A note.</p>", "published": "2021-01-01T00:00:00Z", "to": []any{fedtest.Public}, "cc": []any{},
	}
	if community != "" {
		doc["cc"] = []any{community}
	}
	if answers != "" {
		doc["inReplyTo"] = answers
	}
	return doc
}

const (
	lemmyHTTP  = "http://enterprise.lemmy.ml"
	lemmyHTTPS = "https://enterprise.lemmy.ml"
	lemmyMain  = lemmyHTTP + "/c/main"
	lemmyAlpha = "http://lemmy-alpha:8541"
	alphaTLS   = "https://lemmy-alpha"
	ds9        = "http://ds9.lemmy.ml"
	ds9TLS     = "https://ds9.lemmy.ml"
	alpha      = ds9 + "/u/lemmy_alpha"
	beta       = lemmyHTTP + "/u/lemmy_beta"
	tenforward = lemmyHTTPS + "/c/tenforward"
	picard     = lemmyHTTPS + "/u/picard"
	agora      = "https://stoa.example/c/agora" // a community of this node, where the document names none
)

// ds9Thread is what the votes are on, in a community of this node.
var ds9Thread = []fedtest.Doc{
	page(ds9+"/post/1", alpha, tenforward),
	note(ds9+"/comment/1", ds9+"/u/lemmy_gamma", tenforward, ds9+"/post/1"),
}

const (
	lemmyCreatePage = "lemmy/activities/create_or_update/create_page.json"
	lemmyMessage    = "lemmy/activities/create_or_update/create_private_message.json"
	lemmyDeletePage = "lemmy/activities/deletion/delete_page.json"
	lemmyRemoveNote = "lemmy/activities/deletion/remove_note.json"
	lemmyBlockUser  = "lemmy/activities/block/block_user.json"
	lemmyPin        = "lemmy/activities/community/add_featured_post.json"
	lemmyAddMod     = "lemmy/activities/community/add_mod.json"
	lemmyLockPage   = "lemmy/activities/community/lock_page.json"
	lemmyLockNote   = "lemmy/activities/community/lock_note.json"
	lemmyReport     = "lemmy/activities/community/report_page.json"
)

// What the moderators of a community elsewhere deal with.
var (
	mainThread = []fedtest.Doc{
		page(ds9+"/post/1", alpha, lemmyMain), note(ds9+"/comment/1", ds9+"/u/lemmy_gamma", lemmyMain, ds9+"/post/1"),
	}
	pinned       = []fedtest.Doc{page(ds9TLS+"/post/2", ds9TLS+"/u/lemmy_alpha", ds9TLS+"/c/main")}
	lockable     = []fedtest.Doc{page(lemmyAlpha+"/post/2", lemmyAlpha+"/u/lemmy_alpha", lemmyAlpha+"/c/main")}
	lockableNote = []fedtest.Doc{
		page(alphaTLS+"/post/1", alphaTLS+"/u/lemmy_aplha", alphaTLS+"/c/test"),
		note(alphaTLS+"/comment/1", alphaTLS+"/u/lemmy_aplha", alphaTLS+"/c/test", alphaTLS+"/post/1"),
	}
)

var recordedOfLemmy = []document{
	{file: "lemmy/objects/group.json", want: outcome{
		verb: "community", id: tenforward, title: "Ten Forward", name: "tenforward", inbox: lemmyHTTPS + "/inbox", key: tenforward + "#main-key",
	}},
	{file: "lemmy/objects/person.json", want: outcome{
		verb: "person", id: picard, title: "Jean-Luc Picard", name: "picard", inbox: lemmyHTTPS + "/inbox", key: picard + "#main-key",
	}},
	{file: "lemmy/objects/instance.json", want: outcome{verb: "server", id: lemmyHTTPS + "/", key: lemmyHTTPS + "/#main-key"}},
	{file: "lemmy/objects/page.json", follows: tenforward, want: outcome{
		verb: "post", id: lemmyHTTPS + "/post/55143", by: picard, in: tenforward, title: "Post title",
		words: "This is a post in the /c/tenforward community", link: lemmyHTTPS + "/pictrs/image/eOtYb9iEiB.png", attached: 1,
	}},
	{file: "lemmy/objects/page_image_and_link.json", follows: tenforward, want: outcome{
		verb: "post", id: lemmyHTTPS + "/post/55999", by: picard, in: tenforward, title: "Post with image and link",
		words: "This is a post with both an image and a link attachment", link: lemmyHTTPS + "/pictrs/image/eOtYb9iEiB.png", attached: 2,
	}},
	{file: "lemmy/objects/comment.json", follows: tenforward, want: outcome{
		verb: "reply", id: lemmyHTTPS + "/comment/38741", by: picard, in: lemmyHTTPS + "/post/55143", words: "first comment!",
	}},
	{file: "lemmy/objects/private_message.json", no: "not public", reason: "lemmy.md §3.3"}, // it is never fetched
	{file: "lemmy/objects/tombstone.json", no: "fetch https://lemmy.ml/comment/110273: gone: a Tombstone stands there", reason: "lemmy.md §3.4"},

	{file: lemmyCreatePage, here: lemmyHTTP, want: outcome{
		verb: "post", id: ds9 + "/post/1", by: alpha, in: lemmyHTTP + "/c/main", title: "test post", words: "test body",
		link: "https://lemmy.ml/pictrs/image/xl8W7FZfk9.jpg", attached: 1,
	}},
	{file: "lemmy/activities/create_or_update/update_page.json", here: lemmyHTTP, after: []string{lemmyCreatePage}, want: outcome{
		verb: "post", id: ds9 + "/post/1", by: alpha, in: lemmyHTTP + "/c/main", title: "test post 1", words: "test body",
		link: "https://lemmy.ml/pictrs/image/xl8W7FZfk9.jpg", attached: 1,
	}},
	{file: "lemmy/activities/create_or_update/create_comment.json", here: lemmyHTTP, after: []string{lemmyCreatePage}, want: outcome{
		verb: "reply", id: ds9 + "/comment/1", by: alpha, in: ds9 + "/post/1", words: "hello",
	}},
	{file: lemmyMessage, here: ds9, want: outcome{
		verb: "message", id: lemmyHTTP + "/private_message/1", by: beta, in: alpha, words: "hello",
	}},
	{file: "lemmy/activities/create_or_update/create_private_message_0.19.json", here: "https://voyager.lemmy.ml", want: outcome{
		verb: "message", id: lemmyHTTPS + "/private_message/29", by: lemmyHTTPS + "/u/nutomic", in: "https://voyager.lemmy.ml/u/nutomic", words: "hi!",
	}},
	{file: "lemmy/activities/community/announce_create_page.json", follows: lemmyHTTP + "/c/main", want: outcome{
		verb: "post", id: lemmyHTTP + "/post/7", by: beta, in: lemmyHTTP + "/c/main", title: "post 4",
	}},

	{file: "lemmy/activities/following/follow.json", here: lemmyHTTP, want: outcome{verb: "follow", id: lemmyHTTP + "/c/main", by: alpha}},
	{
		file: "lemmy/activities/following/undo_follow.json", here: lemmyHTTP, after: []string{"lemmy/activities/following/follow.json"},
		want: outcome{verb: "unfollow", id: lemmyHTTP + "/c/main", by: alpha},
	},
	{
		file: "lemmy/activities/following/accept.json", here: ds9, asks: lemmyHTTP + "/c/main",
		want: outcome{verb: "follow", id: lemmyHTTP + "/c/main", by: alpha},
	},

	{
		file: "lemmy/activities/voting/like_note.json", here: lemmyHTTPS, served: ds9Thread,
		want: outcome{verb: "up", id: ds9 + "/comment/1", by: alpha},
	},
	{
		file: "lemmy/activities/voting/undo_like_note.json", here: lemmyHTTPS, served: ds9Thread,
		after: []string{"lemmy/activities/voting/like_note.json"}, want: outcome{verb: "unvote", id: ds9 + "/comment/1", by: alpha},
	},
	{
		file: "lemmy/activities/voting/dislike_page.json", here: lemmyHTTPS, served: ds9Thread,
		want: outcome{verb: "down", id: ds9 + "/post/1", by: beta},
	},
	{ // 0.19 takes a Dislike back as a Like
		file: "lemmy/activities/voting/undo_dislike_page.json", here: lemmyHTTPS, served: ds9Thread,
		after: []string{"lemmy/activities/voting/dislike_page.json"}, want: outcome{verb: "unvote", id: ds9 + "/post/1", by: beta},
	},

	{file: lemmyDeletePage, here: lemmyHTTP, after: []string{lemmyCreatePage}, want: outcome{verb: "deleted", id: ds9 + "/post/1", by: alpha}},
	{file: "lemmy/activities/deletion/undo_delete_page.json", here: lemmyHTTP, after: []string{lemmyCreatePage, lemmyDeletePage}, want: outcome{
		verb: "post", id: ds9 + "/post/1", by: alpha, in: lemmyHTTP + "/c/main", title: "test post", words: "test body",
		link: "https://lemmy.ml/pictrs/image/xl8W7FZfk9.jpg", attached: 1,
	}},
	{file: "lemmy/activities/deletion/delete_user.json", here: lemmyHTTP, after: []string{lemmyCreatePage}, want: outcome{verb: "left", id: alpha}},
	{
		file: "lemmy/activities/deletion/delete_private_message.json", here: ds9, after: []string{lemmyMessage}, says: "no change",
		want: outcome{verb: "unsent", id: lemmyHTTP + "/private_message/1", by: beta, in: alpha},
	},
	{
		file: "lemmy/activities/deletion/undo_delete_private_message.json", says: "no change",
		want: outcome{verb: "undeleted", id: lemmyHTTP + "/private_message/1", by: beta},
	},
	{
		file: lemmyRemoveNote, follows: lemmyMain, passed: true, served: mainThread, known: []string{ds9 + "/comment/1"},
		want: outcome{verb: "remove", id: ds9 + "/comment/1", by: beta, in: lemmyMain, words: "bad comment"},
	},
	{
		file: "lemmy/activities/deletion/undo_remove_note.json", follows: lemmyMain, passed: true, served: mainThread, known: []string{ds9 + "/comment/1"},
		after: []string{lemmyRemoveNote}, want: outcome{verb: "reply", id: ds9 + "/comment/1", by: ds9 + "/u/lemmy_gamma", in: ds9 + "/post/1", words: "A note."},
	},

	{
		file: lemmyBlockUser, follows: lemmyMain, passed: true, served: mainThread, known: []string{ds9 + "/post/1"},
		want: outcome{verb: "ban", id: alpha, by: beta, in: lemmyMain, words: "spam post"},
	},
	{
		file: "lemmy/activities/block/undo_block_user.json", follows: lemmyMain, passed: true, served: mainThread, known: []string{ds9 + "/post/1"},
		after: []string{lemmyBlockUser}, want: outcome{verb: "unban", id: alpha, by: beta, in: lemmyMain, words: "spam post"},
	},
	{
		file: lemmyPin, follows: ds9TLS + "/c/main", passed: true, served: pinned, known: []string{ds9TLS + "/post/2"},
		want: outcome{verb: "pin", id: ds9TLS + "/post/2", by: ds9TLS + "/u/lemmy_alpha", in: ds9TLS + "/c/main"},
	},
	{
		file: "lemmy/activities/community/remove_featured_post.json", follows: ds9TLS + "/c/main", passed: true, served: pinned, known: []string{ds9TLS + "/post/2"},
		after: []string{lemmyPin}, want: outcome{verb: "unpin", id: ds9TLS + "/post/2", by: ds9TLS + "/u/lemmy_alpha", in: ds9TLS + "/c/main"},
	},
	{
		file: lemmyAddMod, follows: lemmyMain, passed: true, served: mainThread, known: []string{ds9 + "/post/1"},
		want: outcome{verb: "appoint", id: alpha, by: beta, in: lemmyMain},
	},
	{
		file: "lemmy/activities/community/remove_mod.json", follows: lemmyMain, passed: true, served: mainThread, known: []string{ds9 + "/post/1"},
		after: []string{lemmyAddMod}, want: outcome{verb: "dismiss", id: alpha, by: beta, in: lemmyMain},
	},
	{
		file: lemmyLockPage, follows: lemmyAlpha + "/c/main", passed: true, served: lockable, known: []string{lemmyAlpha + "/post/2"},
		want: outcome{verb: "lock", id: lemmyAlpha + "/post/2", by: lemmyAlpha + "/u/lemmy_alpha", in: lemmyAlpha + "/c/main", words: "A reason for the lock"},
	},
	{
		file: "lemmy/activities/community/undo_lock_page.json", follows: lemmyAlpha + "/c/main", passed: true, served: lockable, known: []string{lemmyAlpha + "/post/2"},
		after: []string{lemmyLockPage},
		want:  outcome{verb: "unlock", id: lemmyAlpha + "/post/2", by: lemmyAlpha + "/u/lemmy_alpha", in: lemmyAlpha + "/c/main", words: "A reason for the unlock"},
	},
	{
		file: lemmyLockNote, follows: alphaTLS + "/c/test", passed: true, served: lockableNote, known: []string{alphaTLS + "/comment/1"},
		want: outcome{verb: "lock", id: alphaTLS + "/comment/1", by: alphaTLS + "/u/lemmy_aplha", in: alphaTLS + "/c/test", words: "A reason for a lock"},
	},
	{
		file: "lemmy/activities/community/undo_lock_note.json", follows: alphaTLS + "/c/test", passed: true, served: lockableNote, known: []string{alphaTLS + "/comment/1"},
		after: []string{lemmyLockNote},
		want:  outcome{verb: "unlock", id: alphaTLS + "/comment/1", by: alphaTLS + "/u/lemmy_aplha", in: alphaTLS + "/c/test", words: "A reason for an unlock."},
	},
	{file: lemmyReport, here: lemmyHTTP, want: outcome{verb: "report", id: lemmyHTTP + "/post/7", by: alpha}},
	{
		file: "lemmy/activities/community/resolve_report_page.json", here: lemmyHTTP, trusted: ds9 + "/u/lemmy_user", after: []string{lemmyReport},
		want: outcome{verb: "resolved", id: lemmyHTTP + "/post/7", by: alpha},
	},
	{
		file: "lemmy/activities/community/warn.json", here: "http://voyager.lemmy.ml", follows: lemmyMain,
		want: outcome{verb: "warn", id: "http://voyager.lemmy.ml/post/1541", by: beta, words: "fU8HltC5wq"},
	},
	{ // of a community of ours, by somebody who moderates it
		file: "lemmy/activities/community/update_community.json", here: lemmyHTTP, trusted: alpha,
		want: outcome{verb: "described", id: lemmyMain, title: "The Updated Community", words: "updated 2"},
	},

	{
		file: "lemmy/collections/group_featured_posts.json",
		want: outcome{id: "https://ds9.lemmy.ml/c/main/featured"}, lists: listing{objects: 2},
	},
	{file: "lemmy/collections/group_followers.json", want: outcome{id: lemmyHTTP + "/c/main/followers"}},
	{file: "lemmy/collections/group_moderators.json", want: outcome{id: tenforward + "/moderators"}, lists: listing{ids: 1}},
	{
		file: "lemmy/collections/group_outbox.json",
		want: outcome{id: "https://ds9.lemmy.ml/c/testcom/outbox"}, lists: listing{objects: 2},
	},
	{file: "lemmy/collections/person_outbox.json", want: outcome{id: alpha + "/outbox"}},
}
