package words

// DirectoryWords is the part of the catalogue about communities of all servers: the
// directory, the lists of other servers, and what an empty node offers.
type DirectoryWords struct {
	BySubscribers, ByActivity, ByServer           string
	Subscribers, Active                           Plural
	Find, Words, Server, Language, Any, Sensitive string
	Search, NoneFound, NoneHint, Elsewhere        string
	Joined, Asking, Asked                         string
	OnlyListed                                    string // of a community that only its server's list has told of
	// Looking at the lists of other servers, for admins.
	Servers, ServersLead, Host, HostHint, LookAt string
	Again, Forget                                string
	Reading, Found                               Plural // communities of a list
	Nothing, Away, Blocked, NoList, Foreign      string
	NoServers, See                               string
	// The front page of a node that is empty, and of somebody who reads nothing yet.
	Welcome, WelcomeText, WelcomeJoin             string
	AdminLead, AdminFound, AdminLook, AdminLookAt string
	OfferHeading, OfferHint, JoinChosen           string
	BeginHint, LookHeading, LookHint              string
	Filling, FillingText                          string
}

func englishDirectory(n func(one, other string) Plural) DirectoryWords {
	return DirectoryWords{
		BySubscribers: "By subscribers", ByActivity: "By activity", ByServer: "By server",
		Subscribers: n("%d subscriber", "%d subscribers"), Active: n("%d active in a month", "%d active in a month"),
		Find: "Find communities", Words: "Name or subject", Server: "Server", Language: "Language", Any: "Any", Sensitive: "Sensitive ones too",
		Search: "Find", NoneFound: "No community like that is known here", NoneHint: "A whole name such as !name@host brings it here from its server.", Elsewhere: "Look for it with the search",
		Joined: "Joined", Asking: "Looking for it at its server", Asked: "What you are joining",
		OnlyListed: "Not here yet",
		Servers:    "Communities of other servers", ServersLead: "The public list of communities of a server is read in the background, the first 500 of them, and again every week. What stands in it can then be found and joined by everybody here. Only admins have lists read, since their order and numbers are what that server says.",
		Host: "Server", HostHint: "Its name, such as forum.example.", LookAt: "See what it has", Again: "Try again", Forget: "Forget",
		Reading: n("Its list is being read: %d community so far", "Its list is being read: %d communities so far"), Found: n("%d community", "%d communities"),
		Nothing: "There is nothing like that.", Away: "The server does not answer. Try again later.", Blocked: "This server does not speak with that one.",
		NoList: "No list is known of the software that it runs. Its communities can be found by their whole names.", Foreign: "What it has there is no list that this server can read.",
		NoServers: "No list has been read yet.", See: "Show its communities",
		Welcome: "Nothing has been posted here yet", WelcomeText: "This is a place for communities and their conversations, connected to many other servers. It is new: come back in a while, or look at the communities.",
		WelcomeJoin: "Have an account here",
		AdminLead:   "This server is new. Make a community of its own, or bring some here from other servers.", AdminFound: "Make a community",
		AdminLook: "How to begin", AdminLookAt: "Nothing is asked of a server until you press its button.",
		OfferHeading: "Communities to join", OfferHint: "Those that most have subscribed to. What was said in them before comes here as soon as you join.", JoinChosen: "Join those chosen",
		BeginHint:   "Some of other servers, to begin with. Nothing is asked of these before you join.",
		LookHeading: "Communities to look at", LookHint: "Whatever you open is brought here from its server, if nobody here has read it yet.",
		Filling: "Your communities are being filled", FillingText: "What was said in them before is on its way from their servers. This page loads itself again.",
	}
}

func germanDirectory(n func(one, other string) Plural) DirectoryWords {
	return DirectoryWords{
		BySubscribers: "Nach Abonnements", ByActivity: "Nach Aktivität", ByServer: "Nach Server",
		Subscribers: n("%d Abonnement", "%d Abonnements"), Active: n("%d im Monat aktiv", "%d im Monat aktiv"),
		Find: "Communitys finden", Words: "Name oder Thema", Server: "Server", Language: "Sprache", Any: "Egal", Sensitive: "Auch heikle",
		Search: "Finden", NoneFound: "So eine Community ist hier nicht bekannt", NoneHint: "Ein ganzer Name wie !name@host holt sie von ihrem Server hierher.", Elsewhere: "Mit der Suche danach suchen",
		Joined: "Beigetreten", Asking: "Wird auf ihrem Server gesucht", Asked: "Dein Beitritt läuft",
		OnlyListed: "Noch nicht hier",
		Servers:    "Communitys anderer Server", ServersLead: "Die öffentliche Liste der Communitys eines Servers wird im Hintergrund gelesen, die ersten 500 davon, und jede Woche wieder. Was darin steht, können dann alle hier finden und ihm beitreten. Nur die Administration lässt Listen lesen, denn Reihenfolge und Zahlen sind die Angaben jenes Servers.",
		Host: "Server", HostHint: "Sein Name, etwa forum.example.", LookAt: "Ansehen, was er hat", Again: "Noch einmal versuchen", Forget: "Vergessen",
		Reading: n("Die Liste wird gelesen: bisher %d Community", "Die Liste wird gelesen: bisher %d Communitys"), Found: n("%d Community", "%d Communitys"),
		Nothing: "So etwas gibt es nicht.", Away: "Der Server antwortet nicht. Versuche es später noch einmal.", Blocked: "Dieser Server spricht nicht mit jenem.",
		NoList: "Von der Software, die dort läuft, ist keine Liste bekannt. Ihre Communitys findet man mit ihrem ganzen Namen.", Foreign: "Was dort steht, ist keine Liste, die dieser Server lesen kann.",
		NoServers: "Noch keine Liste wurde gelesen.", See: "Seine Communitys zeigen",
		Welcome: "Hier steht noch nichts", WelcomeText: "Dies ist ein Ort für Communitys und ihre Gespräche, verbunden mit vielen anderen Servern. Er ist neu: Schau in einer Weile wieder vorbei, oder sieh dir die Communitys an.",
		WelcomeJoin: "Hier ein Konto haben",
		AdminLead:   "Dieser Server ist neu. Gründe eine eigene Community, oder hole welche von anderen Servern hierher.", AdminFound: "Community gründen",
		AdminLook: "So fängt es an", AdminLookAt: "Kein Server wird gefragt, bevor du auf seinen Knopf drückst.",
		OfferHeading: "Communitys zum Beitreten", OfferHint: "Die mit den meisten Abonnements. Was in ihnen bisher gesagt wurde, kommt hierher, sobald du beitrittst.", JoinChosen: "Den ausgewählten beitreten",
		BeginHint:   "Einige anderer Server für den Anfang. Diese werden nichts gefragt, bevor du beitrittst.",
		LookHeading: "Communitys zum Ansehen", LookHint: "Was du öffnest, wird von seinem Server hierher geholt, wenn es hier noch niemand gelesen hat.",
		Filling: "Deine Communitys füllen sich", FillingText: "Was in ihnen bisher gesagt wurde, ist auf dem Weg von ihren Servern. Diese Seite lädt sich selbst neu.",
	}
}
