package words

// ModerateWords is the part of the catalogue about moderators and what they do.
type ModerateWords struct {
	Moderate, Heading           string
	What, Reason, ReasonHint    string
	Remove, Restore             string
	Lock, Unlock, Pin, Unpin    string
	Ban, Unban, Days, DaysHint  string
	LockComment, UnlockComment  string
	Warn, Banish, Readmit       string
	Along, AlongHint            string
	Do, Choose                  string
	OnlyHere                    string
	Locked, Pinned, LockedHint  string
	ReportHeading, ReportReason string
	ReportHint, Send            string
	Reported, ReportedText      string
	YouSaid                     Phrase // what
	Withdraw                    string
	Log, LogOf                  string
	LogIntro, LogNone           string
	ByAdmin                     string
	Older                       string
	// What the log says was done, by the verb.
	Did                map[string]string
	Untitled, AComment string
	Until              Phrase // a date
}

func englishModerate() ModerateWords {
	return ModerateWords{
		Moderate: "Moderate", Heading: "Moderate", What: "What to do", Reason: "Reason", ReasonHint: "Everybody can read it in the log of moderation.",
		Remove: "Remove it", Restore: "Give it back", Lock: "Close the thread: nobody but moderators answers", Unlock: "Open the thread again",
		Pin: "Have it stand first in the community", Unpin: "Let it stand where it would", Ban: "Ban its author from the community", Unban: "End its author's ban from the community",
		LockComment: "Close it: nobody but moderators answers it or what is below", UnlockComment: "Open it again", Warn: "Warn its author",
		Banish: "Ban its author from this whole server", Readmit: "End its author's ban from the server", Along: "Also what goes with it",
		AlongHint: "With a removal these are all answers below it; with a ban, all that its author wrote in the community, or here. Giving it back, or ending the ban, gives these back too.",
		Days:      "Days of a ban", DaysHint: "Left empty, it has no end.", Do: "Do it", Choose: "Choose what to do.",
		OnlyHere: "This community lives on another server. What you do holds for readers of this one.",
		Locked:   "Closed", Pinned: "Pinned", LockedHint: "The moderators have closed this thread.",
		ReportHeading: "Report", ReportReason: "What is wrong with it?", ReportHint: "Those who moderate the community read it, on its own server if that is another.", Send: "Send report",
		Reported: "Reported", ReportedText: "Thank you. Those who moderate the community have been told.", YouSaid: "You said: %s", Withdraw: "Take it back",
		Log: "Log of moderation", LogOf: "Moderation", LogIntro: "What moderators and the admins of this server did, and why.", LogNone: "Nothing has been moderated.",
		ByAdmin: "Admin", Older: "Older entries", Untitled: "a post", AComment: "a comment", Until: "until %s",
		Did: map[string]string{
			"relocate": "moved to another community",
			"remove":   "removed", "restore": "gave back", "purge": "destroyed", "block": "blocked the server", "unblock": "unblocked the server", "allow": "allowed the server", "disallow": "no longer allows the server", "allow-only": "speaks only with servers on the list", "allow-all": "speaks with all servers again", "lock": "closed", "unlock": "opened",
			"pin": "pinned", "unpin": "unpinned", "ban": "banned", "unban": "ended the ban of", "appoint": "made a moderator of", "dismiss": "dismissed as moderator",
			"warn": "warned", "banish": "banned from the server", "readmit": "let back on the server",
			"recall": "took back", "relist": "gave back",
		},
	}
}

func germanModerate() ModerateWords {
	return ModerateWords{
		Moderate: "Moderieren", Heading: "Moderieren", What: "Was geschehen soll", Reason: "Begründung", ReasonHint: "Sie steht für alle lesbar im Protokoll der Moderation.",
		Remove: "Entfernen", Restore: "Wiederherstellen", Lock: "Den Thread schließen: nur die Moderation antwortet noch", Unlock: "Den Thread wieder öffnen",
		Pin: "In der Community obenan stellen", Unpin: "Nicht mehr obenan stellen", Ban: "Wer es schrieb, aus der Community ausschließen", Unban: "Den Ausschluss aus der Community aufheben",
		LockComment: "Ihn schließen: nur die Moderation antwortet noch darunter", UnlockComment: "Ihn wieder öffnen", Warn: "Wer es schrieb, verwarnen",
		Banish: "Wer es schrieb, vom ganzen Server ausschließen", Readmit: "Den Ausschluss vom Server aufheben", Along: "Auch, was dazugehört",
		AlongHint: "Beim Entfernen sind das alle Antworten darunter; bei einem Ausschluss alles, was die Person in der Community oder hier geschrieben hat. Wer es wiederherstellt oder den Ausschluss aufhebt, stellt auch das wieder her.",
		Days:      "Tage eines Ausschlusses", DaysHint: "Leer gelassen, endet er nicht.", Do: "Ausführen", Choose: "Wähle, was geschehen soll.",
		OnlyHere: "Diese Community lebt auf einem anderen Server. Das gilt nur für die, die hier lesen.",
		Locked:   "Geschlossen", Pinned: "Obenan", LockedHint: "Die Moderation hat diesen Thread geschlossen.",
		ReportHeading: "Melden", ReportReason: "Was stimmt damit nicht?", ReportHint: "Es liest, wer die Community moderiert, auf ihrem eigenen Server, wenn das ein anderer ist.", Send: "Meldung abschicken",
		Reported: "Gemeldet", ReportedText: "Danke. Wer die Community moderiert, weiß nun davon.", YouSaid: "Du hast geschrieben: %s", Withdraw: "Zurücknehmen",
		Log: "Protokoll der Moderation", LogOf: "Moderation", LogIntro: "Was Moderation und Administration dieses Servers getan haben, und warum.", LogNone: "Es wurde noch nicht moderiert.",
		ByAdmin: "Administration", Older: "Ältere Einträge", Untitled: "ein Beitrag", AComment: "ein Kommentar", Until: "bis %s",
		Did: map[string]string{
			"relocate": "verschob in eine andere Community",
			"remove":   "entfernte", "restore": "stellte wieder her", "purge": "vernichtete", "block": "sperrte den Server", "unblock": "entsperrte den Server", "allow": "erlaubte den Server", "disallow": "erlaubt nicht mehr den Server", "allow-only": "spricht nur noch mit Servern auf der Liste", "allow-all": "spricht wieder mit allen Servern", "lock": "schloss", "unlock": "öffnete",
			"pin": "stellte obenan", "unpin": "stellte zurück", "ban": "schloss aus", "unban": "ließ wieder zu", "appoint": "berief in die Moderation", "dismiss": "entließ aus der Moderation",
			"warn": "verwarnte", "banish": "schloss vom Server aus", "readmit": "ließ wieder auf den Server",
			"recall": "nahm zurück", "relist": "stellte wieder her",
		},
	}
}

// RelocateWords is the part of the catalogue about posts that go on in another community.
type RelocateWords struct {
	Move, To, ToHint string
}

func englishRelocate() RelocateWords {
	return RelocateWords{Move: "Move it to another community", To: "Community to move it to", ToHint: "Only if it moves: the name of a community on the same server that you moderate as well."}
}

func germanRelocate() RelocateWords {
	return RelocateWords{Move: "In eine andere Community verschieben", To: "Community, in die er kommt", ToHint: "Nur beim Verschieben: der Name einer Community auf demselben Server, die du auch moderierst."}
}
