package words

// ReportWords is the part of the catalogue about reports, beside what those who moderate
// read.
type ReportWords struct {
	Resolve, Open        string
	Resolved, ThisServer string
	ActorHint            string
	ActorText            string
}

func englishReport() ReportWords {
	return ReportWords{
		Resolve: "Mark the reports as dealt with", Open: "Reports", Resolved: "What you reported has been dealt with", ThisServer: "this server",
		ActorHint: "Those who run this server read it, and those of its own server if that is another.",
		ActorText: "Thank you. Those who run the server have been told.",
	}
}

func germanReport() ReportWords {
	return ReportWords{
		Resolve: "Die Meldungen als erledigt vermerken", Open: "Meldungen", Resolved: "Was du gemeldet hast, ist erledigt", ThisServer: "dieser Server",
		ActorHint: "Es lesen die, die diesen Server betreiben, und die des eigenen Servers, wenn das ein anderer ist.",
		ActorText: "Danke. Wer den Server betreibt, weiß nun davon.",
	}
}
