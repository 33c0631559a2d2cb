package deliver

import (
	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
)

// What servers understand of a community.
const (
	// both: its software is not known, or takes either.
	both = storage.BothDialects
	// forums take an Announce of the whole activity (FEP-1b12).
	forums = storage.ForumDialect
	// microblogs take an Announce of a post's id, and what its author says of it
	// later; of anything else they would fetch the activity only to drop it.
	microblogs = storage.MicroblogDialect
)

// software sorts nodeinfo's software.name.
var software = map[string]storage.Dialect{
	"lemmy": forums, "piefed": forums, "pyfedi": forums, "mbin": forums, "kbin": forums, "nodebb": forums,
	"discourse": forums, "friendica": forums, "lotide": forums, "stoa": forums, "hubzilla": forums,
	"streams": forums, "forte": forums, "zap": forums, "littr": forums, "brutalinks": forums, "azorius": forums,
	"mobilizon": forums, "flipboard": microblogs,

	"mastodon": microblogs, "hometown": microblogs, "glitchcafe": microblogs, "fedibird": microblogs, "kmyblue": microblogs,
	"gotosocial": microblogs, "pleroma": microblogs, "akkoma": microblogs, "mitra": microblogs, "snac": microblogs,
	"snac2": microblogs, "takahe": microblogs, "pixelfed": microblogs, "bookwyrm": microblogs, "peertube": microblogs,
	"misskey": microblogs, "sharkey": microblogs, "firefish": microblogs, "calckey": microblogs, "foundkey": microblogs,
	"iceshrimp": microblogs, "iceshrimp.net": microblogs, "iceshrimp-js": microblogs, "cherrypick": microblogs,
	"catodon": microblogs, "magnetar": microblogs, "meisskey": microblogs, "dolphin": microblogs,
	"hollo": microblogs, "hackerspub": microblogs, "ghost": microblogs, "microdotblog": microblogs, "wafrn": microblogs,
	"honk": microblogs, "ktistec": microblogs, "epicyon": microblogs, "smithereen": microblogs, "socialhome": microblogs,
	"threads": microblogs, "loops": microblogs, "guppe": microblogs, "writefreely": microblogs, "owncast": microblogs,
	"funkwhale": microblogs,

	"wordpress": both,
}

func dialectOf(name string) storage.Dialect { return software[name] }

// chats is which software is written messages as ChatMessage. Lemmy before 1.0 and Mbin
// take them as nothing else; PieFed has it from Lemmy. Lemmy 1.0 takes either, and may
// so be told the same.
var chats = map[string]bool{"lemmy": true, "mbin": true, "kbin": true, "piefed": true, "pyfedi": true}

// polls are the forums that read a Question. Lemmy and lotide refuse it, and with it
// whatever is said about it; Mbin takes one for a microblog post, without its title. All
// microblogs know it.
var polls = map[string]bool{
	"piefed": true, "pyfedi": true, "nodebb": true, "stoa": true, "friendica": true,
	"hubzilla": true, "streams": true, "forte": true, "zap": true,
}

// documents is what a unit says to a server of that dialect, which runs this software;
// it may be nothing.
func documents(u *storage.Unit, d storage.Dialect, runs string) []*forum.Document {
	if u.Verb == forum.VerbWarn && software[runs] == microblogs {
		return nil // no ActivityStreams type: GoToSocial answers 500
	}
	all := inDialect(u, d, runs)
	if polls[runs] || software[runs] == microblogs {
		return all
	}
	if u.Verb == forum.VerbTally {
		return nil // to them nothing has changed
	}
	for i, doc := range all {
		if doc != u.Micro && outbox.Asks(doc.Body) {
			plain := *doc
			plain.Body = outbox.Plain(doc.Body)
			all[i] = &plain
		}
	}
	return all
}

func inDialect(u *storage.Unit, d storage.Dialect, runs string) []*forum.Document {
	switch {
	case u.Form == storage.FormAct, u.Form == storage.FormMessage && !chats[runs]:
		return present(u.Direct)
	case u.Form == storage.FormMessage:
		return present(u.Chat)
	}
	switch d {
	case forums:
		return present(u.Forum)
	case microblogs:
		return present(u.Micro)
	}
	return present(u.Forum, u.Micro)
}

func present(documents ...*forum.Document) []*forum.Document {
	out := documents[:0]
	for _, doc := range documents {
		if doc != nil {
			out = append(out, doc)
		}
	}
	return out
}
