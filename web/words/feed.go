package words

// FeedWords is the part of the catalogue about lists of communities of other servers.
type FeedWords struct {
	Address, AddressHint string
	Of, Asked, Failed    Phrase // the address
}

func englishFeed() FeedWords {
	return FeedWords{
		Address: "Address of a feed", AddressHint: "PieFed and Lemmy have lists of communities. The collection then has what that list has. Empty for one of your own.",
		Of:     "What is in it is what %s has: read again every day, and without what you add.",
		Asked:  "%s is being read. What is in it stands here in a moment.",
		Failed: "%s could not be read. It is tried again every day.",
	}
}

func germanFeed() FeedWords {
	return FeedWords{
		Address: "Adresse eines Feeds", AddressHint: "PieFed und Lemmy haben Listen von Communitys. In der Sammlung steht dann, was in der Liste steht. Leer für eine eigene.",
		Of:     "Darin steht, was %s hat: jeden Tag neu gelesen, und ohne was du hinzufügst.",
		Asked:  "%s wird gelesen. Gleich steht hier, was darin ist.",
		Failed: "%s ließ sich nicht lesen. Es wird jeden Tag wieder versucht.",
	}
}
