package main

import (
	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

// The same conversation in a community of the other side.

func (k *chat) weFollowThere() {
	k.hall = k.peer.Hall("cats")
	k.hall.Appoint(k.ann.ID)
	k.join()
}

func (k *chat) weAreAcceptedThere() {
	k.is(1, "our follow is accepted", `select count(*) from follow f join community c on c.id = f.community_id where c.uri = $1 and f.state = 2`, k.hall.ID)
}

func (k *chat) theyPostThere() {
	k.thereDocs = k.hall.Post(k.ann, fedtest.Post{Title: "Theirs", HTML: "<p>Words of theirs, there.</p>"})
	k.there = idOf(k.thereDocs)
	k.tell(k.thereDocs)
	k.shows(k.there, "Words of theirs, there.")
}

func (k *chat) wePostThere() {
	id := k.submit(k.us, k.hall.ID, "Ours", "Words of ours, there.")
	k.told(id, "Create")
}

func (k *chat) theyReplyThere() {
	k.thereReply = k.hall.Reply(k.bob, k.there, "<p>An answer of theirs, there.</p>")
	k.tell(k.thereReply)
	k.shows(idOf(k.thereReply), "An answer of theirs, there.")
}

func (k *chat) weReplyThere() {
	k.answer = k.reply(k.us, k.there, "An answer of ours, there.")
	k.told(k.answer, "Create")
}

func (k *chat) theyVoteThere() {
	k.tell(k.eve.Like(k.there, k.hall.There))
	up := 2
	if k.peer.Software() == fedtest.PieFed {
		up = 3 // told together with another
	}
	k.is(up, "a vote of theirs, there", `select up from post where uri = $1`, k.there)
}

func (k *chat) weVoteThere() {
	k.vote(k.us, k.there, 1)
	k.told(k.there, "Like")
	k.vote(k.us, k.there, 0)
	k.told(k.there, "Undo", "Like")
}

func (k *chat) theyEditThere() {
	k.tell(k.ann.Update(k.thereDocs["object"].(fedtest.Doc), k.hall.There, reword("<p>Their words there, changed.</p>")))
	k.shows(k.there, "Their words there, changed.")
}

func (k *chat) weEditThere() {
	k.edit(k.us, k.answer, "", "Our answer there, changed.")
	k.told(k.answer, "Update")
}

func (k *chat) theyDeleteThere() {
	fleeting := k.hall.Post(k.ann, fedtest.Post{Title: "Soon gone", HTML: "<p>Soon gone.</p>"})
	k.tell(fleeting)
	k.shows(idOf(fleeting), "Soon gone.")
	k.hall.Forget(idOf(fleeting))
	k.tell(k.ann.Delete(idOf(fleeting), k.hall.There))
	k.becomes(forum.Deleted, idOf(fleeting))
}

func (k *chat) weDeleteThere() {
	k.delete(k.us, k.answer, false)
	k.told(k.answer, "Delete")
}

// theyReportThere reports what somebody of this node wrote: the community passes it on,
// or whoever reports tells the author's server too.
func (k *chat) theyReportThere() {
	mine := k.reply(k.us, k.there, "Bad words of ours.")
	k.told(mine, "Create")
	flag, by := k.flags(mine, k.hall.There)
	if s := k.peer.Software(); s == fedtest.Mbin || s == fedtest.NodeBB {
		k.say(flag, by)
	} else {
		k.tell(flag)
	}
	k.reported(mine, k.bob.ID)
}

func (k *chat) weReportThere() {
	k.report(k.there)
	flag := k.told(k.there, "Flag")
	if flag.Activity["summary"] != "Look at that." || flag.Activity["content"] != "Look at that." {
		k.t.Errorf("a report without its reason: %v", flag.Activity)
	}
}

func (k *chat) theyLockThere() {
	lock := k.ann.Lock(k.there, k.hall.There)
	k.tell(lock)
	k.is(1, "closed there", `select count(*) from post where uri = $1 and locked`, k.there)
	k.tell(k.ann.Undo(lock, k.hall.There))
	k.is(0, "open again there", `select count(*) from post where uri = $1 and locked`, k.there)
}

func (k *chat) weLockThere() {
	k.chairThere()
	k.moderates(k.us, forum.Moderation{Verb: forum.VerbLock, Object: k.there, Reason: "enough"})
	k.told(k.there, "Lock")
	k.moderates(k.us, forum.Moderation{Verb: forum.VerbUnlock, Object: k.there})
	k.told(k.there, "Undo", "Lock")
}

func (k *chat) theyPinThere() {
	k.tell(k.ann.Add(k.there, k.hall.Featured, k.hall.There))
	k.is(1, "pinned there", `select count(*) from post where uri = $1 and pinned_at is not null`, k.there)
	k.tell(k.ann.TakeOut(k.there, k.hall.Featured, k.hall.There))
	k.is(0, "pinned no more there", `select count(*) from post where uri = $1 and pinned_at is not null`, k.there)
}

func (k *chat) wePinThere() {
	k.chairThere()
	k.moderates(k.us, forum.Moderation{Verb: forum.VerbPin, Object: k.there})
	if pin := k.told(k.there, "Add"); pin.Activity["target"] != k.hall.Featured {
		k.t.Errorf("pinned in %v, which is not its list %s", pin.Activity["target"], k.hall.Featured)
	}
	k.moderates(k.us, forum.Moderation{Verb: forum.VerbUnpin, Object: k.there})
	k.told(k.there, "Remove")
}

func (k *chat) theyRemoveThere() {
	id := idOf(k.thereReply)
	removal := k.ann.Remove(id, "off topic", k.hall.There)
	k.tell(removal)
	k.becomes(forum.Removed, id)
	k.tell(k.ann.Undo(removal, k.hall.There))
	k.becomes(forum.Live, id)
}

func (k *chat) weRemoveThere() {
	k.chairThere()
	k.moderates(k.us, forum.Moderation{Verb: forum.VerbRemove, Object: k.there, Reason: "off topic"})
	if removal := k.told(k.there, "Delete"); removal.Activity["summary"] != "off topic" {
		k.t.Errorf("a removal without its reason: %v", removal.Activity)
	}
	k.moderates(k.us, forum.Moderation{Verb: forum.VerbRestore, Object: k.there})
	k.told(k.there, "Undo", "Delete")
}

func (k *chat) theyBanThere() {
	banned := `select count(*) from ban b join person a on a.id = b.person_id join community c on c.id = b.community_id where a.uri = $1 and c.uri = $2`
	ban := k.ann.Ban(k.us, "rude", k.hall.There)
	k.tell(ban)
	k.is(1, "banned there", banned, k.us, k.hall.ID)
	k.tell(k.ann.Undo(ban, k.hall.There))
	k.is(0, "banned no more there", banned, k.us, k.hall.ID)
}

func (k *chat) weBanThere() {
	k.chairThere()
	k.moderates(k.us, forum.Moderation{Verb: forum.VerbBan, Object: k.bob.ID, Community: k.hall.ID, Reason: "rude"})
	k.told(k.bob.ID, "Block")
	k.moderates(k.us, forum.Moderation{Verb: forum.VerbUnban, Object: k.bob.ID, Community: k.hall.ID})
	k.told(k.bob.ID, "Undo", "Block")
}

// chairThere has somebody of this node moderate there, as that community announces.
func (k *chat) chairThere() {
	k.t.Helper()
	if k.thereChair {
		return
	}
	k.thereChair = true
	k.tell(k.ann.Add(k.us, k.hall.Moderators, k.hall.There))
	k.is(1, "somebody of ours moderates there", `select count(*) from moderator m join community c on c.id = m.community_id where m.person_uri = $1 and c.uri = $2`, k.us, k.hall.ID)
}
