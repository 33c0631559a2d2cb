package words

// PollWords is the part of the catalogue about making polls and voting in them.
type PollWords struct {
	Make, MakeHint       string
	Choice               Phrase // its number
	More                 string
	Multiple, Open       string
	Hours, Days          Plural
	Fixed                string
	Heading, Which, Vote string
	Results, Yours       string
	SeenHere, SeenThere  string
	SignIn               string
	Closed               string
}

func englishPoll(n func(one, other string) Plural) PollWords {
	return PollWords{
		Make: "Poll", MakeHint: "The title asks, these answer: two to ten, which cannot be changed afterwards. Left empty, there is no poll.",
		Choice: "Choice %s", More: "Another choice", Multiple: "Several may be chosen", Open: "Open for", Hours: n("%d hour", "%d hours"), Days: n("%d day", "%d days"),
		Fixed:   "The choices of its poll stay as they are: people have voted for what stood there.",
		Heading: "Vote", Which: "Your choice", Vote: "Vote", Results: "Results so far", Yours: "your choice",
		SeenHere:  "A vote is final. What people here choose is known to this server alone; everybody sees the totals.",
		SeenThere: "A vote is final. What you choose is told to the server of whoever asked, and its admins can see it.",
		SignIn:    "Sign in to vote", Closed: "This poll has ended.",
	}
}

func germanPoll(n func(one, other string) Plural) PollWords {
	return PollWords{
		Make: "Umfrage", MakeHint: "Der Titel fragt, dies sind die Antworten: zwei bis zehn, die sich später nicht ändern lassen. Leer gelassen, gibt es keine Umfrage.",
		Choice: "Antwort %s", More: "Noch eine Antwort", Multiple: "Mehrere dürfen gewählt werden", Open: "Offen für", Hours: n("%d Stunde", "%d Stunden"), Days: n("%d Tag", "%d Tage"),
		Fixed:   "Die Antworten der Umfrage bleiben, wie sie sind: Es wurde über das abgestimmt, was dort stand.",
		Heading: "Abstimmen", Which: "Deine Wahl", Vote: "Abstimmen", Results: "Ergebnis bisher", Yours: "deine Wahl",
		SeenHere:  "Eine Stimme ist endgültig. Was jemand von hier wählt, weiß nur dieser Server; alle sehen die Summen.",
		SeenThere: "Eine Stimme ist endgültig. Was du wählst, erfährt der Server, auf dem gefragt wurde, und wer ihn verwaltet, kann es sehen.",
		SignIn:    "Zum Abstimmen anmelden", Closed: "Diese Umfrage ist beendet.",
	}
}
