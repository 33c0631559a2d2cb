package words

// ReadingWords is the part of the catalogue that lists, threads and posts of
// every kind need. It is embedded in Words.
type ReadingWords struct {
	// Orders.
	SortActive, SortOld, SortControversial string
	SortComments, SortScaled, MoreSorts    string
	Hour, SixHours                         string
	Layout, LayoutCards, LayoutCompact     string
	SortBest                               string
	CommentSortLabel                       string
	CommunitySortLabel                     string
	ByFollowers, ByPosts, ByAge, ByName    string

	// The way to a visitor's own server.
	FollowLead, FollowAccount, FollowExample    string
	FollowButton, FollowWait, FollowByHand      string
	FollowLocal, FollowWrong, Back, JoinHeading string
	FollowAsking, FollowFound, FollowUnknown    Phrase
	FollowGo                                    Phrase

	// Searching.
	SearchSite, SearchField, SearchButton string

	// Footer.
	ContactPage, Privacy, Terms, JSONFeed string

	// Pages about the node.
	PrivacyText, TermsText []Passage
	ContactText            string
	NoContact              string // where the admin gave none

	// Endless lists.
	MoreLoaded   Plural // announced to those who do not see it
	LoadingMore  string
	LoadingFails string

	// Threads.
	Moderator, AsModerator   string
	StateSince               Phrase // %s is an age
	ContinueThread           Plural // %d answers that stand on a page of their own
	NextThread, PreviousJump string
	NextJump, JumpTools      string
	WholeThread, Context     string
	OneComment               Phrase // title of the page: comment by %s
	OnPost                   Phrase // "on: %s"
	AncestorsHidden          Plural // between the post and the nearest parents
	FoldBranch               string

	// Posts of every kind.
	NoAlt, PictureOf                            string
	OpenPicture                                 string
	PicturesMany                                Plural
	Video, Sound, File                          string
	Watch, Listen, Download                     Phrase // at %s
	Lasts                                       Phrase
	Event, Question, ArticleKind                string
	Starts, Ends, Where, Cancelled              string
	PollResult, PollClosed, PollCloses          string
	PollElsewhere                               string
	PollMany                                    string
	Voters, Votes                               Plural
	ShowAnyway                                  string
	PreviewOf                                   Phrase
	LinkLabel                                   string
	PictureAttached, VideoAttached, EventMarker string

	// Keys.
	KeysHeading, KeysText, KeysOn, Close               string
	KeyNextItem, KeyOpen, KeyUp, KeyFold, KeyTop       string
	KeyHome, KeySearch, KeyHelp, KeysButton, KeysEmpty string
}

// Passage is a paragraph with a heading that may be empty.
type Passage struct{ Heading, Text string }

var englishPrivacy = []Passage{
	{"Reading", "Nobody needs an account to read here, and nobody is tracked: there is no script of others and no counting of who reads what. Pictures of other servers are fetched and kept by this one, so that those learn nothing of who looks at them. Whoever only reads gets no cookie but the language, and that only when they choose one; it lasts a year. Whoever asks for the way to their own server has that server asked for their account; the name is kept in memory for ten minutes. What is looked for at other servers is remembered for a day, without who looked."},
	{"What is kept", "Posts, comments, votes and profiles are kept until their authors delete them or a moderator or admin removes them. Deleted words are blanked; their place in the conversation stays. Activities as other servers sent them are kept for 14 days, and what this server has to tell others for 31 days, to deliver and to find mistakes."},
	{"Accounts", "Whoever has an account here signs in with a cookie that says nothing but that; it ends when they sign out, or when they have not been here for 60 days. What they save, hide, read, set and draft is kept for them alone. Their e-mail address is used to let them in again and for nothing else. The network address and browser with which they signed in are shown to them and forgotten after seven days."},
	{"Messages", "What two people write to each other is shown to nobody else and stands on no page, in no feed and in no search. It is kept until whoever wrote it takes it back or their account goes. It is not encrypted: whoever runs one of the two servers could read it in the database. The admins are shown a message only if whoever got it reports it."},
	{"Network addresses", "Apart from that, the database holds no network addresses of readers. The log of this program notes each request with the page, the name of the browser and the network address, without its last part unless whoever runs this server has it whole, to find faults and abuse; how long logs are kept is up to whoever runs this server, as is what a proxy in front of it notes."},
	{"Other servers", "This server is part of the fediverse. What is written in a community here is sent to every server that follows it, and copies are shown there under rules of their own. Deletions are sent too, but nobody can make others obey. Votes are visible to other servers and to their admins, with the name of who voted."},
	{"Rights", "Whoever wants to know what is kept about them, or have it corrected or deleted, can ask whoever runs this server; people of other servers can also delete it at home, which reaches us."},
}

var englishTerms = []Passage{
	{"Short version", "Whoever runs this server has written no rules of their own yet, so these hold: be kind, post nothing that is against the law, and nothing that belongs to somebody else without their leave."},
	{"Moderation", "Moderators may remove posts and comments in their communities; the admin may also remove communities and refuse other servers. What was removed keeps its place in the conversation, with the reason given."},
	{"No warranty", "This server is offered as it is. It may be changed or closed; what its authors wrote stays theirs."},
}

var germanPrivacy = []Passage{
	{"Lesen", "Zum Lesen braucht es hier kein Konto, und niemand wird verfolgt: Es gibt kein fremdes Skript und keine Zählung, wer was liest. Bilder anderer Server holt und verwahrt dieser hier, sodass jene nicht erfahren, wer sie ansieht. Wer nur liest, bekommt kein Cookie außer der Sprache, und die nur, wer eine wählt; es hält ein Jahr. Wer nach dem Weg zum eigenen Server fragt, dessen Server wird nach dem Konto gefragt; der Name bleibt zehn Minuten im Speicher. Was auf anderen Servern gesucht wird, bleibt einen Tag lang vermerkt, ohne wer gesucht hat."},
	{"Was aufbewahrt wird", "Beiträge, Kommentare, Stimmen und Profile bleiben, bis sie gelöscht oder von der Moderation oder Administration entfernt werden. Gelöschte Worte werden geleert; ihr Platz im Gespräch bleibt. Aktivitäten, wie andere Server sie schickten, werden 14 Tage aufbewahrt, und was dieser Server anderen mitzuteilen hat, 31 Tage, um zuzustellen und Fehler zu finden."},
	{"Konten", "Wer hier ein Konto hat, meldet sich mit einem Cookie an, das nichts weiter sagt; es endet beim Abmelden oder nach 60 Tagen ohne Besuch. Was jemand merkt, ausblendet, liest, einstellt und entwirft, ist nur für diese Person aufbewahrt. Die E-Mail-Adresse dient dazu, wieder hineinzukommen, und sonst zu nichts. Netzadresse und Browser der Anmeldung werden der Person selbst gezeigt und nach sieben Tagen vergessen."},
	{"Nachrichten", "Was zwei Leute einander schreiben, bekommt sonst niemand zu sehen; es steht auf keiner Seite, in keinem Feed und in keiner Suche. Es bleibt, bis es zurückgenommen wird oder das Konto geht, von dem es kam. Verschlüsselt ist es nicht: Wer einen der beiden Server betreibt, könnte es in der Datenbank lesen. Der Administration wird eine Nachricht nur gezeigt, wenn sie gemeldet wird."},
	{"Netzadressen", "Davon abgesehen stehen in der Datenbank keine Netzadressen vom Lesen. Das Protokoll vermerkt jede Anfrage mit Seite, Namen des Browsers und Netzadresse, der das letzte Stück fehlt, wenn die Administration sie nicht ganz haben will, um Fehler und Missbrauch zu finden; wie lange Protokolle aufbewahrt werden, bestimmt die Administration, ebenso, was ein vorgeschalteter Proxy vermerkt."},
	{"Andere Server", "Dieser Server ist Teil des Fediverse. Was hier in einer Community geschrieben wird, geht an jeden Server, der ihr folgt, und wird dort nach eigenen Regeln gezeigt. Löschungen werden ebenfalls mitgeteilt, aber niemand kann andere zwingen, ihnen zu folgen. Stimmen sind für andere Server und deren Administration mit Namen sichtbar."},
	{"Rechte", "Auskunft über Gespeichertes, Berichtigung und Löschung gibt es bei der Administration; wer auf einem anderen Server zu Hause ist, kann auch dort löschen, und das erreicht uns."},
}

var germanTerms = []Passage{
	{"Kurz gesagt", "Die Administration hat noch keine eigenen Regeln geschrieben, also gelten diese: freundlich bleiben, nichts Verbotenes veröffentlichen, und nichts, was anderen gehört, ohne deren Erlaubnis."},
	{"Moderation", "Die Moderation kann Beiträge und Kommentare ihrer Communitys entfernen, die Administration auch Communitys, und sie kann andere Server abweisen. Entferntes behält seinen Platz im Gespräch, mit dem Grund."},
	{"Keine Gewähr", "Dieser Server wird angeboten, wie er ist. Er kann sich ändern oder schließen; was jemand geschrieben hat, bleibt dessen Eigentum."},
}

func englishReading(n func(one, other string) Plural) ReadingWords {
	return ReadingWords{
		SortActive: "Active", SortOld: "Old", SortControversial: "Controversial", SortComments: "Most comments",
		SortScaled: "Small communities first", MoreSorts: "More", Hour: "Hour", SixHours: "6 hours",
		Layout: "Layout", LayoutCards: "Cards", LayoutCompact: "Compact",
		SortBest: "Best", CommentSortLabel: "Order of comments", CommunitySortLabel: "Order of communities",
		ByFollowers: "Most followers", ByPosts: "Most posts", ByAge: "Newest", ByName: "By name",

		FollowLead: "Say where you live in the fediverse, and this page shows the way there.", FollowAccount: "Your account", FollowExample: "you@your.server",
		FollowButton: "Show the way", FollowWait: "This page loads itself again.", FollowByHand: "It can always be found by this address, in the search of your server:",
		FollowLocal: "That is an account of this server: sign in, and you can do it here.", FollowWrong: "That is no account: it has a name and a server, as in you@your.server.", Back: "Back", JoinHeading: "Answer from your server",
		FollowAsking: "Asking %s …", FollowFound: "%s says how.", FollowUnknown: "%s has not said how.", FollowGo: "Go on at %s",

		SearchSite: "Search", SearchField: "Words, or an address of the fediverse", SearchButton: "Search",
		ContactPage: "Contact", Privacy: "Privacy", Terms: "Terms", JSONFeed: "JSON feed",

		PrivacyText: englishPrivacy, TermsText: englishTerms, ContactText: "For questions about this server, and to report what should not be here, write to whoever runs it. What stands on another server is removed there; a report to us helps as well, since we can take it away here.",
		NoContact: "Whoever runs this server has not said how to be reached. The About page says which software it runs; its people cannot answer for this server.",

		MoreLoaded: n("%d more has been added below.", "%d more have been added below."), LoadingMore: "Loading…",
		LoadingFails: "More could not be loaded. Try the link.",

		Moderator: "moderator", AsModerator: "speaks as moderator", StateSince: "since %s",
		ContinueThread: n("Continue this thread: %d more reply", "Continue this thread: %d more replies"),
		NextThread:     "Next", PreviousJump: "Previous top-level comment", NextJump: "Next top-level comment", JumpTools: "Jump between comments",
		WholeThread: "The whole thread", Context: "What this answers", OneComment: "Comment by %s", OnPost: "On “%s”",
		AncestorsHidden: n("%d comment between", "%d comments between"), FoldBranch: "Fold",

		NoAlt: "Picture without a description", PictureOf: "Picture", OpenPicture: "Open the picture",
		PicturesMany: n("%d picture", "%d pictures"), Video: "Video", Sound: "Sound", File: "File",
		Watch: "Watch at %s", Listen: "Listen at %s", Download: "Open at %s", Lasts: "Lasts %s",
		Event: "Event", Question: "Poll", ArticleKind: "Article",
		Starts: "Begins", Ends: "Ends", Where: "Place", Cancelled: "Cancelled",
		PollResult: "Result so far", PollClosed: "Closed", PollCloses: "Closes",
		PollElsewhere: "You can also vote at its own server:", PollMany: "Several answers may be chosen.",
		Voters: n("%d person voted", "%d people voted"), Votes: n("%d vote", "%d votes"),
		ShowAnyway: "Show", PreviewOf: "Preview of %s", LinkLabel: "Link",
		PictureAttached: "With a picture", VideoAttached: "With a video", EventMarker: "With a date",

		KeysHeading: "Keys", KeysText: "They do nothing while you write, or together with Ctrl, Alt or Meta.",
		KeysOn: "Use these keys", Close: "Close",
		KeyNextItem: "Next and previous item", KeyOpen: "Open it", KeyUp: "Up: to the comment or post it answers", KeyFold: "Fold or unfold",
		KeyTop: "Next and previous top-level comment", KeyHome: "Front page", KeySearch: "Search", KeyHelp: "This list",
		KeysButton: "Keys", KeysEmpty: "There is nothing to go to on this page.",
	}
}

func germanReading(n func(one, other string) Plural) ReadingWords {
	return ReadingWords{
		SortActive: "Lebhaft", SortOld: "Alt", SortControversial: "Umstritten", SortComments: "Meiste Kommentare",
		SortScaled: "Kleine Communitys zuerst", MoreSorts: "Mehr", Hour: "Stunde", SixHours: "6 Stunden",
		Layout: "Darstellung", LayoutCards: "Karten", LayoutCompact: "Kompakt",
		SortBest: "Beste", CommentSortLabel: "Reihenfolge der Kommentare", CommunitySortLabel: "Reihenfolge der Communitys",
		ByFollowers: "Meistgefolgt", ByPosts: "Meiste Beiträge", ByAge: "Neueste", ByName: "Nach Namen",

		FollowLead: "Sag, wo du im Fediverse zu Hause bist, und diese Seite zeigt den Weg dorthin.", FollowAccount: "Dein Konto", FollowExample: "du@dein.server",
		FollowButton: "Weg zeigen", FollowWait: "Diese Seite lädt sich selbst neu.", FollowByHand: "Unter dieser Adresse lässt es sich immer finden, in der Suche deines Servers:",
		FollowLocal: "Das ist ein Konto dieses Servers: Melde dich an, dann geht es hier.", FollowWrong: "Das ist kein Konto: Es hat einen Namen und einen Server, wie in du@dein.server.", Back: "Zurück", JoinHeading: "Von deinem Server aus antworten",
		FollowAsking: "%s wird gefragt …", FollowFound: "%s sagt, wie es geht.", FollowUnknown: "%s hat nicht gesagt, wie es geht.", FollowGo: "Weiter auf %s",

		SearchSite: "Suche", SearchField: "Wörter oder eine Adresse aus dem Fediverse", SearchButton: "Suchen",
		ContactPage: "Kontakt", Privacy: "Datenschutz", Terms: "Regeln", JSONFeed: "JSON-Feed",

		PrivacyText: germanPrivacy, TermsText: germanTerms, ContactText: "Fragen zu diesem Server und Hinweise auf Inhalte, die hier nicht stehen sollten, gehen an die Administration. Was auf einem anderen Server steht, wird dort gelöscht; eine Meldung hier hilft trotzdem, denn auch hier kann es entfernt werden.",
		NoContact: "Die Administration hat keine Adresse angegeben. Unter „Über“ steht, welche Software hier läuft; deren Entwickler können für diesen Server nicht antworten.",

		MoreLoaded: n("%d weiterer Eintrag steht jetzt unten.", "%d weitere Einträge stehen jetzt unten."), LoadingMore: "Lädt …",
		LoadingFails: "Mehr ließ sich nicht laden. Vielleicht hilft der Link.",

		Moderator: "moderiert", AsModerator: "spricht für die Moderation", StateSince: "seit %s",
		ContinueThread: n("Hier weiterlesen: %d weitere Antwort", "Hier weiterlesen: %d weitere Antworten"),
		NextThread:     "Weiter", PreviousJump: "Voriger Kommentar der obersten Ebene", NextJump: "Nächster Kommentar der obersten Ebene", JumpTools: "Zwischen Kommentaren springen",
		WholeThread: "Die ganze Diskussion", Context: "Worauf geantwortet wird", OneComment: "Kommentar von %s", OnPost: "Zu „%s“",
		AncestorsHidden: n("%d Kommentar dazwischen", "%d Kommentare dazwischen"), FoldBranch: "Einklappen",

		NoAlt: "Bild ohne Beschreibung", PictureOf: "Bild", OpenPicture: "Bild öffnen",
		PicturesMany: n("%d Bild", "%d Bilder"), Video: "Video", Sound: "Ton", File: "Datei",
		Watch: "Ansehen auf %s", Listen: "Anhören auf %s", Download: "Öffnen auf %s", Lasts: "Dauert %s",
		Event: "Veranstaltung", Question: "Umfrage", ArticleKind: "Artikel",
		Starts: "Beginn", Ends: "Ende", Where: "Ort", Cancelled: "Abgesagt",
		PollResult: "Bisheriges Ergebnis", PollClosed: "Beendet", PollCloses: "Endet",
		PollElsewhere: "Abstimmen kannst du auch auf dem Server der Umfrage:", PollMany: "Mehrere Antworten sind möglich.",
		Voters: n("%d Person hat abgestimmt", "%d Personen haben abgestimmt"), Votes: n("%d Stimme", "%d Stimmen"),
		ShowAnyway: "Zeigen", PreviewOf: "Vorschau von %s", LinkLabel: "Link",
		PictureAttached: "Mit Bild", VideoAttached: "Mit Video", EventMarker: "Mit Termin",

		KeysHeading: "Tasten", KeysText: "Beim Schreiben und zusammen mit Strg, Alt oder Meta tun sie nichts.",
		KeysOn: "Diese Tasten benutzen", Close: "Schließen",
		KeyNextItem: "Nächster und voriger Eintrag", KeyOpen: "Öffnen", KeyUp: "Nach oben: zu dem, worauf geantwortet wird", KeyFold: "Ein- oder ausklappen",
		KeyTop: "Nächster und voriger Kommentar der obersten Ebene", KeyHome: "Startseite", KeySearch: "Suche", KeyHelp: "Diese Liste",
		KeysButton: "Tasten", KeysEmpty: "Auf dieser Seite gibt es nichts anzusteuern.",
	}
}
