package words

// RelocateWords is the part of the catalogue about posts that go on in another community.
type RelocateWords struct {
	Move, To, ToHint string
}

func englishRelocate() RelocateWords {
	return RelocateWords{Move: "Move it to another community", To: "Which community", ToHint: "Its name. It is on the same server, and you moderate it as well."}
}

func germanRelocate() RelocateWords {
	return RelocateWords{Move: "In eine andere Community verschieben", To: "Welche Community", ToHint: "Ihr Name. Sie ist auf demselben Server, und auch sie moderierst du."}
}
