package words

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
