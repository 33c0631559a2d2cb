package main

// peers are those of everybody else.
func peers() []*trap {
	return []*trap{
		{peer: "peer", number: 1, what: `a blank after a comma in Signature`, room: `activitypub/sig`, test: `TestPeerTrap01NoBlankAfterAComma`, breaks: []change{
			{`activitypub/sig/sign.go`, "strings.Replace(signed.Header.Get(\"Signature\"), `algorithm=\"hs2019\"`, `algorithm=\"rsa-sha256\"`, 1)", "strings.ReplaceAll(strings.Replace(signed.Header.Get(\"Signature\"), `algorithm=\"hs2019\"`, `algorithm=\"rsa-sha256\"`, 1), `\",`, `\", `)"},
		}},
		{peer: "peer", number: 2, what: `no algorithm in Signature`, room: `activitypub/sig`, test: `TestPeerTrap02AlgorithmIsSaid`, breaks: []change{
			{`activitypub/sig/sign.go`, "strings.Replace(signed.Header.Get(\"Signature\"), `algorithm=\"hs2019\"`, `algorithm=\"rsa-sha256\"`, 1)", "strings.Replace(signed.Header.Get(\"Signature\"), `algorithm=\"hs2019\"`, `created=\"0\"`, 1)"},
		}},
		{peer: "peer", number: 3, what: `Digest in small letters`, room: `activitypub/sig`, test: `TestPeerTrap03DigestIsNamedInCapitals`, breaks: []change{
			{`activitypub/sig/sign.go`, `r.Header.Set("Digest", digest)`, `r.Header.Set("Digest", strings.ToLower(digest[:7])+digest[7:])`},
		}},
		{peer: "peer", number: 4, what: `a charset on a delivery`, room: `federation/fetch`, test: `TestPeerTrap04TypeOfADeliveryIsBare`, breaks: []change{
			{`federation/fetch/post.go`, `req.Header.Set("Content-Type", activitypub.ContentType)`, `req.Header.Set("Content-Type", activitypub.ContentType+"; charset=utf-8")`},
		}},
		{peer: "peer", number: 5, what: `documents served as plain JSON`, room: `federation/serve`, test: `TestPeerTrap05DocumentsAreServedAsWhatTheyAre`, breaks: []change{
			{`federation/serve/activity.go`, `&answer{kind: ap.ContentType, body: sent.Body`, `&answer{kind: strings.Replace(ap.ContentType, "activity+", "", 1), body: sent.Body`},
		}},
		{peer: "peer", number: 6, what: `knowing one Accept alone`, room: `activitypub`, test: `TestPeerTrap06EveryAcceptOfAServer`, breaks: []change{
			{`activitypub/negotiate.go`, `if named == "" || hasProfile(named) {`, `if hasProfile(named) {`},
		}},
		{peer: "peer", number: 7, what: `queries in what is signed`, room: `activitypub/sig`, test: `TestPeerTrap07QueryMayBeSignedOrNot`, breaks: []change{
			{`activitypub/sig/cavage.go`, `strings.Cut(s.target, "?"); ok {`, `strings.Cut(s.target, "?"); ok && path == "" {`},
		}},
		{peer: "peer", number: 8, what: `reading an actor out of a key's name`, room: `federation/fetch`, test: `TestPeerTrap08NothingIsReadOutOfAKeysName`, breaks: []change{
			{`federation/fetch/key.go`, `doc, err := c.shared(ctx, keyID)`, "base, _, _ := strings.Cut(keyID, \"#\")\n\tif at := strings.TrimSuffix(base, \"/main-key\"); at == base && base == keyID {\n\t\treturn Key{}, activitypub.Actor{}, nil, fail(KeyMismatch, keyID, \"no fragment\")\n\t}\n\tdoc, err := c.shared(ctx, base)"},
		}},
		{peer: "peer", number: 9, what: `asking without a signature`, room: `federation/fetch`, test: `TestPeerTrap09EverythingIsAskedForWithASignature`, breaks: []change{
			{`federation/fetch/document.go`, `signed: true, limit: c.o.MaxBody`, `signed: false, limit: c.o.MaxBody`},
		}},
		{peer: "peer", number: 9, what: `403 for who does not sign`, room: `federation/inbox`, test: `TestPeerTrap09WhoMustSignIsTold401`, breaks: []change{
			{`federation/inbox/accept.go`, `return answer{status: http.StatusUnauthorized, reason: string(s.Kind)`, `return answer{status: http.StatusForbidden, reason: string(s.Kind)`},
		}},
		{peer: "peer", number: 10, what: `410 from an inbox that is away`, room: `federation/inbox`, test: `TestPeerTrap10InboxesNeverSay410`, breaks: []change{
			{`federation/inbox/accept.go`, `return answer{status: http.StatusServiceUnavailable, reason: "storage"`, `return answer{status: http.StatusGone, reason: "storage"`},
		}},
		{peer: "peer", number: 11, what: `no answer while it stops`, room: `federation/inbox`, test: `TestPeerTrap11WhileItStopsTheNodeSays503`, breaks: []change{
			{`federation/inbox/accept.go`, `if !storage.Down(err) && !errors.Is(err, errStopping) {`, `if !storage.Down(err) {`},
		}},
		{peer: "peer", number: 12, what: `HTML from an inbox`, room: `federation/inbox`, test: `TestPeerTrap12InboxesSpeakJSON`, breaks: []change{
			{`federation/inbox/answer.go`, `w.Header().Set("Content-Type", "application/json")`, `w.Header().Set("Content-Type", "text/html")`},
		}},
		{peer: "peer", number: 13, what: `keys that change without their owner saying so`, room: `federation/inbox`, test: `TestPeerTrap13KeysAreChangedByTheirOwner`, breaks: []change{
			{`federation/inbox/actor.go`, `keys = append(keys, storage.Key{ID: k.ID, Owner: a.ID, PEM: k.PEM})`, `_ = k`},
		}},
		{peer: "peer", number: 14, what: `dates in other forms`, room: `activitypub/sig`, test: `TestPeerTrap14DatesAreInGMT`, breaks: []change{
			{`activitypub/sig/sign.go`, `now.UTC().Format(http.TimeFormat)`, `now.Format("Mon, 02 Jan 2006 15:04:05 -0700")`},
		}},
		{peer: "peer", number: 15, what: `the newer signatures first`, room: `activitypub/sig`, test: `TestPeerTrap15OldFormFirst`, breaks: []change{
			{`activitypub/sig/sign.go`, "\tr.Header.Del(\"Signature\")\n", "\tr.Header.Set(\"Signature-Input\", \"sig1=()\")\n"},
		}},
		{peer: "peer", number: 16, what: `a proxy that changes the host`, room: `activitypub/sig`, test: `TestPeerTrap16HostIsTheOneInTheAddress`, breaks: []change{
			{`activitypub/sig/host.go`, `authority(host, base.Scheme) != authority(base.Host, base.Scheme)`, `host == ""`},
		}},
		{peer: "peer", number: 17, what: `people and communities of one name`, room: `federation/serve`, test: `TestPeerTrap17PeopleAndCommunitiesShareNoName`, breaks: []change{
			{`storage/db.go`, `insert into local_name (name, taken_at) values ($1, $2) on conflict do nothing`, `insert into local_name (name, taken_at) values ($1, $2) on conflict (name) do update set taken_at = excluded.taken_at`},
		}},
		{peer: "peer", number: 18, what: `another subject than was asked for`, room: `federation/serve`, test: `TestPeerTrap18SubjectIsWhatWasAsked`, breaks: []change{
			{`federation/serve/webfinger.go`, `acct[:at], "acct:"+acct)`, `acct[:at], strings.ToLower("acct:"+acct))`},
		}},
		{peer: "peer", number: 19, what: `capitals in ids`, room: `federation/forum`, test: `TestPeerTrap19NamesAreInSmallLetters`, breaks: []change{
			{`federation/forum/community.go`, `(r < 'a' || r > 'z') &&`, `(r < 'a' || r > 'z') && (r < 'A' || r > 'Z') &&`},
		}},
		{peer: "peer", number: 20, what: `expecting a shared inbox in one place`, room: `activitypub`, test: `TestPeerTrap20SharedInboxIsNotEverywhere`, breaks: []change{
			{`activitypub/actor.go`, "\t\ta.SharedInbox = topShared\n", "\t\t_ = topShared\n"},
		}},
		{peer: "peer", number: 21, what: `parts of an actor on other hosts`, room: `federation/outbox`, test: `TestPeerTrap21AllOfAnActorIsOnItsHost`, breaks: []change{
			{`federation/outbox/actor.go`, `PreferredUsername: c.Name, Name: c.Title, URL: c.URI,`, `PreferredUsername: c.Name, Name: c.Title, URL: "https://www." + p.host + "/c/" + c.Name,`},
		}},
		{peer: "peer", number: 22, what: `null in the place of nothing`, room: `activitypub`, test: `TestPeerTrap22NothingIsNull`, breaks: []change{
			{`activitypub/encode.go`, "func (l IRIs) MarshalJSON() ([]byte, error) {\n\tif l == nil {\n\t\treturn []byte(\"[]\"), nil", "func (l IRIs) MarshalJSON() ([]byte, error) {\n\tif l == nil {\n\t\treturn []byte(\"null\"), nil"},
		}},
		{peer: "peer", number: 23, what: `NodeInfo that names a microblog`, room: `federation/serve`, test: `TestPeerTrap23NodeInfoNamesNoMicroblog`, breaks: []change{
			{`federation/serve/nodeinfo.go`, `const software = "stoa"`, `const software = "mastodon"`},
		}},
		{peer: "peer", number: 24, what: `telling microblogs of votes and comments`, room: `federation/deliver`, test: `TestPeerTrap24MicroblogsHearNoVotes`, breaks: []change{
			{`federation/deliver/dialect.go`, "case microblogs:\n\t\treturn present(u.Micro)", "case microblogs:\n\t\treturn present(u.Micro, u.Forum)"},
		}},
		{peer: "peer", number: 25, what: `Announce of a Create to microblogs`, room: `federation/deliver`, test: `TestPeerTrap25MicroblogsAreToldOfPostsByID`, breaks: []change{
			{`federation/deliver/dialect.go`, `"gotosocial": microblog,`, `"gotosocial": board,`},
		}},
		{peer: "peer", number: 26, what: `Announce of an id alone to forums`, room: `federation/deliver`, test: `TestPeerTrap26ForumsAreToldOfTheActivity`, breaks: []change{
			{`federation/deliver/dialect.go`, "case forums:\n\t\treturn present(u.Forum)", "case forums:\n\t\treturn present(u.Micro)"},
		}},
		{peer: "peer", number: 27, what: `boosting again for an answer`, room: `federation/outbox`, test: `TestPeerTrap27NothingIsBoostedAgainForAnAnswer`, breaks: []change{
			{`federation/outbox/change.go`, "\tif e.Comment != nil {\n\t\treturn nil, nil\n\t}", "\tif e.Comment != nil {\n\t\treturn p.announceID(e)\n\t}"},
		}},
		{peer: "peer", number: 28, what: `boosts dated like their posts`, room: `federation/outbox`, test: `TestPeerTrap28BoostsAreDatedWhenTheyAreMade`, breaks: []change{
			{`federation/outbox/announce.go`, `Published: ap.NewTime(p.now()), Object: ap.IRI(e.Subject()),`, `Published: stamp(e.Post.Published), Object: ap.IRI(e.Subject()),`},
		}},
		{peer: "peer", number: 29, what: `Public by its short name`, room: `federation/outbox`, test: `TestPeerTrap29PublicIsSaidInFull`, breaks: []change{
			{`activitypub/doc.go`, `Public = "https://www.w3.org/ns/activitystreams#Public"`, `Public = "as:Public"`},
		}},
		{peer: "peer", number: 30, what: `objects without to, cc or name`, room: `activitypub`, test: `TestPeerTrap30RecipientsAndNameAreAlwaysThere`, breaks: []change{
			{`activitypub/write_object.go`, "\tCC                IRIs              `json:\"cc\"`\n\tAudience          string            `json:\"audience,omitempty\"` // one string", "\tCC                IRIs              `json:\"cc,omitempty\"`\n\tAudience          string            `json:\"audience,omitempty\"` // one string"},
		}},
		{peer: "peer", number: 31, what: `Undo of an id alone`, room: `federation/outbox`, test: `TestPeerTrap31UndoHoldsWhatItUndoes`, breaks: []change{
			{`federation/outbox/outbox.go`, `Object: ap.Embed(cast(undone, e.WasDir, e.WasEmoji, ap.Time{})),`, `Object: ap.IRI(undone),`},
		}},
		{peer: "peer", number: 32, what: `undoing a boost under another id`, room: `federation/outbox`, test: `TestPeerTrap32BoostsAreUndoneAsTheyWereMade`, breaks: []change{
			{`federation/outbox/change.go`, `ID: e.Boost, Actor: e.Community.URI`, `ID: p.NewActivity(), Actor: e.Community.URI`},
		}},
		{peer: "peer", number: 33, what: `Accept with the Follow as it came`, room: `federation/outbox`, test: `TestPeerTrap33AcceptHoldsTheFollowAlone`, breaks: []change{
			{`federation/outbox/outbox.go`, "Actor: e.Actor.URI, Object: ap.IRI(e.Community.URI)}\n\treturn p.newAct(id, e.Community.URI,", "Actor: e.Actor.URI, To: ap.IRIs{e.Community.URI}, Published: ap.NewTime(p.now()), Object: ap.IRI(e.Community.URI)}\n\treturn p.newAct(id, e.Community.URI,"},
		}},
		{peer: "peer", number: 34, what: `waiting for a second Accept`, room: `federation/reach`, test: `TestPeerTrap34PendingFollowsAreUndoneFirst`, breaks: []change{
			{`federation/reach/follow.go`, `if u.Asks > 1 {`, `if u.Asks > 100 {`},
		}},
		{peer: "peer", number: 35, what: `failing when something else is followed`, room: `federation/inbox`, test: `TestPeerTrap35AnythingMayBeFollowed`, breaks: []change{
			{`federation/inbox/accept.go`, "\ta := in.admit(r, body, env)\n", "\ta := in.admit(r, body, env)\n\tif env.Type == \"Follow\" && !strings.Contains(env.Object.ID, \"/c/\") {\n\t\ta = answer{status: http.StatusInternalServerError}\n\t}\n"},
		}},
		{peer: "peer", number: 36, what: `no Mention of who is answered`, room: `federation/outbox`, test: `TestPeerTrap36WhoIsAnsweredIsMentioned`, breaks: []change{
			{`federation/outbox/object.go`, "\t\tnote.Tag = append(note.Tag, mention(c.Answered.URI, c.Answered.Name, c.Answered.Host))\n", ``},
		}},
		{peer: "peer", number: 37, what: `taking an inbox for an address`, room: `federation/inbox`, test: `TestPeerTrap37TheInboxOfACommunityMeansNothing`, breaks: []change{
			{"federation/inbox/content.go", "names = append(append(names, a.Actor), addressees(a.words, &a.Activity)...)", "names = append(append(names, in.base+\"/c/go\"), addressees(a.words, &a.Activity)...)"},
			{"federation/inbox/content.go", "via, addressed := a.via, addressees(a.words, &a.Activity)", "via, addressed := a.via, append(addressees(a.words, &a.Activity), in.base+\"/c/go\")"},
		}},
		{peer: "peer", number: 38, what: `publishing what is for few`, room: `federation/inbox`, test: `TestPeerTrap38WhatIsNotPublicIsNoThread`, breaks: []change{
			{`federation/inbox/object.go`, "\t\treturn slices.Contains(o.To, ap.Public) || slices.Contains(o.CC, ap.Public)\n", "\t\treturn true\n"},
		}},
		{peer: "peer", number: 39, what: `threads made of answers`, room: `federation/inbox`, test: `TestPeerTrap39AnswersBeginNoThread`, breaks: []change{
			{`federation/inbox/content.go`, `if !a.isNew() || a.words.InReplyTo != "" {`, `if !a.isNew() {`},
		}},
		{peer: "peer", number: 40, what: `two Announces of one object`, room: `federation/inbox`, test: `TestPeerTrap40OneObjectInTwoAnnouncesIsOne`, breaks: []change{
			{`federation/inbox/announce.go`, `a.via, a.viaTime, a.boosted = &c, at, true`, "a.via, a.viaTime, a.boosted = &c, at, true\n\ta.refuse(\"no activity\")"},
		}},
		{peer: "peer", number: 41, what: `expecting an audience`, room: `federation/inbox`, test: `TestPeerTrap41MentionsLeadToTheCommunity`, breaks: []change{
			{`federation/inbox/object.go`, `return append(list, mentions(o)...)`, `return list`},
		}},
		{peer: "peer", number: 42, what: `expecting strings of others`, room: `activitypub`, test: `TestPeerTrap42WhoActsMayBeEmbedded`, breaks: []change{
			{`activitypub/envelope.go`, `if e.Actor, err = readActorID(actor); err != nil {`, `if e.Actor, err = readOwnID(actor); err != nil {`},
		}},
		{peer: "peer", number: 43, what: `expecting source to be an object`, room: `activitypub`, test: `TestPeerTrap43SourceMayBeAString`, breaks: []change{
			{`activitypub/media.go`, "\t\treturn Source{Content: cut(s, MaxContent)}\n", "\t\treturn Source{Content: s[:0]}\n"},
		}},
		{peer: "peer", number: 44, what: `knowing one shape of a report`, room: `federation/inbox`, test: `TestPeerTrap44ReportsOfEveryShape`, breaks: []change{
			{`federation/inbox/moderation.go`, `in.flags(ctx, tx, a, r, flag.Object.All())`, `in.flags(ctx, tx, a, r, flag.Object.All()[:1])`},
		}},
		{peer: "peer", number: 44, what: `one shape of a report for all`, room: `federation/outbox`, test: `TestPeerTrap44ReportsAreToldInTheShapeOfEach`, breaks: []change{
			{`federation/outbox/moderation.go`, `f.To, f.Object = ap.IRIs{author}, ap.Embed(ap.IRIs{author, e.Subject()})`, `f.To, f.Object = ap.IRIs{author}, ap.IRI(e.Subject())`},
		}},
		{peer: "peer", number: 45, what: `asking who has voted`, room: `federation/inbox`, test: `TestPeerTrap45VotersNeedNotBeKnown`, breaks: []change{
			{`federation/inbox/vote.go`, `a.settled || a.via == nil || !a.isVote() ||`, `true || a.settled || a.via == nil || !a.isVote() ||`},
		}},
		{peer: "peer", number: 46, what: `another published on an edit`, room: `federation/outbox`, test: `TestPeerTrap46EditsKeepWhenItWasPublished`, breaks: []change{
			{`federation/outbox/object.go`, "\t\tt.Text = s.Text\n", "\t\tt.Text = ap.FormatTime(s.Time)\n"},
		}},
		{peer: "peer", number: 46, what: `passing over edits without a date`, room: `federation/inbox`, test: `TestPeerTrap46EditsNeedNotBeDated`, breaks: []change{
			{`federation/inbox/change.go`, `a.words == nil || a.unheard {`, `a.words == nil || a.unheard || !a.words.Updated.Valid {`},
		}},
		{peer: "peer", number: 47, what: `fragments as ids of activities`, room: `federation/outbox`, test: `TestPeerTrap47ActivitiesHavePaths`, breaks: []change{
			{`federation/outbox/outbox.go`, `return p.base + "/activities/" + uuid`, `return p.base + "/#activities/" + uuid`},
		}},
		{peer: "peer", number: 48, what: `activities that cannot be fetched`, room: `federation/serve`, test: `TestPeerTrap48EveryActivityCanBeFetched`, breaks: []change{
			{`federation/outbox/outbox.go`, `return p.newAct(id, e.Actor.URI, true, cast(id, e.Dir, e.Emoji, at))`, `return p.newAct(id, e.Actor.URI, false, cast(id, e.Dir, e.Emoji, at))`},
		}},
		{peer: "peer", number: 49, what: `links in attachments alone`, room: `federation/outbox`, test: `TestPeerTrap49LinksAreInTheTextToo`, breaks: []change{
			{`federation/outbox/object.go`, "page.Content += `<p><a", "_ = `<p><a"},
		}},
		{peer: "peer", number: 50, what: `no replies and no context`, room: `federation/serve`, test: `TestPeerTrap50RepliesAndContextAreThere`, breaks: []change{
			{`federation/outbox/object.go`, "\t\tpage.Context, page.Replies = post.URI+\"/context\", post.URI+\"/replies\"\n", "\t\tpage.Context = \"\"\n"},
		}},
		{peer: "peer", number: 51, what: `types that GoToSocial does not know`, room: `federation/outbox`, test: `TestPeerTrap51InventionsOfForumsAreForForums`, breaks: []change{
			{`federation/outbox/change.go`, `case forum.VerbEdit, forum.VerbTally, forum.VerbDelete, forum.VerbProfile:`, `case forum.VerbEdit, forum.VerbTally, forum.VerbDelete, forum.VerbProfile, forum.VerbLock:`},
		}},
		{peer: "peer", number: 52, what: `silence after an absence`, room: `storage`, test: `TestPeerTrap52AfterAnAbsenceTheNodeSpeaksFirst`, breaks: []change{
			{`storage/actor.go`, `was.said <> $1 or was.alive_at < now() - interval '1 day'`, `was.said <> $1 or was.alive_at < now() - interval '1 year'`},
		}},
		{peer: "peer", number: 53, what: `sending again what was refused`, room: `federation/deliver`, test: `TestPeerTrap53WhatIsRefusedIsNotSentAgain`, breaks: []change{
			{`federation/deliver/request.go`, "\tcase status == http.StatusUnauthorized:\n\t\treturn doubted\n", "\tcase status == http.StatusUnauthorized:\n\t\treturn refused\n"},
		}},
		{peer: "peer", number: 54, what: `collections that are not the community's`, room: `federation/inbox`, test: `TestPeerTrap54CollectionsBelongToTheirCommunity`, breaks: []change{
			{`federation/inbox/moderation.go`, `if c, ok := strings.CutSuffix(doc.Target.ID, "/moderators"); ok {`, "if c, ok := strings.CutSuffix(doc.Target.ID, \"/moderators\"); ok {\n\t\tc = doc.Audience[0]"},
		}},
		{peer: "peer", number: 55, what: `follows that wait to be accepted`, room: `federation/forum`, test: `TestPeerTrap55FollowsAreAcceptedAtOnce`, breaks: []change{
			{`federation/forum/follow.go`, "\tcase c.Local:\n\t\tnext.State = Following", "\tcase c.Local:\n\t\tnext.State = Pending"},
		}},
		{peer: "peer", number: 56, what: `names that are used again`, room: `federation/serve`, test: `TestPeerTrap56NamesAreNeverUsedAgain`, breaks: []change{
			{`storage/db.go`, `insert into local_name (name, taken_at) values ($1, $2) on conflict do nothing`, `insert into local_name (name, taken_at) values ($1, $2) on conflict (name) do update set taken_at = excluded.taken_at`},
		}},
		{peer: "peer", number: 57, what: `test beds on 127.0.0.1`, never: `it is about other software in a test bed: none but stand-ins run in ours, and those take names below localhost`},
	}
}
