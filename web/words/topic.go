package words

// TopicWords is the part of the catalogue about hashtags, the tags that communities have
// for posts, emoji under posts, and what is quoted.
type TopicWords struct {
	Tags, Reactions  string
	Heading          Phrase // the hashtag
	In               Phrase // the community of a tag
	Hint             string
	Quoted           Phrase // by whom
	QuotedLink       string
	Quote            string // to quote it
	QuoteWaits       string
	QuoteDeclined    string
	AnswerWaits      string // of an answer, to who wrote it
	AnswerDeclined   string
	AnswersAsk       string // before one is written
	NoAnswers        string
	React, Unreact   string
	ReactHeading     string
	ReactTo          Phrase // what; of whom
	ReactHint        string
	ChooseEmoji      string
	OtherEmoji       string
	OwnEmoji         string // those of this node
	OwnEmojiHint     string
	PostTags         string // a field: those of a community
	PostTagsHint     string
	Choose           string // a field: those of a post
	ModerateTags     string
	ModerateTagsHint string
}

func englishTopic() TopicWords {
	return TopicWords{
		Tags: "Tags", Reactions: "Reactions", Heading: "Posts with #%s", In: "A tag of %s",
		Hint:   "Posts of all communities known here, the newest first.",
		Quoted: "Quoted: %s", QuotedLink: "Quotes something at",
		Quote: "Quote", QuoteWaits: "It is shown here once its author agrees.", QuoteDeclined: "Its author does not want to be quoted.",
		AnswerWaits: "Waits for approval", AnswerDeclined: "Not approved",
		AnswersAsk: "Whoever wrote this approves answers one by one. Until they approve yours it is shown here, and may be missing on other servers.", NoAnswers: "Whoever wrote this takes no answers to it.",
		React: "React", Unreact: "Take it back", ReactHeading: "React with an emoji", ReactTo: "Reaction to %s", ChooseEmoji: "Choose one", OtherEmoji: "Or another emoji",
		OwnEmoji: "Emoji of this server", OwnEmojiHint: "Who lives here writes them by their names in posts, comments, messages and profiles.",
		ReactHint: "It counts as a vote up. Other servers and their admins see who reacted, and with what.",
		PostTags:  "Tags for posts", PostTagsHint: "One to a line, at most 50. Whoever posts can choose some of them. A number from 1 to 10 behind a comma picks the colour: News, 3.",
		Choose: "Tags of the community", ModerateTags: "Change the tags", ModerateTagsHint: "Other servers learn of it too; of a post by somebody of another server when its author next changes it.",
	}
}

func germanTopic() TopicWords {
	return TopicWords{
		Tags: "Schlagworte", Reactions: "Reaktionen", Heading: "Beiträge mit #%s", In: "Ein Schlagwort von %s",
		Hint:   "Beiträge aller hier bekannten Communitys, die neuesten zuerst.",
		Quoted: "Zitiert: %s", QuotedLink: "Zitiert etwas auf",
		Quote: "Zitieren", QuoteWaits: "Es wird hier gezeigt, sobald zustimmt, wer es geschrieben hat.", QuoteDeclined: "Wer es geschrieben hat, will nicht zitiert werden.",
		AnswerWaits: "Wartet auf Zustimmung", AnswerDeclined: "Nicht zugestimmt",
		AnswersAsk: "Wer das geschrieben hat, stimmt Antworten einzeln zu. Bis dahin steht deine hier und fehlt vielleicht auf anderen Servern.", NoAnswers: "Wer das geschrieben hat, nimmt keine Antworten darauf an.",
		React: "Reagieren", Unreact: "Zurücknehmen", ReactHeading: "Mit einem Emoji reagieren", ReactTo: "Reaktion auf %s", ChooseEmoji: "Eines wählen", OtherEmoji: "Oder ein anderes Emoji",
		OwnEmoji: "Emojis dieses Servers", OwnEmojiHint: "Wer hier ein Konto hat, schreibt sie mit ihren Namen in Beiträge, Kommentare, Nachrichten und ins Profil.",
		ReactHint: "Es zählt als Stimme dafür. Andere Server und ihre Administration sehen, wer womit reagiert hat.",
		PostTags:  "Schlagworte für Beiträge", PostTagsHint: "Eines je Zeile, höchstens 50. Wer einen Beitrag schreibt, kann einige davon wählen. Eine Zahl von 1 bis 10 hinter einem Komma bestimmt die Farbe: Neues, 3.",
		Choose: "Schlagworte der Community", ModerateTags: "Schlagworte ändern", ModerateTagsHint: "Andere Server erfahren es auch; bei einem Beitrag von einem anderen Server dann, wenn er das nächste Mal von der Person geändert wird, die ihn geschrieben hat.",
	}
}
