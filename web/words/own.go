package words

// OwnWords is the part of the catalogue about what somebody keeps for themselves.
type OwnWords struct {
	Saved, NoSaved, Forget, Comment, More string
	Drafts, NoDrafts, Discard             string
	Profile                               string
}

func englishOwn() OwnWords {
	return OwnWords{
		Saved: "Saved", NoSaved: "What you save for later will stand here.", Forget: "Remove", Comment: "Comment", More: "More",
		Drafts: "Drafts", NoDrafts: "You have begun nothing that you did not finish.", Discard: "Discard", Profile: "Your page",
	}
}

func germanOwn() OwnWords {
	return OwnWords{
		Saved: "Gemerkt", NoSaved: "Was du dir merkst, steht dann hier.", Forget: "Entfernen", Comment: "Kommentar", More: "Mehr",
		Drafts: "Entwürfe", NoDrafts: "Du hast nichts begonnen, was nicht fertig wäre.", Discard: "Verwerfen", Profile: "Deine Seite",
	}
}
