package words

// FilterWords is the part of the catalogue about what somebody does not want to read.
type FilterWords struct {
	Sifted Plural // posts of a list
	Unhide string
	// Whys are the reasons why a post is left out (account.Why).
	Whys map[string]string

	Block, Unblock             string // a person or community
	BlockServer, UnblockServer string
	Shunned                    string // in place of what somebody said whom the reader blocked
	Tab, Intro, None           string
	Server                     string
}

func englishFilter(n func(one, other string) Plural) FilterWords {
	return FilterWords{
		Sifted: n("%d post hidden. Show why", "%d posts hidden. Show why"), Unhide: "Show again",
		Whys: map[string]string{
			"hidden": "You hid it.", "person": "By somebody you blocked.", "community": "In a community you blocked.", "server": "From a server you blocked:",
			"keyword": "One of your keywords:", "language": "Not in your languages:", "sensitive": "It is sensitive.", "read": "You have read it.",
		},
		Block: "Block", Unblock: "Unblock", BlockServer: "Block the whole server", UnblockServer: "Unblock the whole server",
		Shunned: "By somebody you blocked", Tab: "Blocked", Intro: "Whom and what you block is left out of your lists, and you are not told of it. Nobody learns of it.",
		None: "You have blocked nobody.", Server: "Server",
	}
}

func germanFilter(n func(one, other string) Plural) FilterWords {
	return FilterWords{
		Sifted: n("%d Beitrag ausgeblendet. Warum?", "%d Beiträge ausgeblendet. Warum?"), Unhide: "Wieder zeigen",
		Whys: map[string]string{
			"hidden": "Du hast ihn ausgeblendet.", "person": "Von jemandem, den du blockierst.", "community": "In einer Community, die du blockierst.", "server": "Von einem Server, den du blockierst:",
			"keyword": "Eines deiner Stichwörter:", "language": "Nicht in deinen Sprachen:", "sensitive": "Er ist heikel.", "read": "Du hast ihn gelesen.",
		},
		Block: "Blockieren", Unblock: "Nicht mehr blockieren", BlockServer: "Den ganzen Server blockieren", UnblockServer: "Den Server nicht mehr blockieren",
		Shunned: "Von jemandem, den du blockierst", Tab: "Blockiert", Intro: "Was du blockierst, fehlt in deinen Listen, und du bekommst davon keine Mitteilung. Niemand erfährt es.",
		None: "Du blockierst niemanden.", Server: "Server",
	}
}
