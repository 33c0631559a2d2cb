package inbox

import (
	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

const (
	guide  = "https://stoa.example/u/guide" // somebody here
	post7  = "https://stoa.example/post/7"  // something written here
	pie    = "https://piefed.example"       // and its people:
	rimu   = pie + "/u/rimu"
	mia    = pie + "/u/mia"
	cats   = pie + "/c/cats"
	bb     = "https://nodebb.example"
	julian = bb + "/uid/7"
	ada    = bb + "/uid/8"
	cat4   = bb + "/category/4"
	gts    = "https://gts.example"
	gerda  = gts + "/users/gerda"
)

var madeOfPieFed = []document{
	{file: "piefed/actors/person.json", want: outcome{
		verb: "person", id: rimu, title: "Rimu of the Cats", name: "rimu", inbox: pie + "/inbox", key: rimu + "#main-key",
	}},
	{file: "piefed/actors/community.json", want: outcome{
		verb: "community", id: cats, title: "Cats", name: "cats", inbox: pie + "/inbox", key: cats + "#main-key",
	}},
	{file: "piefed/objects/page.json", follows: cats, want: outcome{
		verb: "post", id: pie + "/post/11", by: rimu, in: cats, title: "Why do cats purr?", words: "Somebody measured it.", link: "https://cats.example/purr",
	}},
	{file: "piefed/objects/note.json", follows: cats, want: outcome{
		verb: "reply", id: pie + "/comment/21", by: mia, in: pie + "/post/11", words: "Mine never does.",
	}},
	{file: "piefed/objects/question.json", follows: cats, want: outcome{
		verb: "post", id: pie + "/post/12", by: rimu, in: cats, title: "How many have you?", words: "Count them.", shape: forum.Asks,
	}},

	{file: "piefed/activities/create_page.json", want: outcome{
		verb: "post", id: pie + "/post/31", by: rimu, in: agora, title: "Cats in the colonnade", words: "They sleep there.", link: "https://cats.example/purr",
	}},
	{file: "piefed/activities/update_page.json", after: []string{"piefed/activities/create_page.json"}, want: outcome{
		verb: "post", id: pie + "/post/31", by: rimu, in: agora, title: "Cats in the colonnade, again", words: "They sleep there now.", link: "https://cats.example/purr",
	}},
	{
		file: "piefed/activities/delete_page.json", after: []string{"piefed/activities/create_page.json"},
		want: outcome{verb: "deleted", id: pie + "/post/31", by: rimu},
	},
	{file: "piefed/activities/create_note.json", want: outcome{
		verb: "reply", id: pie + "/comment/32", by: mia, in: post7, words: "And where do they eat?",
	}},
	{file: "piefed/activities/like.json", want: outcome{verb: "up", id: post7, by: mia}},
	{file: "piefed/activities/undo_like.json", after: []string{"piefed/activities/like.json"}, want: outcome{verb: "unvote", id: post7, by: mia}},
	{file: "piefed/activities/like_emoji.json", want: outcome{verb: "up", id: post7, by: rimu}},
	{file: "piefed/activities/dislike.json", after: []string{"piefed/activities/like.json"}, want: outcome{verb: "down", id: post7, by: mia}},
	{file: "piefed/activities/follow.json", want: outcome{verb: "follow", id: agora, by: mia}},
	{file: "piefed/activities/undo_follow.json", after: []string{"piefed/activities/follow.json"}, want: outcome{verb: "unfollow", id: agora, by: mia}},
	{file: "piefed/activities/accept.json", asks: cats, want: outcome{verb: "follow", id: cats, by: guide}},

	{file: "piefed/activities/announce_create.json", follows: cats, want: outcome{
		verb: "post", id: pie + "/post/11", by: rimu, in: cats, title: "Why do cats purr?", words: "Somebody measured it.", link: "https://cats.example/purr",
	}},
	{file: "piefed/activities/announce_page.json", follows: cats, want: outcome{ // meant for Mastodon; its Create says the same
		verb: "post", id: pie + "/post/11", by: rimu, in: cats, title: "Why do cats purr?", words: "Somebody measured it.", link: "https://cats.example/purr",
	}},
	{file: "piefed/activities/announce_like.json", follows: cats, want: outcome{verb: "up", id: pie + "/post/11", by: mia}},
	{
		file: "piefed/activities/announce_votes.json", follows: cats, after: []string{"piefed/activities/announce_create.json"},
		says: "taken apart", want: outcome{verb: "up", id: pie + "/post/11", by: mia},
	},
	{
		file: "piefed/activities/announce_choose_answer.json", follows: cats,
		no: "not understood: ChooseAnswer", reason: "peers.md §3.2",
	},
	{
		file: "piefed/activities/announce_move.json", follows: cats, after: []string{"piefed/activities/announce_create.json"},
		served: []fedtest.Doc{minimal("Group", pie+"/c/purring")}, want: outcome{
			verb: "post", id: pie + "/post/11", by: rimu, in: pie + "/c/purring", title: "Why do cats purr?", words: "Somebody measured it.", link: "https://cats.example/purr",
		},
	},
	{file: "piefed/activities/poll_vote.json", no: "no-poll", reason: "peers.md §3.2"},
	{
		file: "piefed/activities/delete_by_community.json", follows: cats,
		want: outcome{verb: "recall", id: post7, in: cats, words: "not allowed here"},
	},
}

var madeOfNodeBB = []document{
	{file: "nodebb/actors/user.json", want: outcome{
		verb: "person", id: julian, title: "Julian of the Forum", name: "julian", inbox: bb + "/inbox", key: julian + "#key",
	}},
	{file: "nodebb/actors/category.json", want: outcome{
		verb: "community", id: cat4, title: "Columns", name: "columns", inbox: bb + "/inbox", key: cat4 + "#key",
	}},
	{file: "nodebb/objects/article.json", follows: cat4, want: outcome{
		verb: "post", id: bb + "/post/31", by: julian, in: cat4, title: "What columns are for", words: "They hold roofs. Most of the time", shape: forum.Article, attached: 1,
	}},
	{file: "nodebb/objects/note.json", follows: cat4, want: outcome{
		verb: "reply", id: bb + "/post/32", by: ada, in: bb + "/post/31", words: "@julian And for leaning on.",
	}},
	{file: "nodebb/objects/topic.json", want: outcome{id: bb + "/topic/9"}, lists: listing{ids: 2}},

	{file: "nodebb/activities/announce_create.json", follows: cat4, want: outcome{
		verb: "post", id: bb + "/post/31", by: julian, in: cat4, title: "What columns are for", words: "They hold roofs. Most of the time", shape: forum.Article, attached: 1,
	}},
	{file: "nodebb/activities/announce_article.json", follows: cat4, after: []string{"nodebb/activities/announce_create.json"}, says: "known already"},
	{file: "nodebb/activities/announce_note.json", follows: cat4, want: outcome{
		verb: "reply", id: bb + "/post/32", by: ada, in: bb + "/post/31", words: "@julian And for leaning on.",
	}},
	{file: "nodebb/activities/announce_like.json", follows: cat4, want: outcome{verb: "up", id: bb + "/post/31", by: ada}},
	{file: "nodebb/activities/create_article.json", want: outcome{
		verb: "post", id: bb + "/post/41", by: julian, in: agora, title: "Columns for everybody", words: "They hold roofs. Most of the time", shape: forum.Article, attached: 1,
	}},
	{file: "nodebb/activities/update_article.json", after: []string{"nodebb/activities/create_article.json"}, want: outcome{
		verb: "post", id: bb + "/post/41", by: julian, in: agora, title: "Columns for almost everybody", words: "They hold roofs. Most of the time", shape: forum.Article, attached: 1,
	}},
	{
		file: "nodebb/activities/delete_article.json", after: []string{"nodebb/activities/create_article.json"},
		want: outcome{verb: "deleted", id: bb + "/post/41", by: julian},
	},
	{file: "nodebb/activities/create_note.json", want: outcome{
		verb: "reply", id: bb + "/post/42", by: ada, in: post7, words: "@guide@stoa.example Where is the shade?",
	}},
	{file: "nodebb/activities/like.json", want: outcome{verb: "up", id: post7, by: ada}},
	{file: "nodebb/activities/undo_like.json", after: []string{"nodebb/activities/like.json"}, want: outcome{verb: "unvote", id: post7, by: ada}},
	{file: "nodebb/activities/follow.json", want: outcome{verb: "follow", id: agora, by: ada}},
	{file: "nodebb/activities/undo_follow.json", after: []string{"nodebb/activities/follow.json"}, want: outcome{verb: "unfollow", id: agora, by: ada}},
	{file: "nodebb/activities/accept.json", asks: cat4, want: outcome{verb: "follow", id: cat4, by: guide}},
	{
		file: "nodebb/activities/move_topic.json", follows: cat4, after: []string{"nodebb/activities/announce_create.json"},
		served: []fedtest.Doc{minimal("Group", bb+"/category/5")}, want: outcome{
			verb: "post", id: bb + "/post/31", by: julian, in: bb + "/category/5", title: "What columns are for", words: "They hold roofs. Most of the time", shape: forum.Article, attached: 1,
		},
	},
}

const gtsCreate = "gotosocial/activities/create.json"

var madeOfGoToSocial = []document{
	{file: "gotosocial/actors/person.json", want: outcome{
		verb: "person", id: gerda, title: "Gerda", name: "gerda", inbox: gerda + "/inbox", key: gerda + "/main-key",
	}},
	{file: "gotosocial/objects/note.json", want: outcome{
		verb: "post", id: gerda + "/statuses/01HX0000000000000000000002", by: gerda, in: agora, title: "The shade moves.", words: "The shade moves. So do I.",
	}},
	{file: "gotosocial/objects/note_unlisted.json", want: outcome{
		verb: "post", id: gerda + "/statuses/01HX0000000000000000000003", by: gerda, in: agora, title: "Quietly: it is noon.", words: "Quietly: it is noon.",
	}},
	{file: "gotosocial/objects/note_followers.json", no: "not public", reason: "peers.md §6.38"},
	{file: gtsCreate, want: outcome{
		verb: "post", id: gerda + "/statuses/01HX0000000000000000000001", by: gerda, in: agora, title: "Who swept the steps?", words: "Who swept the steps?",
	}},
	{file: "gotosocial/activities/update.json", after: []string{gtsCreate}, want: outcome{
		verb: "post", id: gerda + "/statuses/01HX0000000000000000000001", by: gerda, in: agora,
		title: "Who swept all the steps?", words: "Who swept all the steps?",
	}},
	{file: "gotosocial/activities/delete.json", after: []string{gtsCreate}, want: outcome{
		verb: "deleted", id: gerda + "/statuses/01HX0000000000000000000001", by: gerda,
	}},
	{file: "gotosocial/activities/delete_account.json", after: []string{gtsCreate}, want: outcome{verb: "left", id: gerda}},
	{file: "gotosocial/activities/create_reply.json", want: outcome{
		verb: "reply", id: gerda + "/statuses/01HX0000000000000000000005", by: gerda, in: post7, words: "I did, at dawn.",
	}},
	{file: "gotosocial/activities/like.json", want: outcome{verb: "up", id: post7, by: gerda}},
	{file: "gotosocial/activities/undo_like.json", after: []string{"gotosocial/activities/like.json"}, want: outcome{verb: "unvote", id: post7, by: gerda}},
	{file: "gotosocial/activities/follow.json", want: outcome{verb: "follow", id: agora, by: gerda}},
	{file: "gotosocial/activities/undo_follow.json", after: []string{"gotosocial/activities/follow.json"}, want: outcome{verb: "unfollow", id: agora, by: gerda}},
	{ // a boost by a person: of the object, not of the community
		file: "gotosocial/activities/announce.json", no: "announced by no community known here", reason: "peers.md §2.4",
	},
	{file: "gotosocial/activities/poll_votes.json", no: "no-poll", reason: "peers.md §2.4"},
	{
		file: "gotosocial/activities/accept_announce.json", after: []string{gtsCreate}, boosted: "https://stoa.example/activities/boost-1",
		says: "lets it be announced",
	},
	{file: "gotosocial/activities/block.json", says: "no change"}, // neither follows the other
	{file: "gotosocial/activities/flag.json", want: outcome{verb: "report", id: post7, by: "https://gts.example/users/gts.example"}},
}
