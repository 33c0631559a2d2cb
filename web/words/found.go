package words

// FoundWords is the part of the catalogue about making and keeping communities.
type FoundWords struct {
	New, Create                      string
	Name, NameHint, Title            string
	Summary, SummaryHint             string
	Rules, RulesHint                 string
	LanguageHint                     string
	Untitled, UntitledHint           string
	Sensitive, SensitiveHint         string
	Restricted, RestrictedHint       string
	Edit, Saved                      string
	Moderators, Appoint, AppointHint string
	Person, Dismiss                  string
	Alone                            string
	Elsewhere, Asked                 Phrase // the server on which it lives
}

func englishFound() FoundWords {
	return FoundWords{
		New: "New community", Create: "Create", Name: "Name", NameHint: "2 to 20 of a–z, 0–9 and _. It is part of its address, never changes, and is never free again.",
		Title: "Title", Summary: "Description", SummaryHint: "Markdown. Everybody sees it beside the posts, on other servers too.",
		Rules: "Rules", RulesHint: "Markdown. Shown beside the posts and to whoever begins one; on other servers they stand below the description.",
		LanguageHint: "In which people write here.", Untitled: "Posts need no title", UntitledHint: "As in a chat: what has none is called by its first words.",
		Sensitive: "Sensitive", SensitiveHint: "What is posted here is not for everybody's eyes.",
		Restricted: "Only moderators post", RestrictedHint: "Everybody can still answer and vote.",
		Edit: "Edit the community", Saved: "Saved. Other servers are told.",
		Moderators: "Moderators", Appoint: "Make a moderator", AppointHint: "name, or name@server. They must be known here: have followed, written or voted.",
		Person: "Who", Dismiss: "Dismiss", Alone: "Nobody moderates this community yet.",
		Elsewhere: "This community lives on %s. What you save is sent there, and that server decides; here it shows once it says so itself.", Asked: "Sent to %s, which decides.",
	}
}

func germanFound() FoundWords {
	return FoundWords{
		New: "Neue Community", Create: "Anlegen", Name: "Name", NameHint: "2 bis 20 aus a–z, 0–9 und _. Er gehört zur Adresse, ändert sich nie und wird nie wieder frei.",
		Title: "Titel", Summary: "Beschreibung", SummaryHint: "Markdown. Steht für alle neben den Beiträgen, auch auf anderen Servern.",
		Rules: "Regeln", RulesHint: "Markdown. Stehen neben den Beiträgen und vor allen, die einen beginnen; auf anderen Servern unter der Beschreibung.",
		LanguageHint: "In der hier geschrieben wird.", Untitled: "Beiträge brauchen keinen Titel", UntitledHint: "Wie in einem Chat: Was keinen hat, heißt nach seinen ersten Worten.",
		Sensitive: "Heikel", SensitiveHint: "Was hier steht, ist nicht für alle Augen.",
		Restricted: "Nur die Moderation schreibt Beiträge", RestrictedHint: "Antworten und abstimmen können alle.",
		Edit: "Community bearbeiten", Saved: "Gespeichert. Andere Server erfahren davon.",
		Moderators: "Moderation", Appoint: "In die Moderation berufen", AppointHint: "name oder name@server. Die Person muss hier bekannt sein: gefolgt sein, geschrieben oder abgestimmt haben.",
		Person: "Wer", Dismiss: "Entlassen", Alone: "Noch moderiert niemand diese Community.",
		Elsewhere: "Diese Community lebt auf %s. Was du speicherst, geht dorthin, und jener Server entscheidet; hier erscheint es, sobald er es selbst sagt.", Asked: "An %s geschickt; dort wird entschieden.",
	}
}
