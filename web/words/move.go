package words

// MoveWords is the part of the catalogue about accounts that move.
type MoveWords struct {
	MovedTo Phrase // on a profile: where to
	Moved   Phrase // among what somebody is told: who

	Heading, Here, HereText, OldAccount       string
	Away, AwayText, AwayAfter, AwayStays      string
	NewAccount, AccountHint, Look             string
	Claimed, Drop, FoundAccount, Mine, Cancel string
	MineText, NotNamed                        Phrase // the handle of the other account
	NameIt                                    Phrase // that of this one
	Again, Go, MovedText, ReturnText, Return  string
	Sure                                      Phrase // the handle of the new account
	MovedFar                                  Phrase // likewise, once it is done
}

func englishMove() MoveWords {
	return MoveWords{
		MovedTo: "This account has moved to %s", Moved: "%s has moved, and you follow the new account now",
		Heading: "Move to or from another account", Here: "Move here", OldAccount: "Your account elsewhere",
		HereText: "Say which accounts elsewhere are yours. Then have them move to this one, in the settings of their servers: who follows you there will follow you here. What you wrote there stays there.",
		Away:     "Move away", NewAccount: "Your new account",
		AwayText:    "First name this account in the settings of the new one, as an alias or under “moving from another account”. Then tell this server which one it is.",
		AwayAfter:   "Who follows you will follow the new account, as far as their servers take part. Lemmy and some others do not.",
		AwayStays:   "What you wrote stays here. This profile says where you are, and nothing new can be written with it until you take the move back. To move on to yet another account you must wait for seven days.",
		AccountHint: "@name@server, or the address of the profile.", Look: "Look for it",
		Claimed: "Accounts that are yours", Drop: "Take away", FoundAccount: "The account", Mine: "This is mine", Cancel: "Back",
		MineText: "Say that %s is yours only if it is: it can then move to this one. Everybody can see that you name it.",
		NotNamed: "%s does not name this account as its own.", NameIt: "In its settings, add %s as an alias, or this address:",
		Again: "Ask again", Go: "Move my account",
		Sure:       "%s names this account. You can move to it now.",
		MovedFar:   "This account has moved to %s",
		MovedText:  "It can be read, and you can delete what you wrote and change your profile, but not write.",
		ReturnText: "If you take that back you can go on here. Those who follow the new account already go on following it.", Return: "Take the move back",
	}
}

func germanMove() MoveWords {
	return MoveWords{
		MovedTo: "Dieses Konto ist umgezogen: %s", Moved: "%s ist umgezogen, und du folgst jetzt dem neuen Konto",
		Heading: "Umziehen, hierher oder fort", Here: "Hierher umziehen", OldAccount: "Dein Konto anderswo",
		HereText: "Sag, welche Konten anderswo dir gehören. Lass sie dann in den Einstellungen ihrer Server hierher umziehen: Wer dir dort folgt, folgt dir dann hier. Was du dort geschrieben hast, bleibt dort.",
		Away:     "Fortziehen", NewAccount: "Dein neues Konto",
		AwayText:    "Trag zuerst dieses Konto in den Einstellungen des neuen ein, als Alias oder unter „von einem anderen Konto umziehen“. Sag dann diesem Server, welches es ist.",
		AwayAfter:   "Wer dir folgt, folgt dann dem neuen Konto, soweit die Server mitmachen. Lemmy und manche andere tun das nicht.",
		AwayStays:   "Was du geschrieben hast, bleibt hier. Dieses Profil sagt, wo du bist, und du kannst damit nichts Neues schreiben, bis du den Umzug zurücknimmst. Zu noch einem anderen Konto kannst du erst nach sieben Tagen weiterziehen.",
		AccountHint: "@name@server, oder die Adresse des Profils.", Look: "Suchen",
		Claimed: "Konten, die dir gehören", Drop: "Wegnehmen", FoundAccount: "Das Konto", Mine: "Das ist meins", Cancel: "Zurück",
		MineText: "Nenne %s nur, wenn es deins ist: Es kann dann hierher umziehen. Alle können sehen, dass du es nennst.",
		NotNamed: "%s nennt dieses Konto nicht als seines.", NameIt: "Trag dort in den Einstellungen %s als Alias ein, oder diese Adresse:",
		Again: "Noch einmal fragen", Go: "Mein Konto umziehen",
		Sure:       "%s nennt dieses Konto. Du kannst jetzt dorthin umziehen.",
		MovedFar:   "Dieses Konto ist umgezogen zu %s",
		MovedText:  "Es lässt sich lesen, und du kannst löschen, was du geschrieben hast, und dein Profil ändern, aber nichts schreiben.",
		ReturnText: "Wenn du das zurücknimmst, kannst du hier weitermachen. Wer schon dem neuen Konto folgt, folgt ihm weiter.", Return: "Den Umzug zurücknehmen",
	}
}
