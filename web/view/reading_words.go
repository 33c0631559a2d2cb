package view

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

	// Searching.
	SearchSite, SearchField, SearchButton string

	// Footer.
	ContactPage, Privacy, Terms, JSONFeed string

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
	PollElsewhere, PollHere                     string
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

func englishReading(n func(one, other string) Plural) ReadingWords {
	return ReadingWords{
		SortActive: "Active", SortOld: "Old", SortControversial: "Controversial", SortComments: "Most comments",
		SortScaled: "Small communities first", MoreSorts: "More", Hour: "Hour", SixHours: "6 hours",
		Layout: "Layout", LayoutCards: "Cards", LayoutCompact: "Compact",
		SortBest: "Best", CommentSortLabel: "Order of comments", CommunitySortLabel: "Order of communities",
		ByFollowers: "Most followers", ByPosts: "Most posts", ByAge: "Newest", ByName: "By name",

		SearchSite: "Search", SearchField: "Words, or an address of the fediverse", SearchButton: "Search",
		ContactPage: "Contact", Privacy: "Privacy", Terms: "Terms", JSONFeed: "JSON feed",

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
		PollElsewhere: "Voting happens at its own server:", PollHere: "Nobody can vote here.", PollMany: "Several answers may be chosen.",
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

		SearchSite: "Suche", SearchField: "Wörter oder eine Adresse aus dem Fediverse", SearchButton: "Suchen",
		ContactPage: "Kontakt", Privacy: "Datenschutz", Terms: "Regeln", JSONFeed: "JSON-Feed",

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
		PollElsewhere: "Abgestimmt wird auf dem Server der Umfrage:", PollHere: "Hier kann nicht abgestimmt werden.", PollMany: "Mehrere Antworten sind möglich.",
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
