package words

// ReachWords is the part of the catalogue about what is asked of other servers.
type ReachWords struct {
	Looking                      Phrase // at the server %s
	Nothing, Gone, Away, Foreign string
	Homeless, Blocked, Busy      string
	Reading, Fresh               Phrase // what was said before, from %s
	PostsSoFar, CommentsSoFar    Plural
	PostsOf                      Phrase // so far, of %s
	ThreadsLeft                  Plural
	NoOutbox, FirstPosts         Phrase // %s is the server
	NoComments, Budget, Broken   Phrase
	Peek                         string
	Failed                       Plural
	Missing                      Plural // comments that are not here
	MissingAt                    Phrase // before the name of the server
	Fetching                     string
	Lost, Unverified             Plural
	Restricted                   string
	Again                        string
}

func englishReach(n func(one, other string) Plural) ReachWords {
	return ReachWords{
		Looking: "Looking at %s …", Nothing: "Its server knows nothing of that name or address.", Gone: "It was there, and is no longer.",
		Away: "Its server does not answer just now.", Foreign: "What is there is nothing that a forum can show.",
		Homeless: "It is in no community that has told this server of it.", Blocked: "This server does not speak with that one.",
		Busy:    "Too much is looked for just now. Please try again in a minute.",
		Reading: "What was said here before is being fetched from %s.", Fresh: "What is new is being fetched from %s.",
		PostsSoFar: n("%d post", "%d posts"), CommentsSoFar: n("%d comment", "%d comments"), PostsOf: "%s of ", ThreadsLeft: n("%d thread to go", "%d threads to go"),
		NoOutbox: "%s does not list older posts, so only what was posted since somebody here follows is shown.", FirstPosts: "%s lists only its newest posts.",
		NoComments: "%s does not say what answers older posts.", Budget: "There is more at %s than is fetched at a time.", Broken: "%s stopped answering before all was here. It will be tried again.",
		Peek: "Nobody here follows this community yet, so only its newest posts are here.", Failed: n("%d thing could not be had from its server.", "%d things could not be had from their servers."),
		Missing: n("%d more comment", "%d more comments"), MissingAt: "%s at ", Fetching: ", fetching …", Lost: n("%d comment could not be had from its server.", "%d comments could not be had from their servers."),
		Unverified: n("%d comment could not be verified with its server.", "%d comments could not be verified with their servers."),
		Restricted: "Only its moderators post here.", Again: "More is on its way: show what has come",
	}
}

func germanReach(n func(one, other string) Plural) ReachWords {
	return ReachWords{
		Looking: "Suche auf %s …", Nothing: "Der Server kennt nichts unter diesem Namen oder dieser Adresse.", Gone: "Es war dort, und ist nicht mehr da.",
		Away: "Der Server antwortet gerade nicht.", Foreign: "Was dort steht, kann ein Forum nicht zeigen.",
		Homeless: "Es steht in keiner Community, die diesem Server davon erzählt hat.", Blocked: "Dieser Server spricht nicht mit jenem.",
		Busy:    "Gerade wird zu viel gesucht. Bitte in einer Minute noch einmal versuchen.",
		Reading: "Was hier früher gesagt wurde, wird von %s geholt.", Fresh: "Neues wird von %s geholt.",
		PostsSoFar: n("%d Beitrag", "%d Beiträge"), CommentsSoFar: n("%d Kommentar", "%d Kommentare"), PostsOf: "%s von ", ThreadsLeft: n("noch %d Diskussion", "noch %d Diskussionen"),
		NoOutbox: "%s nennt keine älteren Beiträge; zu sehen ist, was geschrieben wurde, seit jemand von hier folgt.", FirstPosts: "%s nennt nur die neuesten Beiträge.",
		NoComments: "%s sagt nicht, was auf ältere Beiträge geantwortet wurde.", Budget: "Auf %s ist mehr, als auf einmal geholt wird.", Broken: "%s antwortete nicht mehr, bevor alles hier war. Es wird wieder versucht.",
		Peek: "Dieser Community folgt hier noch niemand, daher sind nur ihre neuesten Beiträge hier.", Failed: n("%d Teil war von seinem Server nicht zu bekommen.", "%d Teile waren von ihren Servern nicht zu bekommen."),
		Missing: n("%d weiterer Kommentar", "%d weitere Kommentare"), MissingAt: "%s auf ", Fetching: ", wird geholt …", Lost: n("%d Kommentar war von seinem Server nicht zu bekommen.", "%d Kommentare waren von ihren Servern nicht zu bekommen."),
		Unverified: n("%d Kommentar ließ sich bei seinem Server nicht bestätigen.", "%d Kommentare ließen sich bei ihren Servern nicht bestätigen."),
		Restricted: "Hier schreibt nur die Moderation Beiträge.", Again: "Es kommt noch mehr: zeigen, was schon da ist",
	}
}
