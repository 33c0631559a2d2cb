package main

import (
	"context"
	"crypto"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// chat is a conversation with one software: in a community of this node, and, where it
// has some, in one of its own.
type chat struct {
	*visit
	partner   partner
	here      fedtest.Community // of this node
	mod       *fedtest.Actor    // of the peer, who moderates there, and here once appointed
	us, chair string            // people of this node; chair moderates here, us there

	theirs, ours           fedtest.Doc // posts here: the Create of theirs, and in object our id
	theirReply             fedtest.Doc
	there, answer          string // their post there, and our answer to it
	thereReply, thereDocs  fedtest.Doc
	hereChairs, thereChair bool
}

// TestTalk holds a conversation with each software, by the acts of which one consists,
// in a community of either side and both ways; each must have its effect here, or reach
// the other side in a form that its software takes. What the table says cannot be done
// is left out, with its reason.
func TestTalk(t *testing.T) {
	n := newTestNode(t, "here", nil)
	us, chair := n.found("us", false), n.found("chair", false)
	if _, err := n.reader(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("with", func(t *testing.T) {
		for i, p := range partners() {
			here := n.found(fmt.Sprint("porch", i), true)
			n.appoint(here, chair)
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				mine := *n
				mine.t = t
				k := &chat{partner: p, here: fedtest.CommunityAt(here), us: us, chair: chair}
				k.visit = &visit{testNode: &mine, home: home{name: p.name, options: p.options}, peer: fedtest.New(t, p.options), pinned: map[string]bool{}}
				k.peer.VerifyWith(func(id string) (crypto.PublicKey, error) { return k.peer.FetchKey(t.Context(), id) })
				k.mod, k.bob, k.eve = k.peer.Person("mod"), k.peer.Person("bob"), k.peer.Person("eve")
				k.ann = k.mod
				if p.options.Software == fedtest.PeerTube {
					k.ann = k.peer.Person("owner")
				}
				k.converse()
			})
		}
	})
}

// converse goes through all acts, and does those that the table does not explain away.
func (k *chat) converse() {
	turns := map[string]func(*chat){
		"here follow in": (*chat).theyFollow, "here follow out": (*chat).theyAreAccepted,
		"here post in": (*chat).theyPost, "here post out": (*chat).wePost,
		"here reply in": (*chat).theyReply, "here reply out": (*chat).weReply,
		"here vote in": (*chat).theyVote, "here vote out": (*chat).weVote,
		"here edit in": (*chat).theyEdit, "here edit out": (*chat).weEdit,
		"here delete in": (*chat).theyDelete, "here delete out": (*chat).weDelete,
		"here report in": (*chat).theyReport, "here report out": (*chat).weReport,
		"here lock in": (*chat).theyLock, "here lock out": (*chat).weLock,
		"here pin in": (*chat).theyPin, "here pin out": (*chat).wePin,
		"here remove in": (*chat).theyRemove, "here remove out": (*chat).weRemove,
		"here ban in": (*chat).theyBan, "here ban out": (*chat).weBan,

		"there follow out": (*chat).weFollowThere, "there follow in": (*chat).weAreAcceptedThere,
		"there post in": (*chat).theyPostThere, "there post out": (*chat).wePostThere,
		"there reply in": (*chat).theyReplyThere, "there reply out": (*chat).weReplyThere,
		"there vote in": (*chat).theyVoteThere, "there vote out": (*chat).weVoteThere,
		"there edit in": (*chat).theyEditThere, "there edit out": (*chat).weEditThere,
		"there delete in": (*chat).theyDeleteThere, "there delete out": (*chat).weDeleteThere,
		"there report in": (*chat).theyReportThere, "there report out": (*chat).weReportThere,
		"there lock in": (*chat).theyLockThere, "there lock out": (*chat).weLockThere,
		"there pin in": (*chat).theyPinThere, "there pin out": (*chat).wePinThere,
		"there remove in": (*chat).theyRemoveThere, "there remove out": (*chat).weRemoveThere,
		"there ban in": (*chat).theyBanThere, "there ban out": (*chat).weBanThere,
	}
	for _, where := range places {
		for _, act := range acts {
			for _, way := range order(where, act) {
				e := strings.Join([]string{where, act, way}, " ")
				why := k.partner.silent(where, act, way)
				do := turns[e]
				switch {
				case why == "" && do == nil:
					k.t.Errorf("%s: the table says that it works, and nothing shows it", e)
				case why == "":
					do(k)
					if k.t.Failed() {
						k.t.Fatalf("%s: %s", k.partner.name, e)
					}
				}
			}
		}
	}
}

// order has each side do first what the other answers.
func order(where, act string) []string {
	if where == "there" && act == "follow" {
		return []string{"out", "in"}
	}
	return ways
}

// In a community of this node.

func (k *chat) theyFollow() {
	k.say(k.bob.Follow(k.here.ID), k.bob)
	eventually(k.t, "they follow", func() bool { return k.community(k.here.ID).Followers == 1 })
}

func (k *chat) theyAreAccepted() { k.told(k.here.ID, "Accept", "Follow") }

func (k *chat) theyPost() {
	k.theirs = k.bob.Create(fedtest.Post{Community: k.here, Title: "Theirs", HTML: "<p>Words of theirs.</p>"})
	k.say(k.theirs, k.bob)
	k.shows(idOf(k.theirs), "Words of theirs.")
}

func (k *chat) wePost() {
	id := k.submit(k.us, k.here.ID, "Ours", "Words of ours.")
	k.ours = fedtest.Doc{"object": fedtest.Doc{"id": id}}
	k.announced(id, "Create")
}

func (k *chat) theyReply() {
	k.theirReply = k.bob.Create(fedtest.Post{
		Community: k.here, InReplyTo: idOf(k.ours), ParentBy: fedtest.Mention{ID: k.us, Handle: "@us@" + k.cfg.URL.Host}, HTML: "<p>An answer of theirs.</p>",
	})
	k.say(k.theirReply, k.bob)
	k.shows(idOf(k.theirReply), "An answer of theirs.")
	k.is(1, "the answer answers", `select count(*) from comment m join post p on p.id = m.post_id where m.uri = $1 and p.uri = $2`, idOf(k.theirReply), idOf(k.ours))
}

func (k *chat) weReply() {
	id := k.reply(k.us, idOf(k.theirs), "An answer of ours.")
	if k.partner.microblog { // told of no comments but those to its own people
		if r := k.told(id, "Create"); r.To != k.bob && k.peer.SharedInbox() == "" {
			k.t.Errorf("whoever is answered is not told: it went to %s", r.Target)
		}
		return
	}
	k.told(id, "Announce", "Create")
}

func (k *chat) theyVote() {
	up := `select up from post where uri = $1`
	like := k.bob.Like(idOf(k.ours), k.here)
	k.say(like, k.bob)
	k.is(2, "their vote", up, idOf(k.ours))
	k.say(k.bob.Undo(like, k.here), k.bob)
	k.is(1, "their vote, taken back", up, idOf(k.ours))
	if !k.partner.downvotes {
		return
	}
	down := `select down from post where uri = $1`
	no := k.bob.Dislike(idOf(k.ours), k.here)
	k.say(no, k.bob)
	k.is(1, "their vote against it", down, idOf(k.ours))
	k.say(k.bob.Undo(no, k.here), k.bob)
	k.is(0, "that, taken back", down, idOf(k.ours))
}

func (k *chat) weVote() {
	id := idOf(k.theirs)
	if k.partner.microblog { // which take a vote up from the voter, in the inbox of who wrote it
		k.vote(k.us, id, 1)
		k.told(id, "Like")
		k.vote(k.us, id, -1)
		k.told(id, "Undo", "Like")
		return
	}
	k.vote(k.us, id, 1)
	k.told(id, "Announce", "Like")
	k.vote(k.us, id, 0)
	k.told(id, "Announce", "Undo", "Like")
}

func (k *chat) theyEdit() {
	k.say(k.bob.Update(k.theirs["object"].(fedtest.Doc), k.here, reword("<p>Their words, changed.</p>")), k.bob)
	k.shows(idOf(k.theirs), "Their words, changed.")
}

func (k *chat) weEdit() {
	k.edit(k.us, idOf(k.ours), "Ours", "Our words, changed.")
	if k.partner.microblog { // which believe the author alone
		k.told(idOf(k.ours), "Update")
		return
	}
	k.told(idOf(k.ours), "Announce", "Update")
}

func (k *chat) theyDelete() {
	id := idOf(k.theirReply)
	k.say(k.bob.Delete(id, k.here), k.bob)
	k.becomes(forum.Deleted, id)
}

func (k *chat) weDelete() {
	id := k.submit(k.us, k.here.ID, "Soon gone", "Words.")
	k.announced(id, "Create")
	k.delete(k.us, id, false)
	if k.partner.microblog {
		k.told(id, "Delete")
		return
	}
	k.told(id, "Announce", "Delete")
}

func (k *chat) theyReport() {
	flag, by := k.flags(idOf(k.ours), k.here)
	k.say(flag, by)
	k.reported(idOf(k.ours), flag["actor"])
}

// flags is a report of something that somebody of this node wrote, and who sends it.
func (k *chat) flags(object string, in fedtest.Community) (fedtest.Doc, *fedtest.Actor) {
	switch {
	case k.partner.microblog: // by their server, for the account first of all
		return k.bob.Flag(object, "Look at this.", fedtest.Community{ID: k.us}), k.peer.Site()
	case k.peer.Software() == fedtest.NodeBB:
		flag := k.bob.Flag(object, "Look at this.", in)
		flag["object"] = []any{object, k.us}
		delete(flag, "summary")
		return flag, k.bob
	}
	return k.bob.Flag(object, "Look at this.", in), k.bob
}

// reported waits for a report, by whom it is.
func (k *chat) reported(object string, by any) {
	k.t.Helper()
	k.is(1, "their report", `select count(*) from report r left join person a on a.id = r.by_id left join post p on p.id = r.post_id left join comment m on m.id = r.comment_id
		where coalesce(m.uri, p.uri) = $1 and r.reason = 'Look at this.' and coalesce(a.uri, r.by_uri) = $2`, object, by)
}

func (k *chat) weReport() {
	id := idOf(k.theirs)
	k.report(id)
	if !k.partner.microblog {
		if inner := k.told(id, "Announce", "Flag").Object(); inner["actor"] != k.us || inner["content"] != "Look at that." {
			k.t.Errorf("a report without its reason, or by somebody else: %v", inner)
		}
		return
	}
	flag := k.told(id, "Flag").Activity
	if list, _ := flag["object"].([]any); len(list) != 2 || list[0] != k.bob.ID || flag["content"] != "Look at that." || flag["actor"] == k.us {
		k.t.Errorf("a microblog is told of a report so: %v", flag)
	}
}

func (k *chat) report(object string) {
	k.t.Helper()
	k.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return k.forum.Report(ctx, tx, []forum.Report{{By: k.person(k.us), Object: object, Reason: "Look at that."}})
	})
}

func (k *chat) theyLock() {
	lock := k.chairing().Lock(idOf(k.ours), k.here)
	k.say(lock, k.mod)
	k.is(1, "closed", `select count(*) from post where uri = $1 and locked`, idOf(k.ours))
	k.say(k.mod.Undo(lock, k.here), k.mod)
	k.is(0, "open again", `select count(*) from post where uri = $1 and locked`, idOf(k.ours))
}

func (k *chat) weLock() {
	id := idOf(k.theirs)
	k.moderates(k.chair, forum.Moderation{Verb: forum.VerbLock, Object: id, Reason: "enough"})
	k.told(id, "Announce", "Lock")
	k.moderates(k.chair, forum.Moderation{Verb: forum.VerbUnlock, Object: id})
	k.told(id, "Announce", "Undo", "Lock")
}

func (k *chat) theyPin() {
	k.say(k.chairing().Add(idOf(k.ours), k.here.ID+"/featured", k.here), k.mod)
	k.is(1, "pinned", `select count(*) from post where uri = $1 and pinned_at is not null`, idOf(k.ours))
	k.say(k.mod.TakeOut(idOf(k.ours), k.here.ID+"/featured", k.here), k.mod)
	k.is(0, "pinned no more", `select count(*) from post where uri = $1 and pinned_at is not null`, idOf(k.ours))
}

func (k *chat) wePin() {
	id := idOf(k.theirs)
	k.moderates(k.chair, forum.Moderation{Verb: forum.VerbPin, Object: id})
	k.told(id, "Announce", "Add")
	k.moderates(k.chair, forum.Moderation{Verb: forum.VerbUnpin, Object: id})
	k.told(id, "Announce", "Remove")
}

func (k *chat) theyRemove() {
	if k.partner.microblog {
		k.theyWithhold()
		return
	}
	removal := k.chairing().Remove(idOf(k.ours), "off topic", k.here)
	k.say(removal, k.mod)
	k.becomes(forum.Removed, idOf(k.ours))
	k.say(k.mod.Undo(removal, k.here), k.mod)
	k.becomes(forum.Live, idOf(k.ours))
}

// theyWithhold is how somebody of GoToSocial does not let a community announce what they
// wrote.
func (k *chat) theyWithhold() {
	post := k.bob.Create(fedtest.Post{Community: k.here, Title: "Not yours", HTML: "<p>Not for everybody.</p>"})
	id := idOf(post)
	k.say(post, k.bob)
	boost := k.told(id, "Announce")
	k.say(fedtest.Doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id + "/rejects/1", "type": "Reject", "actor": k.bob.ID, "to": k.here.ID, "object": boost.ID(),
	}, k.bob)
	k.becomes(forum.Removed, id)
	if undo := k.told(id, "Undo", "Announce").Object(); undo["id"] != boost.ID() {
		k.t.Errorf("another boost is taken back than %s: %v", boost.ID(), undo)
	}
}

func (k *chat) weRemove() {
	id := idOf(k.theirs)
	k.moderates(k.chair, forum.Moderation{Verb: forum.VerbRemove, Object: id, Reason: "off topic"})
	if k.partner.microblog {
		k.told(id, "Undo", "Announce")
		return
	}
	inner, _ := k.told(id, "Announce", "Delete").Object()["summary"].(string)
	if inner != "off topic" {
		k.t.Errorf("a removal without its reason: %q", inner)
	}
	k.moderates(k.chair, forum.Moderation{Verb: forum.VerbRestore, Object: id})
	k.told(id, "Announce", "Undo", "Delete")
}

func (k *chat) theyBan() {
	ban := k.chairing().Ban(k.us, "rude", k.here)
	k.say(ban, k.mod)
	banned := `select count(*) from ban b join person a on a.id = b.person_id join community c on c.id = b.community_id where a.uri = $1 and c.uri = $2`
	k.is(1, "banned", banned, k.us, k.here.ID)
	k.say(k.mod.Undo(ban, k.here), k.mod)
	k.is(0, "banned no more", banned, k.us, k.here.ID)
}

func (k *chat) weBan() {
	k.moderates(k.chair, forum.Moderation{Verb: forum.VerbBan, Object: k.bob.ID, Community: k.here.ID, Reason: "rude"})
	k.told(k.bob.ID, "Announce", "Block")
	k.moderates(k.chair, forum.Moderation{Verb: forum.VerbUnban, Object: k.bob.ID, Community: k.here.ID})
	k.told(k.bob.ID, "Announce", "Undo", "Block")
}

// chairing makes somebody of the peer a moderator here, once they are known.
func (k *chat) chairing() *fedtest.Actor {
	k.t.Helper()
	if !k.hereChairs {
		k.hereChairs = true
		like := k.mod.Like(idOf(k.ours), k.here)
		k.say(like, k.mod)
		k.is(1, "who moderates is known", `select count(*) from person where uri = $1`, k.mod.ID)
		k.appoint(k.here.ID, k.mod.ID)
	}
	return k.mod
}

// What the whole test asks and waits for.

// told waits for something about an object, said in activities of these types, the
// outermost first, and returns it. It must have been signed by its actor, and not
// refused.
func (k *chat) told(object string, types ...string) fedtest.Received {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), 5*time.Minute)
	defer cancel()
	r, err := k.peer.Wait(ctx, func(r fedtest.Received) bool { return speaks(r.Activity, types, object) })
	if err != nil {
		k.t.Fatalf("%s is not told %s of %s: %v", k.partner.name, strings.Join(types, " "), object, err)
	}
	if r.Refusal != "" || r.Err != nil || r.Status >= 400 {
		k.t.Errorf("%s refuses %s of %s: %d %s %v", k.partner.name, strings.Join(types, " "), object, r.Status, r.Refusal, r.Err)
	}
	return r
}

// announced waits for a new post of ours, in the form that the software takes.
func (k *chat) announced(post, kind string) {
	k.t.Helper()
	if k.partner.microblog {
		k.told(post, "Announce")
		return
	}
	k.told(post, "Announce", kind)
}

// speaks reports whether a document is an activity of the first type, on one of the
// next, and so on down to an object, embedded or by its id. Any of them may stand in a
// list with others.
func speaks(v any, types []string, object string) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return speaks(one, types, object) })
	case string:
		return len(types) == 0 && v == object
	case fedtest.Doc:
		if len(types) == 0 {
			return v["id"] == object
		}
		return v["type"] == types[0] && speaks(v["object"], types[1:], object)
	}
	return false
}

// is waits until the database has a number.
func (k *chat) is(want int, what, sql string, args ...any) {
	k.t.Helper()
	eventually(k.t, k.partner.name+": "+what, func() bool {
		var have int
		err := k.db.Pool().QueryRow(k.t.Context(), sql, args...).Scan(&have)
		return err == nil && have == want
	})
}

func (k *chat) shows(uri, words string) {
	k.t.Helper()
	eventually(k.t, k.partner.name+": "+words, func() bool { return strings.Contains(k.html(uri), words) })
}

func (k *chat) becomes(state forum.State, uri string) {
	k.t.Helper()
	k.is(int(state), fmt.Sprint(uri, " in state ", state), `select state from (select uri, state from post union all select uri, state from comment) x where uri = $1`, uri)
}

// reword changes the words of an object, in all the forms it has.
func reword(html string) func(fedtest.Doc) {
	return func(o fedtest.Doc) {
		o["content"] = html
		delete(o, "source")
		delete(o, "contentMap")
	}
}

func (n *testNode) appoint(community, person string) {
	n.t.Helper()
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		out, err := n.forum.Appoint(ctx, tx, community, person, "")
		return []forum.Outcome{out}, err
	})
}

// moderates does what a moderator of this node does.
func (n *testNode) moderates(by string, m forum.Moderation) {
	n.t.Helper()
	m.By = n.person(by)
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Moderate(ctx, tx, []forum.Moderation{m})
	})
}
