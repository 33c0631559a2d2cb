package words

// CollectionWords is the part of the catalogue about own collections of communities.
type CollectionWords struct {
	Title, Lead, None       string // of the page of all
	New, Name, Make         string
	Add, AddLabel, AddHint  string
	Communities             Plural
	NoCommunities           string
	Remove, Read, Arrange   string
	Rename, Delete          string
	DeleteText              string
	Menu, MenuLead, Further string // on the page of a community, and beside the feeds
	Empty, EmptyText        string // in place of the posts of an empty one
	Is                      Phrase // in the settings
}

func englishCollection(n func(one, other string) Plural) CollectionWords {
	return CollectionWords{
		Title: "Collections", Lead: "Put communities together that you read together. Nobody else sees your collections.", None: "You have no collection yet.",
		New: "New collection", Name: "Name", Make: "Make it",
		Add: "Add", AddLabel: "Add a community", AddHint: "Its name as !name@host, or its address. On the page of a community there is a menu for it too.",
		Communities: n("%d community", "%d communities"), NoCommunities: "Nothing is in this collection yet.",
		Remove: "Take out", Read: "Read it", Arrange: "Change this collection", Rename: "Rename", Delete: "Delete the collection",
		DeleteText: "The communities in it stay, and so do those that you have joined.",
		Menu:       "Collections", MenuLead: "Put into your collections", Further: "More collections",
		Empty: "Nothing to read in this collection", EmptyText: "Nothing has been posted in its communities, or there are none in it.",
		Is: "Collection: %s",
	}
}

func germanCollection(n func(one, other string) Plural) CollectionWords {
	return CollectionWords{
		Title: "Sammlungen", Lead: "Fasse Communitys zusammen, die du zusammen lesen willst. Sonst sieht niemand deine Sammlungen.", None: "Du hast noch keine Sammlung.",
		New: "Neue Sammlung", Name: "Name", Make: "Anlegen",
		Add: "Hinzufügen", AddLabel: "Eine Community hinzufügen", AddHint: "Ihr Name als !name@host, oder ihre Adresse. Auch auf der Seite einer Community gibt es ein Menü dafür.",
		Communities: n("%d Community", "%d Communitys"), NoCommunities: "In dieser Sammlung ist noch nichts.",
		Remove: "Herausnehmen", Read: "Lesen", Arrange: "Diese Sammlung ändern", Rename: "Umbenennen", Delete: "Sammlung löschen",
		DeleteText: "Die Communitys darin bleiben, auch die, denen du beigetreten bist.",
		Menu:       "Sammlungen", MenuLead: "In deine Sammlungen legen", Further: "Weitere Sammlungen",
		Empty: "In dieser Sammlung gibt es nichts zu lesen", EmptyText: "In ihren Communitys steht noch nichts, oder es sind keine darin.",
		Is: "Sammlung: %s",
	}
}

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
