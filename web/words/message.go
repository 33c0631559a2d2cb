package words

// MessageWords is the part of the catalogue about messages between two people.
type MessageWords struct {
	Heading                      string
	Unseen                       Plural // not read yet
	Conversations, Requests      string
	RequestsHint                 string
	None, NoneHint, NoRequests   string
	Older, OlderList             string
	Write                        string // to somebody, on their page
	With                         Phrase // whom
	Empty, NotSealed             string
	AsksHint                     Phrase // who, a stranger
	Accept, Refuse               string
	Text, Send, Save, Change     string
	Delete, Report, Edited, Gone string
	You                          string // before one's own last words in a list
	Unread                       Plural
	Others                       Plural // further people to whom it went
	On                           Phrase // which post
	Wrote, Asked                 Phrase // who
	ReportHint, ReportHeading    string
	Reported, ReportedText       string
	ReportOf                     Phrase // whose message
	ReportBy                     Phrase // who shows it

	Who, WhoHint                     string // the setting
	WhoAll, WhoFollowed, WhoNobody   string
	Lapsed, BackToThem, Conversation string
}

func englishMessage(n func(one, other string) Plural) MessageWords {
	return MessageWords{
		Heading: "Messages", Unseen: n("Messages, %d new", "Messages, %d new"), Conversations: "Conversations", Requests: "Requests",
		RequestsHint: "People you do not know write to you. They are not told whether you read it. Answer, and they are let in.",
		None:         "No messages yet", NoneHint: "On the page of a person you can write to them.", NoRequests: "Nobody asks to write to you.",
		Older: "Earlier messages", OlderList: "Older conversations", Write: "Send a message", With: "Messages with %s",
		Empty: "Nothing has been said yet.", NotSealed: "Nobody but the two of you is shown this. It is not encrypted: those who run the two servers could read it.",
		AsksHint: "You have nothing to do with %s yet. Answer or accept, and they can write to you as they like; refuse, and you see no more of them here.",
		Accept:   "Accept", Refuse: "Refuse", Text: "Message", Send: "Send", Save: "Save", Change: "Edit",
		Delete: "Delete", Report: "Report", Edited: "edited", Gone: "Deleted by whoever wrote it.", You: "You:",
		Unread: n("%d new", "%d new"), Others: n("Also to one other person", "Also to %d other people"), On: "On %s",
		Wrote: "%s wrote you a message", Asked: "%s asks to write to you",
		ReportHint: "The admins of this server are shown this message, and no other.", ReportHeading: "Report a message",
		Reported: "Reported", ReportedText: "Thank you. The admins of this server have been told.",
		ReportOf: "Message of %s", ReportBy: "Shown by %s", Who: "Who may write you messages", WhoHint: "Whom you have written to can always answer.",
		WhoAll: "Everybody; strangers' messages wait as requests", WhoFollowed: "People I follow", WhoNobody: "Nobody",
		Lapsed: "You are signed in no more. Here is what you wrote; sign in and send it again.", BackToThem: "Back to the conversation", Conversation: "Conversation",
	}
}

func germanMessage(n func(one, other string) Plural) MessageWords {
	return MessageWords{
		Heading: "Nachrichten", Unseen: n("Nachrichten, %d neu", "Nachrichten, %d neu"), Conversations: "Gespräche", Requests: "Anfragen",
		RequestsHint: "Hier schreiben dir Leute, die du nicht kennst. Ob du es liest, erfahren sie nicht. Antworte, und sie haben Zutritt.",
		None:         "Noch keine Nachrichten", NoneHint: "Auf der Seite einer Person kannst du ihr schreiben.", NoRequests: "Niemand bittet darum, dir schreiben zu dürfen.",
		Older: "Frühere Nachrichten", OlderList: "Ältere Gespräche", Write: "Nachricht schreiben", With: "Nachrichten mit %s",
		Empty: "Noch wurde nichts gesagt.", NotSealed: "Das wird nur euch beiden gezeigt. Verschlüsselt ist es nicht: Wer die beiden Server betreibt, könnte es lesen.",
		AsksHint: "Mit %s hattest du noch nichts zu tun. Antwortest du oder nimmst an, kann dir von dort frei geschrieben werden; lehnst du ab, siehst du hier nichts mehr davon.",
		Accept:   "Annehmen", Refuse: "Ablehnen", Text: "Nachricht", Send: "Senden", Save: "Speichern", Change: "Bearbeiten",
		Delete: "Löschen", Report: "Melden", Edited: "bearbeitet", Gone: "Gelöscht von der Person, die es schrieb.", You: "Du:",
		Unread: n("%d neu", "%d neu"), Others: n("Auch an eine weitere Person", "Auch an %d weitere Personen"), On: "Zu %s",
		Wrote: "%s hat dir eine Nachricht geschrieben", Asked: "%s möchte dir schreiben",
		ReportHint: "Die Administration dieses Servers bekommt diese Nachricht zu sehen, und keine andere.", ReportHeading: "Eine Nachricht melden",
		Reported: "Gemeldet", ReportedText: "Danke. Die Administration dieses Servers weiß nun davon.",
		ReportOf: "Nachricht von %s", ReportBy: "Gezeigt von %s", Who: "Wer dir Nachrichten schreiben darf", WhoHint: "Wem du geschrieben hast, kann immer antworten.",
		WhoAll: "Alle; was Fremde schreiben, wartet als Anfrage", WhoFollowed: "Leute, denen ich folge", WhoNobody: "Niemand",
		Lapsed: "Du bist nicht mehr angemeldet. Hier ist, was du geschrieben hast; melde dich an und sende es noch einmal.", BackToThem: "Zurück zum Gespräch", Conversation: "Gespräch",
	}
}
