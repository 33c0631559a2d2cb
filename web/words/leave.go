package words

// LeaveWords is the part of the catalogue about taking one's things and going.
type LeaveWords struct {
	Heading, What, Elsewhere, Final    string
	Name                               Phrase // what to type
	Do, Export, ExportText             string
	Gone, GoneText, Servers, Nobody    string
	Acknowledged, Waiting, Unreachable string
	Again                              string
}

func englishLeave() LeaveWords {
	return LeaveWords{
		Heading: "Delete your account", What: "Your profile, and every post and comment you wrote, are deleted. Their places stay in the conversations, empty.",
		Elsewhere: "Every server that has something of yours is told to delete it too. You will see which have acknowledged that; nobody can make them obey.",
		Final:     "This cannot be undone, and nobody can ever have your name again.",
		Name:      "To be sure, write your name: %s", Do: "Delete my account", Export: "Take everything with you first", ExportText: "All that is yours and all that you wrote, as one file: a ZIP of a JSON document and your pictures.",
		Gone: "Your account is deleted", GoneText: "What you wrote goes within the next minutes.", Servers: "What other servers say", Nobody: "No other server has anything of yours.",
		Acknowledged: "Acknowledged", Waiting: "Waiting", Unreachable: "Could not be reached", Again: "Look again",
	}
}

func germanLeave() LeaveWords {
	return LeaveWords{
		Heading: "Dein Konto löschen", What: "Dein Profil und alle Beiträge und Kommentare von dir werden gelöscht. Ihre Plätze in den Gesprächen bleiben, leer.",
		Elsewhere: "Jeder Server, der etwas von dir hat, bekommt gesagt, dass er es ebenfalls löschen soll. Du siehst, welche das bestätigt haben; zwingen kann sie niemand.",
		Final:     "Das lässt sich nicht rückgängig machen, und niemand kann deinen Namen je wieder haben.",
		Name:      "Schreib zur Sicherheit deinen Namen: %s", Do: "Mein Konto löschen", Export: "Vorher alles mitnehmen", ExportText: "Alles, was dir gehört und was du geschrieben hast, als eine Datei: ein ZIP mit einem JSON-Dokument und deinen Bildern.",
		Gone: "Dein Konto ist gelöscht", GoneText: "Was du geschrieben hast, verschwindet in den nächsten Minuten.", Servers: "Was andere Server sagen", Nobody: "Kein anderer Server hat etwas von dir.",
		Acknowledged: "Bestätigt", Waiting: "Steht aus", Unreachable: "War nicht zu erreichen", Again: "Noch einmal nachsehen",
	}
}
