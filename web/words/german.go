package words

// German is the catalogue for German. It addresses nobody: neither du nor Sie.
var German = german()

func german() *Words {
	const sep = "."
	n := oneOther(sep)
	return &Words{
		Tag: "de", Dir: "ltr", Itself: "Deutsch", thousands: sep, decimal: ",", dateTime: "02.01.2006, 15:04 UTC", date: "02.01.2006",

		SkipToContent: "Zum Inhalt springen", Home: "Beiträge", Communities: "Communitys", About: "Über",
		SiteNavigation: "Seiten", FooterNavigation: "Über diese Website",
		Source: "Quelltext", PoweredBy: "Läuft mit Stoa", Feed: "Atom-Feed", LanguageLabel: "Sprache",

		SortLabel: "Reihenfolge", SortHot: "Beliebt", SortNew: "Neu", SortTop: "Bestbewertet",
		WindowLabel: "Zeitraum", Day: "Tag", Week: "Woche", Month: "Monat", Year: "Jahr", Ever: "Gesamt",
		OlderPosts: "Mehr Beiträge", MoreComments: "Mehr Kommentare",
		MoreCommunities: "Mehr Communitys", FirstPage: "Zurück zur ersten Seite",
		NothingYet: "Noch keine Beiträge", NothingYetHint: "Neue Beiträge erscheinen hier, sobald sie ankommen.",
		NoComments: "Noch keine Kommentare", NoCommentsHint: "Antworten erscheinen hier, egal auf welchem Server sie geschrieben werden.",
		NoCommunities: "Noch keine Communitys",
		AllPosts:      "Beiträge aus allen Communitys",

		Comments: n("%d Kommentar", "%d Kommentare"), Points: n("%d Punkt", "%d Punkte"),
		WordsLong: n("etwa %d Wort", "etwa %d Wörter"), Minutes: n("%d Minute", "%d Minuten"),
		AlsoIn:   n("auch in %d Community", "auch in %d Communitys"),
		Original: "Original", OriginalAt: "Original auf",
		Untitled: "Beitrag ohne Titel", Sensitive: "Heikel", ContentWarning: "Inhaltswarnung",
		ReadWhole: "Ganzen Text lesen", FoldAway: "Text einklappen",
		Edited: "bearbeitet", Bot: "Bot",
		DeletedPost: "Gelöschter Beitrag", RemovedPost: "Entfernter Beitrag", PurgedPost: "Endgültig entfernter Beitrag",
		DeletedByAuthor: "Vom Verfasser oder von der Verfasserin gelöscht", RemovedByAdmin: "Von der Administration entfernt",
		PurgedBy: "Von der Administration endgültig entfernt",

		Permalink: "Link", Parent: "Bezug", OriginalPoster: "hat das Thema eröffnet",
		NotShown: n("%d weiterer Kommentar wird nicht gezeigt: Diese Diskussion ist zu lang für eine Seite.",
			"%d weitere Kommentare werden nicht gezeigt: Diese Diskussion ist zu lang für eine Seite."),
		Replies: n("%d Antwort", "%d Antworten"), CommentBy: "Kommentar von %s,", RepliesTo: "Antworten auf %s",

		Followers: n("%d folgt", "%d folgen"), Posts: n("%d Beitrag", "%d Beiträge"),
		FollowHeading: "Vom eigenen Server aus folgen", FollowHint: "Auf dem eigenen Server danach suchen:",
		FollowAlt: "Auf Mastodon:", Copy: "Kopieren", Copied: "Kopiert",
		GoneCommunity: "Der Server dieser Community hat sie geschlossen. Was gesagt wurde, bleibt hier erhalten.",
		Joined:        "Seit", TabPosts: "Beiträge", TabComments: "Kommentare", PersonTabs: "Von diesem Konto geschrieben",
		CommunitiesIntro: "Orte für Beiträge, auf diesem Server und auf anderen, die er kennt.",

		AboutNode: "Über %s", Software: "Software", Version: "Version", Contact: "Kontakt",
		AboutSoftware: "Stoa ist ein föderierter Diskussionsserver. Von hier aus wird mit Menschen auf Lemmy, Mastodon, PieFed, Mbin, NodeBB und " +
			"im übrigen Fediverse gesprochen, die jeweils ihren eigenen Server benutzen. Stoa ist freie Software unter der GNU Affero General Public License.",
		SourceOfThis: "Quelltext dieses Servers", SourceOnRequest: "Wer diesen Server benutzt, darf seinen Quelltext haben. Die Administration gibt ihn auf Anfrage heraus.", NumbersHeading: "In Zahlen",
		People: n("%d Konto", "%d Konten"), Active: n("%d in diesem Monat aktiv", "%d in diesem Monat aktiv"),
		LocalPosts: n("%d hier geschriebener Beitrag", "%d hier geschriebene Beiträge"), LocalComments: n("%d hier geschriebener Kommentar", "%d hier geschriebene Kommentare"),
		LocalCommunities: n("%d Community", "%d Communitys"), Servers: n("%d anderer Server bekannt", "%d andere Server bekannt"),

		JustNow: "gerade eben", MinutesAgo: n("vor %d Minute", "vor %d Minuten"), HoursAgo: n("vor %d Stunde", "vor %d Stunden"),
		DaysAgo: n("vor %d Tag", "vor %d Tagen"), MonthsAgo: n("vor %d Monat", "vor %d Monaten"), YearsAgo: n("vor %d Jahr", "vor %d Jahren"),

		NotFound: "Nicht gefunden", NotFoundText: "Unter dieser Adresse gibt es nichts. Vielleicht enthält sie einen Tippfehler, oder dieser Server kennt sie noch nicht.",
		Gone: "Nicht mehr da", GoneText: "Was hier war, wurde endgültig entfernt.",
		BadRequest: "Diese Adresse ergibt keinen Sinn", BadRequestText: "Einen Teil der Adresse kann dieser Server nicht lesen.",
		Forbidden: "Nicht erlaubt", ForbiddenText: "Diese Seite ist nicht zugänglich.",
		NotAllowed: "Hier nicht möglich", NotAllowedText: "Diese Seite kann nur gelesen werden.",
		Failed: "Etwas ist schiefgegangen", FailedText: "Der Fehler liegt bei diesem Server. Er wurde festgehalten; ein neuer Versuch in einer Weile kann helfen.",
		TooMuch: "Etwas langsamer", TooMuchText: "Aus deinem Netz wurden in einer Minute mehr Seiten abgerufen, als dieser Server für eines macht. In einer Minute geht es weiter. Feeds sind nicht begrenzt, und was Programme brauchen, ist dokumentiert.",
		Unavailable: "Gleich wieder da", UnavailableText: "Dieser Server erreicht gerade seine Datenbank nicht. Nichts ist verloren; in einer Minute klappt es vielleicht wieder.",
		Reference: "Kennung", BackHome: "Zur Startseite",
		Account: germanAccount(), Act: germanAct(n), Search: germanSearch(n), Reach: germanReach(n), Admin: germanAdmin(n), ReadingWords: germanReading(n),

		Refusals: map[string]string{ //nolint:gosec // words about passwords
			"community-removed": "Diese Community wurde entfernt.",
			"person-gone":       "Dieses Konto gibt es nicht mehr.",
			"no-such-page":      "Unter dieser Adresse gibt es nichts. Vielleicht enthält sie einen Tippfehler, oder dieser Server kennt sie noch nicht.",
			"no-such-thing":     "Hier gibt es nichts mit diesem Namen.",
			"bad-cursor":        "Die Adresse dieser Seite ist unvollständig.",
			"bad-view":          "Hier gibt es Beiträge und Kommentare zu sehen.",
			"bad-sort":          "Diese Reihenfolge gibt es nicht.",
			"bad-kind":          "Gesucht werden können Beiträge, Kommentare, Communitys und Personen.",
			"bad-language":      "Diese Sprache spricht dieser Server nicht.",
			"bad-window":        "Der Zeitraum kann ein Tag, eine Woche, ein Monat, ein Jahr oder alles sein.",
			"bad-name":          "Ein Name hat 2 bis 20 Zeichen aus a–z, 0–9 und _.",
			"name-taken":        "Den Namen hat oder hatte hier schon jemand.",
			"title-too-long":    "Das ist zu lang.",
			"bad-email":         "Das ist keine E-Mail-Adresse.",
			"email-taken":       "Die Adresse gehört zu einem anderen Konto.",
			"password-short":    "Ein Passwort hat mindestens 10 Zeichen.",
			"password-long":     "Ein Passwort hat höchstens 1.024 Byte.",
			"password-easy":     "Dieses Passwort gehört zu den ersten, die jeder versuchen würde.",
			"too-young":         "Du musst mindestens 16 Jahre alt sein.",
			"not-agreed":        "Ohne das gibt es kein Konto.",
			"link-used":         "Dieser Link wurde schon benutzt oder ist abgelaufen. Du kannst einen neuen anfordern.",
			"wrong-password":    "Das ist nicht dein jetziges Passwort.",
			"too-many-tries":    "Zu viele Versuche. Bitte zehn Minuten warten.",
			"text-too-long":     "Der Text ist zu lang.",
			"sign-in":           "Dafür musst du angemeldet sein.",
			"cross-site":        "Das kam von einer Seite eines anderen Auftritts. Bitte tu es auf einer Seite von hier.",
			"form-too-long":     "Das ist mehr, als ein Formular fassen darf.",
			"bad-form":          "Das ist kein Formular.",
		},
	}
}

func germanAdmin(n func(one, other string) Plural) AdminWords {
	return AdminWords{
		Overview: "Für die Administration", OverviewText: "Wie dieser Knoten mit anderen Servern zurechtkommt. Diese Seiten stehen allen offen, die diese Adresse erreichen; auf der öffentlichen Website erscheint nichts davon.",
		Servers: "Server", Refused: "Abgelehnt", Trace: "Verfolgen", Budget: "Platzbedarf",
		ServersText: "Was am letzten Tag herein- und hinausging, und wem noch nicht alles mitgeteilt wurde.",
		RefusedText: "Aktivitäten, die nicht angewendet werden konnten, mit dem Grund. Sie werden 14 Tage aufbewahrt und können noch einmal beurteilt werden.",
		TraceText:   "Was aus einer Aktivität wurde, Schritt für Schritt: empfangen, beurteilt, ins Log geschrieben, gesendet.",
		BudgetText:  "Die Tabellen, die mit dem Verkehr wachsen, werden nach Alter geleert. Was jede jetzt belegt, und worauf sie hinausläuft, wenn jeder Tag wie der letzte ganze ist.",
		PublicSite:  "Die öffentliche Website", Machines: "Für Maschinen", MachinesText: "Ob das Programm da ist, ob es bedienen kann, und seine Messwerte.",
		Healthz: "Der Prozess ist da", Readyz: "Er kann bedienen", Metrics: "Messwerte für Prometheus",
		Filter: "Filter", FilterLabel: "Teil des Hosts oder der Software", OnlyBehind: "Nur die im Rückstand", Apply: "Anzeigen",
		MoreServers: "Mehr Server", MoreRefused: "Ältere", All: "Alle",
		NoServers: "Kein Server passt.", NoRefused: "Nichts wurde abgelehnt.", NoneSkipped: "Keine Zeile wurde aufgegeben.",
		NoneReceived: "Nichts davon wurde empfangen, oder es wird nicht mehr aufbewahrt.",
		NoneLogged:   "Sie führte zu keiner Zeile im Log: Anderen Servern wird nichts davon mitgeteilt.", NoneTold: "Niemandem wird sie mitgeteilt.",

		FlowTitle: "Aktivitäten herein und hinaus in den letzten 24 Stunden", FlowTable: "Aktivitäten nach Stunden, die neueste zuerst",
		FlowIn: "Herein", FlowOut: "Hinaus", Hour: "Stunde (UTC)", UTC: "UTC", FlowHours: "Dieselben Zahlen nach Stunden", FlowFile: "Das Bild als Datei",
		InStreams:  [4]string{"angewendet", "abgelehnt", "wiederholt", "aufgeschoben"},
		OutStreams: [4]string{"zugestellt", "dort abgelehnt", "gescheitert", "aufgegeben"},
		PerMinutes: n("je Minute", "je %d Minuten"),

		Host: "Host", Software: "Software", Dialect: "Dialekt", Breaker: "Sicherung", NextTry: "Nächster Versuch", Lag: "Rückstand", Rows: "Wartende Zeilen", RowsEach: "Wartende Zeilen: direkt / Inhalte / Stimmen", Newest: "Neueste zuerst", Furthest: "Größter Rückstand zuerst", ByTable: "Nach Tabellen",
		Windows: "Fenster dazu", Window: "Anfragen zugleich", LastAnswer: "Letzte Antwort", Jumped: "Übersprungen bis", JumpedRows: "Verpasste Zeilen",
		Seconds: n("%d s", "%d s"), Failures: n("%d Fehlschlag in Folge", "%d Fehlschläge in Folge"),
		Unknown: "noch unbekannt", Never: "nie", NoAnswer: "keine Antwort", Probed: "Laut eigener Auskunft", LastOK: "Letzter Erfolg", Lane: "Spur", Tried: "Vergeblich versucht",
		Lanes:   "Spuren",
		Inboxes: "Posteingänge, ablehnende zuerst", Inbox: "Posteingang", ToldOf: "Erfährt von Communitys", Refuses: "Lehnt ab mit", Since: "Seit",
		SkippedRows: "Aufgegebene Zeilen, die neuesten zuerst", Skipped: "Aufgegeben", Act: "Handlung von", Verb: "Verb", Subject: "Gegenstand", Tries: "Versuche", Status: "Status", Reason: "Grund",
		SkippedMany: n("%d Zeile aufgegeben", "%d Zeilen aufgegeben"),

		Number: "Nummer", Activity: "Aktivität", Type: "Typ", Actor: "Akteur", Received: "Empfangen", State: "Zustand", Bytes: "Bytes",
		Needs: "Wartet auf", Judged: "Beurteilt", NextLook: "Wird wieder angesehen",
		Replay: "Noch einmal beurteilen", ReplayText: "Sie wird nach den jetzigen Regeln beurteilt, als wäre sie gerade erst geprüft worden. Wird sie wieder abgelehnt, hat sich nichts geändert.",
		Raw: "Ihre Bytes, wie sie kamen", Document: "Dokument", BodyGone: "Ihr Inhalt wird nicht aufbewahrt: Niemand bürgte für ihn, oder er wurde gelöscht. Nur der Absender kann sie noch einmal senden.",
		Cut: "Nur der Anfang wird gezeigt.", TraceThis: "Verfolgen", TraceLabel: "Id der Aktivität, einer Ankündigung davon oder ihres Objekts", TraceButton: "Verfolgen",
		StepReceived: "Empfangen: Aktivität %s", StepLog: "Log: %s", Fetch: "Dafür geholt", Attempts: "Versuche",
		Position: "Position", At: "Zeitpunkt", Community: "Community", ToForums: "An Foren", ToMicroblogs: "An Mikroblogs", ItsAct: "Die Handlung selbst",
		Told: "Posteingänge", ToldServers: "Wie weit es bei jedem Posteingang kam", Form: "Form", FetchesOf: "Worauf sie wartet",
		Kept: "Tage aufbewahrt", Now: "Jetzt", DayRows: "Zeilen am letzten ganzen Tag", DayBytes: "An diesem Tag", Expected: "Läuft hinaus auf",
		Table: "Tabelle", Days: "Tage", Together: "Zusammen", HostRefused: "Was davon abgelehnt wurde",
		FirstOfTold: "Von jedem Zustand werden höchstens 200 aufgeführt.",

		States: map[string]string{
			"closed": "in Ordnung", "paused": "angehalten", "open": "nicht erreichbar", "blocked": "gesperrt",
			"both": "beide", "forums": "Foren", "microblogs": "Mikroblogs",
			"direct": "direkt", "content": "Inhalte", "votes": "Stimmen",
			"unverified": "Schlüssel wird geholt", "ready": "bereit", "waiting": "wartet", "applied": "angewendet", "refused": "abgelehnt", "failed": "gescheitert",
			"finished": "fertig", "tried": "wird versucht", "skipped": "aufgegeben", "nothing-to-say": "nichts mitzuteilen",
			"act": "die Handlung selbst", "announcement": "Ankündigung",
			"available": "wird gleich geholt", "scheduled": "wird noch geholt", "retryable": "wird noch einmal versucht", "running": "wird gerade geholt",
			"completed": "erledigt", "discarded": "aufgegeben", "cancelled": "abgesagt", "pending": "zurückgehalten",
		},
	}
}
