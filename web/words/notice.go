package words

// NoticeWords is the part of the catalogue about what somebody is told.
type NoticeWords struct {
	Heading          string
	Unseen           Plural // not seen yet
	Many             string // in place of a number that is no more counted
	None, NoneHint   string
	New              string
	Answered, Named  Phrase // who
	Said             Phrase // who
	LetIn            Phrase // which community
	Removed, Back    string
	Banned, Unbanned Phrase // which community
	Closed, Reopened string
	Warned           string
	Reported         Phrase // who reported
	On               Phrase // which post
	Older            string

	Watch, Watching, Mute, Muted string
}

func englishNotice(n func(one, other string) Plural) NoticeWords {
	return NoticeWords{
		Heading: "Notifications", Unseen: n("Notifications, %d new", "Notifications, %d new"), Many: "99+",
		None: "Nothing yet", NoneHint: "Answers to what you wrote, mentions of you, and what moderators did to it will stand here.", New: "new",
		Answered: "%s answered you", Named: "%s mentioned you", Said: "%s wrote in a thread you watch", LetIn: "%s has let you in",
		Reported: "%s reports something", Removed: "What you wrote was removed", Warned: "A moderator warns you", Back: "What you wrote is back", On: "In %s", Older: "Older notifications",
		Banned: "You were banned from %s", Unbanned: "You can take part in %s again", Closed: "A thread of yours was closed", Reopened: "A thread of yours is open again",
		Watch: "Watch", Watching: "Watching", Mute: "Mute", Muted: "Muted",
	}
}

func germanNotice(n func(one, other string) Plural) NoticeWords {
	return NoticeWords{
		Heading: "Mitteilungen", Unseen: n("Mitteilungen, %d neu", "Mitteilungen, %d neu"), Many: "99+",
		None: "Noch nichts", NoneHint: "Antworten auf das, was du schreibst, Erwähnungen von dir und Eingriffe der Moderation stehen dann hier.", New: "neu",
		Answered: "%s hat dir geantwortet", Named: "%s hat dich erwähnt", Said: "%s hat in einem Thread geschrieben, den du beobachtest", LetIn: "%s hat dich aufgenommen",
		Reported: "%s meldet etwas", Removed: "Ein Beitrag von dir wurde entfernt", Warned: "Die Moderation verwarnt dich", Back: "Ein Beitrag von dir ist wieder da", On: "In %s", Older: "Ältere Mitteilungen",
		Banned: "Du wurdest aus %s ausgeschlossen", Unbanned: "Du kannst in %s wieder mitmachen", Closed: "Ein Thread von dir wurde geschlossen", Reopened: "Ein Thread von dir ist wieder offen",
		Watch: "Beobachten", Watching: "Beobachtet", Mute: "Stummschalten", Muted: "Stumm",
	}
}
