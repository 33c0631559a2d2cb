package words

// WriteWords is the part of the catalogue about writing.
type WriteWords struct {
	NewPost, Post, Answer, Change         string
	ChangeHint                            string
	Community, CommunityHint              string
	Title, Link, LinkHint, Text, TextHint string
	Language, NoLanguage                  string
	SensitiveHint, WarningHint            string
	Preview, PreviewHeading               string
	Draft, DraftSaved, Continued          string
	Answering                             Phrase // whom, or which post
	HeldHeading                           string
	YourAnswer                            string
	Pictures, PicturesHint, Attach        string
	Alt, AltHint, DropPicture, Describe   string
	Picture, PictureHint, NoPicture       string // of a profile or community
	Banner, BannerHint, NoBanner          string
	RulesOf                               Phrase // a community
	Posted                                string // what follows are posts with the same link

	Tools, Bold, Italic, Struck, Linked, Quoted string
	List, Numbers, Heading, Code, Spoiler       string
}

// HistoryWords is the part of the catalogue about what was said before an edit.
type HistoryWords struct{ Heading, Now, Then, Unknown string }

func englishHistory() HistoryWords {
	return HistoryWords{
		Heading: "What was written, and when", Now: "Now, since", Then: "From",
		Unknown: "What it said before is not known here: it was edited before it came, or has never been.",
	}
}

func germanHistory() HistoryWords {
	return HistoryWords{
		Heading: "Was wann dastand", Now: "Jetzt, seit", Then: "Ab",
		Unknown: "Was vorher dastand, ist hier nicht bekannt: Es wurde bearbeitet, ehe es hierher kam, oder noch nie.",
	}
}

func englishWrite() WriteWords {
	return WriteWords{
		NewPost: "New post", Post: "Post", Answer: "Answer", Change: "Edit", ChangeHint: "What it said before can still be read by everybody, until you delete it.",
		Community: "Community", CommunityHint: "Its name, with @ and its server if it lives elsewhere: gardening, or gardening@forum.example.",
		Title: "Title", Link: "Link", LinkHint: "What the post is about, if that is a page of the web.", Text: "Text", TextHint: "Markdown.",
		Language: "Language", NoLanguage: "Not said", SensitiveHint: "Shown behind a cover.", WarningHint: "Says what is behind the cover. May be left empty.",
		Preview: "Preview", PreviewHeading: "Preview", Draft: "Keep as draft", DraftSaved: "Kept. You find it here again whenever you come back.", Continued: "You began this earlier; here it is.",
		Answering: "To %s", HeldHeading: "Waiting for release", YourAnswer: "Your answer", Pictures: "Pictures", PicturesHint: "JPEG, PNG, GIF or WebP, up to 16 MiB each, four at a time. Where and with what they were taken is not kept.", Attach: "Add pictures",
		Alt: "Description", AltHint: "For those who do not see it.", DropPicture: "Leave it out", Picture: "Picture", PictureHint: "Shown as a square. JPEG, PNG, GIF or WebP, up to 16 MiB.", NoPicture: "Have no picture", Banner: "Banner", BannerHint: "A wide picture above the page, four times as wide as high.", NoBanner: "Have no banner", RulesOf: "Rules of %s", Describe: "Here are your pictures. Describe them for those who do not see them.",
		Posted: "This link was posted already:",
		Tools:  "Formatting", Bold: "Bold", Italic: "Italic", Struck: "Struck through", Linked: "Link", Quoted: "Quote", List: "List", Numbers: "Numbered list", Heading: "Heading", Code: "Code", Spoiler: "Spoiler",
	}
}

func germanWrite() WriteWords {
	return WriteWords{
		NewPost: "Neuer Beitrag", Post: "Veröffentlichen", Answer: "Antwort", Change: "Bearbeiten", ChangeHint: "Was vorher dastand, können weiterhin alle lesen, bis du es löschst.",
		Community: "Community", CommunityHint: "Ihr Name, mit @ und ihrem Server, wenn sie anderswo lebt: garten, oder garten@forum.example.",
		Title: "Titel", Link: "Adresse", LinkHint: "Worum es geht, wenn das eine Seite im Netz ist.", Text: "Inhalt", TextHint: "In Markdown.",
		Language: "Sprache", NoLanguage: "Nicht angegeben", SensitiveHint: "Wird verdeckt gezeigt.", WarningHint: "Sagt, was verdeckt ist. Kann leer bleiben.",
		Preview: "Vorschau", PreviewHeading: "So sieht es aus", Draft: "Als Entwurf behalten", DraftSaved: "Behalten. Du findest es hier wieder, wann immer du zurückkommst.", Continued: "Das hast du früher begonnen; hier ist es.",
		Answering: "An %s", HeldHeading: "Wartet auf Freigabe", YourAnswer: "Deine Antwort", Pictures: "Bilder", PicturesHint: "JPEG, PNG, GIF oder WebP, je bis zu 16 MiB, vier auf einmal. Wo und womit sie aufgenommen wurden, wird nicht behalten.", Attach: "Bilder hinzufügen",
		Alt: "Beschreibung", AltHint: "Für alle, die es nicht sehen.", DropPicture: "Weglassen", Picture: "Bild", PictureHint: "Wird quadratisch gezeigt. JPEG, PNG, GIF oder WebP, bis zu 16 MiB.", NoPicture: "Kein Bild haben", Banner: "Banner", BannerHint: "Ein breites Bild über der Seite, viermal so breit wie hoch.", NoBanner: "Kein Banner haben", RulesOf: "Regeln von %s", Describe: "Hier sind deine Bilder. Beschreibe sie für alle, die sie nicht sehen.",
		Posted: "Diese Adresse wurde schon gepostet:",
		Tools:  "Formatierung", Bold: "Fett", Italic: "Kursiv", Struck: "Durchgestrichen", Linked: "Verweis", Quoted: "Zitat", List: "Liste", Numbers: "Nummerierte Liste", Heading: "Überschrift", Code: "Quelltext", Spoiler: "Spoiler",
	}
}
