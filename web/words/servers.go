package words

// ServersWords is the part of the catalogue about with whom this node speaks.
type ServersWords struct {
	Blocked, BlockedText string
	Allowed, AllowedText string
	More                 string
}

func englishServers() ServersWords {
	return ServersWords{
		Blocked: "Blocked servers", BlockedText: "Nothing is taken from these servers and those below them, and nothing is sent to them.",
		Allowed: "The only servers that are spoken with", AllowedText: "This server speaks with these and those below them, and with no others.",
		More: "The list is longer than what is shown here.",
	}
}

func germanServers() ServersWords {
	return ServersWords{
		Blocked: "Gesperrte Server", BlockedText: "Von diesen Servern und denen unter ihnen wird nichts angenommen, und ihnen wird nichts geschickt.",
		Allowed: "Die einzigen Server, mit denen gesprochen wird", AllowedText: "Dieser Server spricht mit diesen und denen unter ihnen, und mit keinen anderen.",
		More: "Die Liste ist länger, als hier gezeigt wird.",
	}
}
