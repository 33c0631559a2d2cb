package activitypub

import "time"

var moment = NewTime(time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.UTC))

func followed() Follow {
	return Follow{ID: "https://l.example/f/1", Actor: "https://l.example/u/ann", Object: IRI("https://h.example/c/go")}
}

func fullGroup() Group {
	return Group{
		ID: "https://h.example/c/go", PreferredUsername: "go", Name: "Go", URL: "https://h.example/c/go", Summary: "<p>hi</p>",
		Source: Source{"hi", "text/markdown"}, Icon: Image{URL: "https://h.example/i.png", MediaType: "image/png"},
		Inbox: "https://h.example/c/go/inbox", Outbox: "https://h.example/c/go/outbox", Followers: "https://h.example/c/go/followers",
		Featured: "https://h.example/c/go/featured", AttributedTo: "https://h.example/c/go/moderators", Moderators: "https://h.example/c/go/moderators",
		Endpoints: Endpoints{"https://h.example/inbox"}, Discoverable: true, Indexable: true, Language: []Language{{"en", "English"}}, Published: moment,
		PublicKey: PublicKey{"https://h.example/c/go#main-key", "https://h.example/c/go", "-----BEGIN PUBLIC KEY-----\n"},
	}
}

func fullPage() Page {
	return Page{
		ID: "https://h.example/post/7", AttributedTo: "https://h.example/u/bob", To: IRIs{"https://h.example/c/go", Public}, Audience: "https://h.example/c/go",
		Name: "Title <b>", Content: "<p>a & b</p>", ContentMap: map[string]string{"en": "<p>a & b</p>"}, MediaType: "text/html", Source: Source{"a & b", "text/markdown"},
		URL: "https://h.example/post/7", Attachment: Attachments{Link{Href: "https://x.example/?a=1&b=2", MediaType: "text/html"}}, Image: Image{URL: "https://h.example/t.png"},
		Tag:             Tags{Mention{Href: "https://h.example/c/go", Name: "@go@h.example"}, Hashtag{Href: "https://h.example/t/x", Name: "#x"}},
		CommentsEnabled: true, Language: Language{"en", "English"}, Published: moment, Context: "https://h.example/post/7/context", Replies: "https://h.example/post/7/replies",
		InteractionPolicy: QuotesAllowed(),
	}
}

func fullQuestion() Page {
	q := fullPage()
	q.Type, q.EndTime, q.Closed, q.VotersCount = true, moment, moment, 3
	q.AnyOf = []Answer{{Name: "yes", Replies: Count{TotalItems: 2}}, {Name: "no <b>", Replies: Count{TotalItems: 1}}}
	return q
}

// documents holds every kind of document we send, once full and once as empty as it may be.
func documents() map[string]any {
	reason := ""
	id, actor, object := "https://h.example/a/1", "https://h.example/u/bob", IRI("https://h.example/post/7")
	return map[string]any{
		"Application":           Application{ID: "https://h.example/", PreferredUsername: "h.example", Name: "h.example", Inbox: "https://h.example/inbox", Outbox: "https://h.example/outbox", Published: moment, PublicKey: PublicKey{"k", "https://h.example/", "PEM"}},
		"Group":                 fullGroup(),
		"Group, empty":          Group{ID: "https://h.example/c/go", AttributedTo: "https://h.example/c/go/moderators", PublicKey: PublicKey{"k", "o", "PEM"}},
		"Person":                Person{ID: actor, PreferredUsername: "bob", Inbox: actor + "/inbox", Outbox: actor + "/outbox", Endpoints: Endpoints{"https://h.example/inbox"}, PublicKey: PublicKey{actor + "#main-key", actor, "PEM"}},
		"Page":                  fullPage(),
		"Page, empty":           Page{ID: "https://h.example/post/7", AttributedTo: actor, Name: "Title"},
		"Question":              fullQuestion(),
		"Question, one of":      Page{Type: true, ID: "https://h.example/post/7", AttributedTo: actor, Name: "Title", OneOf: []Answer{{Name: "yes"}, {Name: "no"}}, EndTime: moment},
		"Note, an answer":       Ballot{ID: "https://h.example/a/1#choice", AttributedTo: actor, To: IRIs{"https://l.example/u/ann"}, InReplyTo: "https://l.example/post/7", Name: "yes"},
		"Create, an answer":     Create{ID: id, Actor: actor, To: IRIs{"https://l.example/u/ann"}, Object: Embed(Ballot{ID: "https://h.example/a/1#choice", AttributedTo: actor, InReplyTo: "https://l.example/post/7", Name: "yes"})},
		"Note":                  Note{ID: "https://h.example/comment/1", AttributedTo: actor, To: IRIs{Public}, InReplyTo: "https://h.example/post/7", Content: "x", Tag: Tags{Mention{Href: actor, Name: "@bob@h.example"}}, Published: moment},
		"Note, empty":           Note{ID: "https://h.example/comment/1", AttributedTo: actor},
		"Tombstone":             Tombstone{ID: "https://h.example/post/7"},
		"Create":                Create{ID: id, Actor: actor, To: IRIs{Public}, Object: Embed(fullPage()), Published: moment},
		"Update":                Update{ID: id, Actor: actor, To: IRIs{Public}, Object: Embed(fullGroup())},
		"Announce, id":          Announce{ID: id, Actor: "https://h.example/c/go", To: IRIs{Public}, CC: IRIs{"https://h.example/c/go/followers"}, Object: object, Published: moment},
		"Announce, whole":       Announce{ID: id, Actor: "https://h.example/c/go", To: IRIs{Public}, Object: Embed(Create{ID: id + "2", Actor: actor, Object: Embed(fullPage())})},
		"Announce, verbatim":    Announce{ID: id, Actor: "https://h.example/c/go", Object: Verbatim(create)},
		"Follow":                Follow{ID: id, Actor: actor, To: IRIs{"https://l.example/c/x"}, Object: IRI("https://l.example/c/x"), Published: moment},
		"Accept":                Accept{ID: id, Actor: "https://h.example/c/go", To: IRIs{"https://l.example/u/ann"}, Object: Embed(followed())},
		"Reject":                Reject{ID: id, Actor: "https://h.example/c/go", Object: Embed(followed())},
		"Move":                  Move{ID: id, Actor: actor, To: IRIs{actor + "/followers"}, Object: IRI(actor), Target: "https://l.example/u/bob", Published: moment},
		"Like":                  Like{ID: id, Actor: actor, Object: object, Audience: "https://h.example/c/go", Published: moment},
		"Dislike":               Dislike{ID: id, Actor: actor, Object: object},
		"Undo":                  Undo{ID: id, Actor: actor, Object: Embed(Like{ID: id + "2", Actor: actor, Object: object})},
		"Delete":                Delete{ID: id, Actor: actor, To: IRIs{Public}, Object: Embed(Tombstone{ID: "https://h.example/post/7"})},
		"Delete by a moderator": Delete{ID: id, Actor: actor, Summary: &reason, Object: object, WithReplies: true},
		"Add":                   Add{ID: id, Actor: actor, Object: object, Target: "https://h.example/c/go/featured"},
		"Move, of a post":       Relocation{ID: id, Actor: actor, Object: object, Origin: "https://h.example/c/go", Target: "https://h.example/c/here"},
		"Remove":                Remove{ID: id, Actor: actor, Object: object, Target: "https://h.example/c/go/featured"},
		"Lock":                  Lock{ID: id, Actor: actor, Object: object},
		"Block":                 Block{ID: id, Actor: actor, Object: IRI("https://l.example/u/ann"), Target: "https://h.example/c/go", EndTime: moment, Expires: moment},
		"Flag":                  Flag{ID: id, Actor: actor, Object: Embed(IRIs{"https://l.example/u/ann", "https://l.example/1"}), Summary: "spam", Content: "spam"},
		"Collection":            Collection{ID: "https://h.example/c/go/followers", TotalItems: 3},
		"Collection in pages":   Collection{ID: "https://h.example/r", TotalItems: 1, First: Embed(CollectionPage{ID: "https://h.example/r?1", PartOf: "https://h.example/r", Items: IRIParts([]string{"https://h.example/1"})})},
		"OrderedCollection":     OrderedCollection{ID: "https://h.example/o", TotalItems: 1, OrderedItems: Parts{Embed(Announce{ID: id, Actor: actor, Object: object})}},
		"CollectionPage":        CollectionPage{ID: "https://h.example/r?1", PartOf: "https://h.example/r"},
		"OrderedCollectionPage": OrderedCollectionPage{ID: "https://h.example/r?1", PartOf: "https://h.example/r"},
	}
}
