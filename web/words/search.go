package words

// SearchWords is the part of the catalogue that the search page says.
type SearchWords struct {
	Title, Label, Button, Lead               string
	Posts, Comments, Communities, People     string
	KindLabel, SortLabel, Relevance, Newest  string
	Found, FoundMore                         Plural
	Nothing, NothingHint, More               string
	HowTo                                    string
	Phrase, Not, Author, In, Before, Link    string
	AddressHint                              string
	Unknown, UnknownText, UnknownName, Visit string
}

func englishSearch(n func(one, other string) Plural) SearchWords {
	return SearchWords{
		Title: "Search", Label: "Words, an address, or a handle", Button: "Search",
		Lead:  "Finds what this server knows: by its words, or by the address it has elsewhere.",
		Posts: "Posts", Comments: "Comments", Communities: "Communities", People: "People",
		KindLabel: "What to look for", SortLabel: "Order of what is found", Relevance: "Best first", Newest: "Newest first",
		Found: n("%d found", "%d found"), FoundMore: n("%d on this page", "%d on this page"),
		Nothing: "Nothing found", NothingHint: "Fewer or other words may find more. What people do not want to be found is left out.", More: "More results",
		HowTo:  "How to search",
		Phrase: "these words in this order", Not: "without this word", Author: "written by this account; the host is needed only for other servers",
		In: "in this community", Before: "from that time on, and before that time: a day, a month or a year", Link: "posts with a link",
		AddressHint: "The address of a post, comment, community or person on any server, or a handle such as !name@host, leads to its page here; what this server does not know yet it looks for at its own.",
		Unknown:     "This server does not know it yet", UnknownText: "It has not come here from other servers. It may be at its own:",
		UnknownName: "Nobody with this handle has come here from other servers. Their server:", Visit: "Open the original",
	}
}

func germanSearch(n func(one, other string) Plural) SearchWords {
	return SearchWords{
		Title: "Suche", Label: "Wörter, eine Adresse oder ein Profilname", Button: "Suchen",
		Lead:  "Findet, was dieser Server kennt: nach Wörtern oder nach der Adresse, die es anderswo hat.",
		Posts: "Beiträge", Comments: "Kommentare", Communities: "Communitys", People: "Personen",
		KindLabel: "Was gesucht wird", SortLabel: "Reihenfolge der Treffer", Relevance: "Beste zuerst", Newest: "Neueste zuerst",
		Found: n("%d Treffer", "%d Treffer"), FoundMore: n("%d Treffer auf dieser Seite", "%d Treffer auf dieser Seite"),
		Nothing: "Nichts gefunden", NothingHint: "Weniger oder andere Wörter finden vielleicht mehr. Was nicht gefunden werden will, wird ausgelassen.", More: "Mehr Treffer",
		HowTo:  "So wird gesucht",
		Phrase: "diese Wörter in dieser Reihenfolge", Not: "ohne dieses Wort", Author: "von diesem Konto geschrieben; der Host ist nur bei anderen Servern nötig",
		In: "in dieser Community", Before: "ab dieser Zeit, und vor jener: ein Tag, ein Monat oder ein Jahr", Link: "Beiträge mit einem Link",
		AddressHint: "Die Adresse eines Beitrags, Kommentars, einer Community oder Person auf irgendeinem Server, oder ein Name wie !name@host, führt zur Seite hier; was dieser Server noch nicht kennt, sucht er auf dessen eigenem.",
		Unknown:     "Dieser Server kennt das noch nicht", UnknownText: "Es ist von anderen Servern nicht hierhergekommen. Vielleicht ist es auf seinem eigenen:",
		UnknownName: "Unter diesem Namen ist von anderen Servern niemand hierhergekommen. Der Server dazu:", Visit: "Original öffnen",
	}
}
