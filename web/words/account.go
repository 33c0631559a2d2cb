package words

// AccountWords is the part of the catalogue about having an account.
type AccountWords struct {
	SignIn, SignOut, Join, Account, Settings string
	AccountMenu                              string
	Faulty                                   string
	SettingsTabs                             string
	TabReading, TabProfile, TabAccount       string
	TabSessions                              string

	// Signing in.
	LoginName, Password, Remembered       string
	WrongLogin, TooManyTries, Forgot      string
	NoAccount                             string
	CodeHeading, CodeLead, Code, CodeHint string
	WrongCode                             string
	LapsedText                            string

	// Joining.
	JoinLead                                       Phrase // the node
	OldEnough                                      Phrase // how old, in years
	Name, NameHint, Email, EmailHint, PasswordHint string
	Agree, Trap                                    string
	JoinButton, JoinClosed, JoinClosedText         string
	SentHeading, SentText                          string
	LoggedHint                                     string
	ConfirmHeading, ConfirmText, ConfirmButton     string
	FirstHeading, FirstLead, FirstButton           string
	HeldNotice                                     string

	// Passwords.
	ResetHeading, ResetLead, ResetButton, ResetSent string
	NewHeading, NewPassword, OldPassword            string
	ChangePassword, PasswordChanged                 string

	// Letters.
	JoinSubject, JoinLetter   Phrase // the node; the link follows
	ResetSubject, ResetLetter Phrase
	EmailSubject, EmailLetter Phrase
	IgnoreLetter              string

	// Sessions.
	SessionsLead, ThisSession, EndSession, EndOthers string
	SessionEnded, UnknownBrowser, Since              string

	// The second factor.
	Factor, FactorOff, FactorOn, FactorStart, FactorEnd string
	FactorLead, FactorSecret, FactorConfirm             string
	FactorPicture                                       string
	FactorEnded, RecoveryHeading, RecoveryLead          string
	RecoveryDone                                        string

	// The address.
	ChangeEmail, EmailNow, EmailSent, EmailChanged string

	// How to read.
	Saved, Save                               string
	Theme, ThemeAuto, ThemeLight, ThemeDark   string
	Density, Cards, Compact                   string
	TextSize, TextSmall, TextUsual, TextLarge string
	PageLanguage, LanguageAuto                string
	Feed, FeedSubscribed, FeedLocal, FeedAll  string
	SortPosts                                 string
	Sensitive, SensitiveBlur, SensitiveShow   string
	SensitiveHide                             string
	ReadPosts, ReadGrey, ReadShow, ReadHide   string
	Keywords, KeywordsHint                    string
	PostLanguages, PostLanguagesHint          string

	// What others see.
	DisplayName, Bio, BioHint      string
	LinksHint                      string
	LinkLabel, LinkURL             Phrase // a number
	BotLabel, BotHint              string
	Indexable, IndexableHint       string
	Discoverable, DiscoverableHint string
	ProfileSaved                   string
}

func englishAccount() AccountWords {
	return AccountWords{
		SignIn: "Sign in", SignOut: "Sign out", Join: "Create account", Account: "Account", Settings: "Settings", AccountMenu: "Your account",
		Faulty: "Not done yet. Please look at:", SettingsTabs: "Settings", TabReading: "Reading", TabProfile: "Profile", TabAccount: "Account", TabSessions: "Sessions",

		LoginName: "Name or e-mail address", Password: "Password", Remembered: "You stay signed in on this device until you sign out.",
		WrongLogin: "That name and password do not belong together.", TooManyTries: "Too many attempts. Please wait ten minutes, or choose another password by e-mail.", Forgot: "Forgot the password?",
		NoAccount: "No account yet?", CodeHeading: "One more step", CodeLead: "Enter the code that your authenticator shows now.", Code: "Code", CodeHint: "Six digits, or one of your recovery codes.",
		WrongCode: "That code is wrong, or was used already.", LapsedText: "You are no longer signed in. What you wrote is still here: open another tab, sign in there, then send it again.",

		JoinLead: "An account on %s lets you post, answer, vote and join communities on any server of the fediverse.",
		Name:     "Name", NameHint: "2 to 20 of a–z, 0–9 and _. It is part of your address and can never be changed.",
		Email: "E-mail address", EmailHint: "Only for signing in and for a new password. Nobody sees it.", PasswordHint: "At least 10 characters. A few words are better than a few signs.",
		OldEnough: "I am at least %s years old.", Agree: "I have read the terms and the privacy notice.", Trap: "Leave this empty",
		JoinButton: "Create account", JoinClosed: "No new accounts", JoinClosedText: "Whoever runs this server lets nobody join just now. You can take part from any other server: each community shows how.",
		SentHeading: "Look into your mail", SentText: "If that address can be used here, a letter with a link is on its way. The link works for one day.", LoggedHint: "This server sends no mail, so ask whoever runs it: the letter is in its log.",
		ConfirmHeading: "Confirm your address", ConfirmText: "One click, and the account is there.", ConfirmButton: "Create the account",
		FirstHeading: "The first admin", FirstLead: "This node has nobody yet who looks after it. Whoever fills this in does.", FirstButton: "Begin",
		HeldNotice: "What you wrote is shown once an admin has released it. From then on, what you write is shown at once.",

		ResetHeading: "Another password", ResetLead: "Enter your name or e-mail address. If an account with an address belongs to it, a link is sent there.", ResetButton: "Send a link",
		ResetSent:  "If there is such an account, a letter with a link is on its way. The link works for one hour.",
		NewHeading: "Choose a password", NewPassword: "New password", OldPassword: "Present password", ChangePassword: "Change the password", PasswordChanged: "The password is changed. All other sessions are ended.",

		JoinSubject: "Your account on %s", JoinLetter: "Somebody, hopefully you, wants an account on %s with this address. To create it, open:",
		ResetSubject: "Another password for %s", ResetLetter: "Somebody, hopefully you, asked for another password on %s. To choose one, open:",
		EmailSubject: "Your address on %s", EmailLetter: "Somebody, hopefully you, wants to use this address for their account on %s. To confirm it, open:",
		IgnoreLetter: "If that was not you, do nothing: without the link nothing happens.",

		SessionsLead: "Where you are signed in. Network address and browser are forgotten after a week.", ThisSession: "this one", EndSession: "End", EndOthers: "End all others",
		SessionEnded: "Ended.", UnknownBrowser: "A browser", Since: "since",

		Factor: "Second factor", FactorOff: "Signing in asks for the password alone. With a second factor it also asks for a code of an authenticator on your phone.", FactorOn: "Signing in asks for a code of your authenticator.",
		FactorStart: "Set up a second factor", FactorEnd: "Turn off the second factor", FactorLead: "Add this to your authenticator by the picture or by the key, then enter the code that it shows.",
		FactorPicture: "QR code with the key", FactorSecret: "Key", FactorConfirm: "Turn it on", FactorEnded: "The second factor is off.", RecoveryHeading: "Recovery codes",
		RecoveryLead: "The second factor is on. Keep these codes where you find them without your phone: each lets you in once. They are not shown again.", RecoveryDone: "I have kept them",

		ChangeEmail: "Change the e-mail address", EmailNow: "Present address:", EmailSent: "A letter with a link is on its way to the new address.", EmailChanged: "The address is changed.",

		Saved: "Saved.", Save: "Save",
		Theme: "Colours", ThemeAuto: "As the device", ThemeLight: "Light", ThemeDark: "Dark", Density: "Lists", Cards: "Cards", Compact: "Compact",
		TextSize: "Text", TextSmall: "Small", TextUsual: "Usual", TextLarge: "Large", PageLanguage: "Language of the pages", LanguageAuto: "As the browser",
		Feed: "The front page shows", FeedSubscribed: "What I joined", FeedLocal: "Communities of this server", FeedAll: "Everything", SortPosts: "Order of posts",
		Sensitive: "Sensitive posts", SensitiveBlur: "Behind a cover", SensitiveShow: "Shown", SensitiveHide: "Left out",
		ReadPosts: "Posts I have read", ReadGrey: "Greyed", ReadShow: "Shown like others", ReadHide: "Left out",
		Keywords: "Words I do not want to read", KeywordsHint: "One a line. Posts with one of them in the title or at the beginning of the text are left out, and counted.",
		PostLanguages: "Languages I read", PostLanguagesHint: "Codes such as en, de, fr, separated by spaces. Empty means all; posts that name no language are always shown.",

		DisplayName: "Display name", Bio: "About you", BioHint: "Markdown.", LinksHint: "Up to four pages of yours. Mastodon marks those as proven that link back here.", LinkLabel: "Link %s is called", LinkURL: "Link %s leads to", BotLabel: "This account is a bot", BotHint: "Others see a label. Bots cannot vote.",
		Indexable: "What I write may be found by its words", IndexableHint: "Here and on servers that respect the wish.", Discoverable: "My account may be suggested and listed", DiscoverableHint: "Otherwise it is found only by its whole name.",
		ProfileSaved: "Saved. Other servers are told.",
	}
}

func germanAccount() AccountWords {
	return AccountWords{ //nolint:gosec // what the fields are called, not what is in them
		SignIn: "Anmelden", SignOut: "Abmelden", Join: "Konto anlegen", Account: "Konto", Settings: "Einstellungen", AccountMenu: "Dein Konto",
		Faulty: "Noch nicht erledigt. Bitte ansehen:", SettingsTabs: "Einstellungen", TabReading: "Lesen", TabProfile: "Profil", TabAccount: "Zugang", TabSessions: "Sitzungen",

		LoginName: "Name oder E-Mail-Adresse", Password: "Passwort", Remembered: "Du bleibst auf diesem Gerät angemeldet, bis du dich abmeldest.",
		WrongLogin: "Name und Passwort gehören nicht zusammen.", TooManyTries: "Zu viele Versuche. Bitte zehn Minuten warten, oder per E-Mail ein anderes Passwort wählen.", Forgot: "Passwort vergessen?",
		NoAccount: "Noch kein Konto?", CodeHeading: "Noch ein Schritt", CodeLead: "Gib den Code ein, den deine Authenticator-App gerade zeigt.", Code: "Einmalcode", CodeHint: "Sechs Ziffern, oder einer deiner Wiederherstellungscodes.",
		WrongCode: "Dieser Code ist falsch oder schon benutzt.", LapsedText: "Du bist nicht mehr angemeldet. Dein Text ist noch da: Melde dich in einem anderen Tab an und sende ihn dann noch einmal.",

		JoinLead: "Mit einem Konto auf %s kannst du schreiben, antworten, abstimmen und Communitys auf jedem Server des Fediverse beitreten.",
		Name:     "Benutzername", NameHint: "2 bis 20 Zeichen aus a–z, 0–9 und _. Er ist Teil deiner Adresse und kann nie geändert werden.",
		Email: "E-Mail-Adresse", EmailHint: "Nur zum Anmelden und für ein neues Passwort. Niemand sieht sie.", PasswordHint: "Mindestens 10 Zeichen. Ein paar Wörter sind besser als ein paar Sonderzeichen.",
		OldEnough: "Ich bin mindestens %s Jahre alt.", Agree: "Ich habe die Bedingungen und den Datenschutz gelesen.", Trap: "Hier nichts eintragen",
		JoinButton: "Konto anlegen", JoinClosed: "Keine neuen Konten", JoinClosedText: "Auf diesem Server kann gerade niemand ein Konto anlegen. Du kannst von jedem anderen Server aus mitmachen: Jede Community zeigt, wie.",
		SentHeading: "Sieh in deine Post", SentText: "Wenn diese Adresse hier benutzt werden kann, ist ein Brief mit einem Link unterwegs. Der Link gilt einen Tag.", LoggedHint: "Dieser Server verschickt keine E-Mail; frag also, wer ihn betreibt: Der Brief steht im Protokoll.",
		ConfirmHeading: "Adresse bestätigen", ConfirmText: "Ein Klick, und das Konto ist da.", ConfirmButton: "Das Konto anlegen",
		FirstHeading: "Die erste Administration", FirstLead: "Um diesen Server kümmert sich noch niemand. Wer dies ausfüllt, tut es.", FirstButton: "Anfangen",
		HeldNotice: "Was du geschrieben hast, erscheint, sobald die Administration es freigegeben hat. Von da an erscheint gleich, was du schreibst.",

		ResetHeading: "Ein anderes Passwort", ResetLead: "Gib deinen Namen oder deine E-Mail-Adresse ein. Gehört dazu ein Konto mit Adresse, geht dorthin ein Link.", ResetButton: "Link schicken",
		ResetSent:  "Wenn es ein solches Konto gibt, ist ein Brief mit einem Link unterwegs. Der Link gilt eine Stunde.",
		NewHeading: "Passwort wählen", NewPassword: "Neues Passwort", OldPassword: "Jetziges Passwort", ChangePassword: "Passwort ändern", PasswordChanged: "Das Passwort ist geändert. Alle anderen Sitzungen sind beendet.",

		JoinSubject: "Dein Konto auf %s", JoinLetter: "Jemand, hoffentlich du, möchte mit dieser Adresse ein Konto auf %s. Um es anzulegen, öffne:",
		ResetSubject: "Ein anderes Passwort für %s", ResetLetter: "Jemand, hoffentlich du, hat auf %s ein anderes Passwort verlangt. Um eines zu wählen, öffne:",
		EmailSubject: "Deine Adresse auf %s", EmailLetter: "Jemand, hoffentlich du, möchte diese Adresse für das eigene Konto auf %s benutzen. Um sie zu bestätigen, öffne:",
		IgnoreLetter: "Warst du das nicht, dann tu nichts: Ohne den Link geschieht nichts.",

		SessionsLead: "Wo du angemeldet bist. Netzadresse und Browser werden nach einer Woche vergessen.", ThisSession: "diese hier", EndSession: "Beenden", EndOthers: "Alle anderen beenden",
		SessionEnded: "Beendet.", UnknownBrowser: "Irgendein Browser", Since: "seit",

		Factor: "Zweiter Faktor", FactorOff: "Beim Anmelden wird nur das Passwort verlangt. Mit einem zweiten Faktor auch ein Code einer Authenticator-App auf deinem Telefon.", FactorOn: "Beim Anmelden wird ein Code deiner Authenticator-App verlangt.",
		FactorStart: "Zweiten Faktor einrichten", FactorEnd: "Zweiten Faktor abschalten", FactorLead: "Füge dies deiner Authenticator-App mit dem Bild oder dem Schlüssel hinzu, und gib dann den Code ein, den sie zeigt.",
		FactorPicture: "QR-Code mit dem Schlüssel", FactorSecret: "Schlüssel", FactorConfirm: "Einschalten", FactorEnded: "Der zweite Faktor ist abgeschaltet.", RecoveryHeading: "Wiederherstellungscodes",
		RecoveryLead: "Der zweite Faktor ist eingeschaltet. Bewahre diese Codes dort auf, wo du sie ohne dein Telefon findest: Jeder lässt dich einmal ein. Sie werden nicht wieder gezeigt.", RecoveryDone: "Ich habe sie aufbewahrt",

		ChangeEmail: "E-Mail-Adresse ändern", EmailNow: "Jetzige Adresse:", EmailSent: "Ein Brief mit einem Link ist an die neue Adresse unterwegs.", EmailChanged: "Die Adresse ist geändert.",

		Saved: "Gespeichert.", Save: "Speichern",
		Theme: "Farben", ThemeAuto: "Wie das Gerät", ThemeLight: "Hell", ThemeDark: "Dunkel", Density: "Listen", Cards: "Karten", Compact: "Kompakt",
		TextSize: "Schrift", TextSmall: "Klein", TextUsual: "Üblich", TextLarge: "Groß", PageLanguage: "Sprache der Seiten", LanguageAuto: "Wie der Browser",
		Feed: "Die erste Seite zeigt", FeedSubscribed: "Meine Communitys", FeedLocal: "Communitys dieses Servers", FeedAll: "Alles", SortPosts: "Reihenfolge der Beiträge",
		Sensitive: "Heikle Beiträge", SensitiveBlur: "Verdeckt", SensitiveShow: "Gezeigt", SensitiveHide: "Ausgelassen",
		ReadPosts: "Gelesene Beiträge", ReadGrey: "Grau", ReadShow: "Wie andere gezeigt", ReadHide: "Ausgelassen",
		Keywords: "Wörter, die ich nicht lesen möchte", KeywordsHint: "Eines je Zeile. Beiträge mit einem davon im Titel oder am Anfang des Textes werden ausgelassen und gezählt.",
		PostLanguages: "Sprachen, die ich lese", PostLanguagesHint: "Kürzel wie en, de, fr, durch Leerzeichen getrennt. Leer heißt alle; Beiträge ohne Sprachangabe erscheinen immer.",

		DisplayName: "Anzeigename", Bio: "Über dich", BioHint: "Markdown.", LinksHint: "Bis zu vier Seiten von dir. Mastodon kennzeichnet die als bestätigt, die hierher zurück verweisen.", LinkLabel: "Verweis %s heißt", LinkURL: "Verweis %s führt zu", BotLabel: "Dieses Konto ist ein Bot", BotHint: "Andere sehen eine Kennzeichnung. Bots können nicht abstimmen.",
		Indexable: "Was ich schreibe, darf nach seinen Wörtern gefunden werden", IndexableHint: "Hier und auf Servern, die den Wunsch achten.", Discoverable: "Mein Konto darf vorgeschlagen und aufgelistet werden", DiscoverableHint: "Sonst findet man es nur mit dem ganzen Namen.",
		ProfileSaved: "Gespeichert. Andere Server erfahren es.",
	}
}
