package words

// ActWords is the part of the catalogue about what people do with what they read.
type ActWords struct {
	Upvote, Downvote          string
	VotesSeen                 string
	Reply, Save, Unsave       string
	Hide, Report, Unreport    string
	Edit, Delete, Restore     string
	JoinIt, LeaveIt, Waiting  string
	Follow, Unfollow          string
	Crosspost                 string
	Hidden, Undo              string
	New                       Plural // comments since the last visit
	NewComment                string
	Subscribed, Local, All    string
	FeedLabel                 string
	NothingJoined, FindThings string
}

func englishAct(n func(one, other string) Plural) ActWords {
	return ActWords{
		Upvote: "Upvote", Downvote: "Downvote", VotesSeen: "Other servers and their admins see who voted up or down.", Reply: "Reply", Save: "Save", Unsave: "Saved", Hide: "Hide", Report: "Report", Unreport: "Take back the report",
		Edit: "Edit", Delete: "Delete", Restore: "Restore", JoinIt: "Join", LeaveIt: "Leave", Waiting: "Asked to join, not answered yet", Follow: "Follow", Unfollow: "Unfollow", Crosspost: "Crosspost",
		Hidden: "Hidden.", Undo: "Undo", New: n("%d new", "%d new"), NewComment: "new",
		Subscribed: "Joined", Local: "This server", All: "All", FeedLabel: "Which posts",
		NothingJoined: "You have not joined a community yet", FindThings: "Find communities",
	}
}

func germanAct(n func(one, other string) Plural) ActWords {
	return ActWords{
		Upvote: "Dafür", Downvote: "Dagegen", VotesSeen: "Andere Server und ihre Administration sehen, wer dafür oder dagegen gestimmt hat.", Reply: "Antworten", Save: "Merken", Unsave: "Gemerkt", Hide: "Ausblenden", Report: "Melden", Unreport: "Meldung zurücknehmen",
		Edit: "Bearbeiten", Delete: "Löschen", Restore: "Wiederherstellen", JoinIt: "Beitreten", LeaveIt: "Verlassen", Waiting: "Beitritt angefragt, noch keine Antwort", Follow: "Folgen", Unfollow: "Nicht mehr folgen", Crosspost: "Weitergeben",
		Hidden: "Ausgeblendet.", Undo: "Rückgängig", New: n("%d neu", "%d neu"), NewComment: "neu",
		Subscribed: "Beigetreten", Local: "Dieser Server", All: "Alles", FeedLabel: "Welche Beiträge",
		NothingJoined: "Du bist noch keiner Community beigetreten", FindThings: "Communitys finden",
	}
}
