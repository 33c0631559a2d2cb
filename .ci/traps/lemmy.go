package main

// lemmy are the traps that Lemmy sets, of 0.19 and 1.0.
func lemmy() []*trap {
	return []*trap{
		{peer: "lemmy", number: 1, what: `collections elsewhere than below the id`, room: `federation/outbox`, test: `TestLemmyTrap01CollectionsAtTheirSuffix`, breaks: []change{
			{`federation/outbox/actor.go`, `Featured: c.URI + "/featured"`, `Featured: c.URI + "/collections/featured"`},
		}},
		{peer: "lemmy", number: 2, what: `ids with a slash at the end, or too long`, room: `federation/outbox`, test: `TestLemmyTrap02IDsWithoutASlashAtTheEnd`, breaks: []change{
			{`federation/outbox/outbox.go`, `strings.TrimSuffix(base.String(), "/")`, `base.String()`},
		}},
		{peer: "lemmy", number: 3, what: `names longer than its columns`, room: `federation/serve`, test: `TestLemmyTrap03NamesFitIntoItsColumns`, breaks: []change{
			{`federation/forum/forum.go`, `MaxCommunityTitle = 50 `, `MaxCommunityTitle = 60 `},
		}},
		{peer: "lemmy", number: 4, what: `no Application at the root of the host`, room: `federation/serve`, test: `TestLemmyTrap04TheNodeIsAtTheRootOfItsHost`, breaks: []change{
			{`federation/serve/serve.go`, "\ts.beside(r, \"/\", s.application)\n", ``},
		}},
		{peer: "lemmy", number: 5, what: `media types with parameters`, room: `federation/serve`, test: `TestLemmyTrap05TypeOfDocumentsHasNoParameter`, breaks: []change{
			{`federation/serve/answer.go`, `return &answer{kind: ap.ContentType, body: body, keep: keep}, nil`, `return &answer{kind: ap.ContentType + ";charset=utf-8", body: body, keep: keep}, nil`},
		}},
		{peer: "lemmy", number: 6, what: `ids that are not the address; relative redirects`, room: `federation/serve`, test: `TestLemmyTrap06DocumentsAreAtTheirOwnID`, breaks: []change{
			{`federation/serve/answer.go`, `return moved(s.publish.Base() + strings.TrimRight(`, `return moved(strings.TrimRight(`},
		}},
		{peer: "lemmy", number: 7, what: `asking for several types at once`, room: `federation/fetch`, test: `TestLemmyTrap07OneTypeIsAskedFor`, breaks: []change{
			{`federation/fetch/document.go`, `question{accept: activitypub.ContentType, `, `question{accept: activitypub.ContentType + ", application/ld+json", `},
		}},
		{peer: "lemmy", number: 8, what: `addresses as hosts, ports, names shared by servers`, never: `Lemmy itself runs in none of the tests, which is where hosts that are addresses, ports and shared names trip it; a node has a name of its own, on port 443`},
		{peer: "lemmy", number: 9, what: `digest not signed; keys in other forms`, room: `activitypub/sig`, test: `TestLemmyTrap09DigestIsSignedWithARSAKey`, breaks: []change{
			{`activitypub/sig/sign.go`, `covered = append(covered, "digest")`, `covered = append([]string(nil), covered...)`},
		}},
		{peer: "lemmy", number: 10, what: `signing with the node's key for somebody else`, room: `federation/outbox`, test: `TestLemmyTrap10EachActorSignsItsOwn`, breaks: []change{
			{`federation/outbox/announce.go`, `Signer: a.Actor, Public: true`, `Signer: p.NodeURI(), Public: true`},
		}},
		{peer: "lemmy", number: 11, what: `signed GET of private content without a digest`, never: `a GET for private content needs a digest, and nothing private is asked for: what is not addressed to the public is not fetched. The names of keys have a test`},
		{peer: "lemmy", number: 11, what: `names of keys without a #`, room: `federation/deliver`, test: `TestLemmyTrap11WhatIsSignedNamesItsKeyByAFragment`, breaks: []change{
			{`federation/deliver/keyring.go`, `return sig.Sign(r, body, held.id, held.key, time.Now())`, `return sig.Sign(r, body, owner, held.key, time.Now())`},
		}},
		{peer: "lemmy", number: 12, what: `changing the key of an actor`, room: `storage`, test: `TestLemmyTrap12KeysStayWhatTheyAre`, breaks: []change{
			{`storage/db.go`, `on conflict (owner) do update set owner = excluded.owner returning`, `on conflict (owner) do update set private_pem = excluded.private_pem returning`},
		}},
		{peer: "lemmy", number: 13, what: `Announce without to or cc`, room: `federation/outbox`, test: `TestLemmyTrap13AnnouncesNameWhomTheyAreFor`, breaks: []change{
			{`activitypub/write_activity.go`, "\tCC        IRIs         `json:\"cc\"`\n\tPublished Time         `json:\"published,omitzero\"`\n\tObject    Part         `json:\"object\"`\n\t// That the author", "\tCC        IRIs         `json:\"-\"`\n\tPublished Time         `json:\"published,omitzero\"`\n\tObject    Part         `json:\"object\"`\n\t// That the author"},
		}},
		{peer: "lemmy", number: 14, what: `Announce of a bare object`, room: `federation/outbox`, test: `TestLemmyTrap14WhatWasFetchedIsAnnouncedInACreate`, breaks: []change{
			{`federation/outbox/announce.go`, `object = p.madeUp(e)`, `object = ap.Verbatim(e.Origin.Raw)`},
		}},
		{peer: "lemmy", number: 15, what: `posts that are Notes`, room: `federation/outbox`, test: `TestLemmyTrap15PostsArePages`, breaks: []change{
			{`activitypub/write_object.go`, `return []byte("Page"), nil`, `return []byte("Note"), nil`},
		}},
		{peer: "lemmy", number: 16, what: `Undo and Accept of an id alone`, room: `federation/outbox`, test: `TestLemmyTrap16WhatIsUndoneOrAcceptedStandsInside`, breaks: []change{
			{`federation/outbox/outbox.go`, "ap.Accept{\n\t\tID: id, Actor: e.Community.URI, To: ap.IRIs{e.Actor.URI}, Published: ap.NewTime(p.now()), Object: ap.Embed(follow),", "ap.Accept{\n\t\tID: id, Actor: e.Community.URI, To: ap.IRIs{e.Actor.URI}, Published: ap.NewTime(p.now()), Object: ap.IRI(follow.ID),"},
		}},
		{peer: "lemmy", number: 17, what: `to and cc as bare strings`, room: `federation/outbox`, test: `TestLemmyTrap17CommentsAreAddressedInArrays`, breaks: []change{
			{`activitypub/encode.go`, `return encodeBare([]string(l))`, "if len(l) == 1 {\n\t\treturn encodeBare(l[0])\n\t}\n\treturn encodeBare([]string(l))"},
		}},
		{peer: "lemmy", number: 18, what: `an audience other than the community`, room: `federation/outbox`, test: `TestLemmyTrap18AudienceIsTheCommunity`, breaks: []change{
			{`federation/outbox/object.go`, `Audience: c.CommunityURI, `, `Audience: c.CommunityURI + "/followers", `},
		}},
		{peer: "lemmy", number: 19, what: `fields and attachments of other types`, room: `federation/outbox`, test: `TestLemmyTrap19FieldsHaveTheTypeThatItReads`, breaks: []change{
			{`activitypub/write_object.go`, `return []byte("Link"), nil`, `return []byte("Video"), nil`},
		}},
		{peer: "lemmy", number: 20, what: `endpoints without a shared inbox`, room: `federation/outbox`, test: `TestLemmyTrap20EndpointsHaveASharedInbox`, breaks: []change{
			{`activitypub/write_actor.go`, "\tSharedInbox string `json:\"sharedInbox\"`", "\tSharedInbox string `json:\"-\"`"},
		}},
		{peer: "lemmy", number: 21, what: `public communities that look private or unlisted`, room: `federation/outbox`, test: `TestLemmyTrap21CommunitiesArePublicAndListed`, breaks: []change{
			{`federation/outbox/actor.go`, `Endpoints: p.endpoints(), Discoverable: true,`, `Endpoints: p.endpoints(), Discoverable: false,`},
		}},
		{peer: "lemmy", number: 22, what: `bots that vote`, room: `federation/forum`, test: `TestLemmyTrap22BotsDoNotVote`, breaks: []change{
			{`federation/forum/vote.go`, `case a.Voter.Bot && a.Dir != 0:`, `case a.Voter.Bot && a.Dir < 0:`},
		}},
		{peer: "lemmy", number: 23, what: `collections in other forms`, room: `federation/serve`, test: `TestLemmyTrap23CollectionsAsItReadsThem`, breaks: []change{
			{`federation/serve/community.go`, `return ap.Collection{ID: c.URI + "/followers", `, `return ap.OrderedCollection{ID: c.URI + "/followers", `},
		}},
		{peer: "lemmy", number: 24, what: `sending again what nobody there wants`, room: `federation/deliver`, test: `TestLemmyTrap24RefusedIsRefused`, breaks: []change{
			{`federation/deliver/request.go`, `case status >= 400 && status <= 499 &&`, `case status > 404 && status <= 499 &&`},
		}},
		{peer: "lemmy", number: 25, what: `relying on the first Accept`, room: `federation/reach`, test: `TestLemmyTrap25FollowsAreAskedForAgainUnderANewID`, breaks: []change{
			{`federation/reach/reach.go`, `[]time.Duration{2 * time.Minute, time.Hour,`, `[]time.Duration{time.Hour, time.Hour,`},
		}},
		{peer: "lemmy", number: 26, what: `answering what is not wanted with 5xx`, room: `federation/inbox`, test: `TestLemmyTrap26WhatIsNotWantedIsNoFailure`, breaks: []change{
			{`federation/inbox/accept.go`, `return answer{status: http.StatusUnauthorized, reason: string(s.Kind)`, `return answer{status: http.StatusInternalServerError, reason: string(s.Kind)`},
			{`federation/inbox/accept.go`, `refusal(http.StatusUnauthorized, string(sig.Missing)`, `refusal(http.StatusInternalServerError, string(sig.Missing)`},
		}},
		{peer: "lemmy", number: 27, what: `taking the 400 of a repeat for a failure`, room: `federation/deliver`, test: `TestLemmyTrap27RefusedRepeatsAreAnEnd`, breaks: []change{
			{`federation/deliver/request.go`, `case status >= 400 && status <= 499 &&`, `case status > 400 && status <= 499 &&`},
		}},
		{peer: "lemmy", number: 28, what: `not announcing back to the author's server`, room: `federation/forum`, test: `TestLemmyTrap28AuthorsServersHearTheirOwn`, breaks: []change{
			{`federation/forum/submit.go`, `e.Echo = append(e.Echo, e.Actor.DeliverTo())`, `_ = e.Echo`},
		}},
		{peer: "lemmy", number: 29, what: `expecting votes to be addressed`, room: `federation/inbox`, test: `TestLemmyTrap29VotesAreAddressedToNobody`, breaks: []change{
			{`federation/inbox/vote.go`, `if verb.Object == "" {`, `if verb.Object == "" || len(a.To)+len(a.CC) == 0 {`},
		}},
		{peer: "lemmy", number: 30, what: `counting an Undo of a Like as one up less`, room: `federation/inbox`, test: `TestLemmyTrap30UndoneVotesAreClearedWhateverTheyWere`, breaks: []change{
			{`federation/inbox/vote.go`, `verb.Dir, verb.Object, verb.Undoes = 0,`, `verb.Dir, verb.Object, verb.Undoes = -1,`},
		}},
		{peer: "lemmy", number: 31, what: `a summary on an author's own deletion`, room: `federation/outbox`, test: `TestLemmyTrap31OnlyRemovalsHaveASummary`, breaks: []change{
			{`federation/outbox/change.go`, `CC: cc, Audience: e.Post.Community.URI, Published: ap.NewTime(e.At), Object: ap.IRI(e.Subject()),`, `CC: cc, Audience: e.Post.Community.URI, Published: ap.NewTime(e.At), Object: ap.IRI(e.Subject()), Summary: &e.Reason,`},
		}},
		{peer: "lemmy", number: 31, what: `taking a removal without a summary for a deletion`, room: `federation/inbox`, test: `TestLemmyTrap31RemovalsMayLackASummary`, breaks: []change{
			{`federation/inbox/moderation.go`, `if !ok && (m.Verb == forum.VerbRemove ||`, `if !ok && m.Along && (m.Verb == forum.VerbRemove ||`},
		}},
		{peer: "lemmy", number: 32, what: `taking 410 for a deletion by the author`, room: `federation/inbox`, test: `TestLemmyTrap32WhatIs410MayComeBack`, breaks: []change{
			{`federation/inbox/refresh.go`, `Undo: o != nil, Origin: origin`, `Origin: origin`},
		}},
		{peer: "lemmy", number: 33, what: `fetching the id of an Announce`, room: `federation/inbox`, test: `TestLemmyTrap33AnnouncesAreNotAskedFor`, breaks: []change{
			{`federation/inbox/announce.go`, `parts = append(parts, in.unwrap(a, c)...)`, `a.wait(a.ID)`},
		}},
		{peer: "lemmy", number: 34, what: `trusting ids of activities in an outbox`, room: `federation/inbox`, test: `TestLemmyTrap34IDsInAnOutboxMeanNothing`, breaks: []change{
			{`federation/inbox/content.go`, `a.done("known already")`, `a.Object.ID += "#" + a.ID`},
			{`federation/inbox/content.go`, "default:\n\t\t\tin.believe(a)", "default:\n\t\t\tif in.believe(a); a.words != nil {\n\t\t\t\ta.words.ID += \"?\" + a.ID\n\t\t\t}"},
		}},
		{peer: "lemmy", number: 35, what: `keeping inboxes that are gone`, room: `federation/deliver`, test: `TestLemmyTrap35WhoseInboxIsGoneIsAskedForAnew`, breaks: []change{
			{`storage/delivery_server.go`, `coalesce(i.refused_at < now() - interval '1 hour', true) as again`, `false as again`},
		}},
		{peer: "lemmy", number: 36, what: `slow parents`, room: `federation/serve`, test: `TestLemmyTrap36ObjectsAreAnsweredBesideWriters`, breaks: []change{
			{`federation/serve/object.go`, "\treturn document(s.publish.Page(&p), keepObject)", "\t<-r.Context().Done() // as who waits for a lock\n\treturn nil, r.Context().Err()"},
		}},
		{peer: "lemmy", number: 37, what: `sending what it does not know`, room: `federation/deliver`, test: `TestLemmyTrap37NoQuestionsForWhoReadsNone`, breaks: []change{
			{`federation/deliver/dialect.go`, `"lemmy": {form: forums, chats: true},`, `"lemmy": {form: forums, chats: true, questions: true},`},
		}},
		{peer: "lemmy", number: 38, what: `several actors behind one handle`, room: `federation/serve`, test: `TestLemmyTrap38AHandleLeadsToOneActor`, breaks: []change{
			{`activitypub/webfinger.go`, `{Rel: RelProfilePage, Type: "text/html", Href: page},`, `{Rel: RelProfilePage, Type: ContentType, Href: page},`},
		}},
		{peer: "lemmy", number: 39, what: `messages as Notes`, room: `federation/deliver`, test: `TestLemmyTrap39MessagesAreChatMessages`, breaks: []change{
			{`federation/deliver/dialect.go`, `{1, dialect{form: forums, chats: true, `, `{1, dialect{form: forums, `},
		}},
		{peer: "lemmy", number: 40, what: `banning from a whole site across hosts`, room: `federation/outbox`, test: `TestLemmyTrap40BansAreFromTheCommunity`, breaks: []change{
			{`federation/outbox/moderation.go`, `Summary: e.Reason, Object: object, Target: c}`, `Summary: e.Reason, Object: object, Target: p.NodeURI()}`},
		}},
		{peer: "lemmy", number: 40, what: `banning from another site than one's own`, room: `federation/outbox`, test: `TestLemmyTrap40BansFromASiteAreFromThisOne`, breaks: []change{
			{`federation/outbox/moderation.go`, `Object: ap.IRI(e.Target.URI), Target: p.NodeURI(),`, `Object: ap.IRI(e.Target.URI), Target: root(e.Target.URI),`},
		}},
		{peer: "lemmy", number: 41, what: `links that are not of the web`, room: `federation/account`, test: `TestLemmyTrap41LinksOfPostsAreOfTheWeb`, breaks: []change{
			{`federation/account/draft.go`, `d.Link != "" && !forum.WebAddress(d.Link)`, `d.Link != "" && len(d.Link) > 4000`},
		}},
		{peer: "lemmy", number: 42, what: `passing on what others signed`, room: `federation/outbox`, test: `TestLemmyTrap42WhatOthersWroteGoesOutWrapped`, breaks: []change{
			{`federation/outbox/announce.go`, "\t\tobject = ap.Verbatim(e.Origin.Raw)\n", "\t\treturn &forum.Document{ID: e.Origin.Activity, Body: e.Origin.Raw, Signer: e.Actor.URI, Public: true}, nil\n"},
		}},
	}
}
