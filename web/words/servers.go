package words

// ServersWords is the part of the catalogue about with whom this node speaks, and how
// far a post has come among them.
type ServersWords struct {
	Blocked, BlockedText string
	Allowed, AllowedText string
	More                 string
	Seen                 Plural // of all servers it is for, with %s for those that have it
	Waiting, Declined    Phrase // before names of servers
	Others               Plural // after them
}

func englishServers(n func(one, other string) Plural) ServersWords {
	return ServersWords{
		Seen: n("Seen by %s of %d server.", "Seen by %s of %d servers."), Waiting: "Not yet by %s.", Declined: "Not taken by %s.", Others: n("and %d more", "and %d more"),
		Blocked: "Blocked servers", BlockedText: "Nothing is taken from these servers and their subdomains, and nothing is sent to them.",
		Allowed: "Servers that this one speaks with", AllowedText: "It speaks with these and their subdomains, and with no others.",
		More: "The list is longer than what is shown here.",
	}
}

func germanServers(n func(one, other string) Plural) ServersWords {
	return ServersWords{
		Seen: n("Auf %s von %d Server zu sehen.", "Auf %s von %d Servern zu sehen."), Waiting: "Noch nicht auf %s.", Declined: "Nicht angenommen von %s.", Others: n("und %d weiterem", "und %d weiteren"),
		Blocked: "Gesperrte Server", BlockedText: "Von diesen Servern und ihren Subdomains wird nichts angenommen, und ihnen wird nichts geschickt.",
		Allowed: "Server, mit denen dieser spricht", AllowedText: "Er spricht mit diesen und ihren Subdomains, und mit keinen anderen.",
		More: "Die Liste ist länger, als hier gezeigt wird.",
	}
}
