package private_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage/private"
)

// exportedIn says of each column that names a person in which part of an export its
// rows are, or, in words, why in none.
var exportedIn = map[string]string{
	"account.person_id":        "account",
	"ban.person_id":            "bannedFrom",
	"collection.person_id":     "collections",
	"comment.author_id":        "comments",
	"conversation.person_id":   "messages",
	"conversation.with_id":     "it is the other's side of what is in messages",
	"domain_allow.by_id":       "it is what somebody did for the node, in moderated",
	"domain_block.by_id":       "it is what somebody did for the node, in moderated unless it is quiet",
	"draft.person_id":          "drafts",
	"follow.person_id":         "communities",
	"held.person_id":           "waiting",
	"mark.person_id":           "marks",
	"message.author_id":        "messages",
	"message.to_id":            "messages",
	"message_report.author_id": "it is what another told the admins in confidence",
	"message_report.by_id":     "reportsOfMessages",
	"moderation.actor_id":      "moderated",
	"moderation.person_id":     "it is in the public log; what holds is in bannedFrom, what they were told in notifications",
	"moderator.person_uri":     "moderates",
	"notice.about_id":          "it is what the admins were told",
	"notice.actor_id":          "it is what another was told",
	"notice.person_id":         "notifications",
	"one_time_link.person_id":  "it is a secret, and lasts a day",
	"poll_vote.person_id":      "pollVotes",
	"person.successor_id":      "account",
	"post.author_id":           "posts",
	"quote_grant.person_id":    "it is what others asked for, on other servers, and which of their own posts quote what",
	"reaction.person_id":       "votes",
	"report.by_id":             "reports",
	"report.closed_by":         "it is what an admin or a moderator did with what another reported",
	"report.person_id":         "it is what another told moderators in confidence",
	"server_ban.person_id":     "bannedFrom",
	"session.person_id":        "sessions",
	"shun.person_id":           "blocked",
	"sweep.by_id":              "it is a post, a comment or a community",
	"sweep.person_id":          "it is of which ban something is left to do, which is in bannedFrom",
	"swept.by_id":              "it is a post, a comment or a community",
	"swept.person_id":          "it is with which ban posts went, which are in posts",
	"upload.person_id":         "the pictures themselves are in the file: see TestLeaving of web/member",
	"upload_use.person_id":     "it is which of their posts have their pictures: the posts name them",
	"vote.person_id":           "votes",
	"wanted.person_id":         "wanted",

	"actor_key.owner":  "it is the key of an actor elsewhere",
	"report.by_uri":    "it is somebody elsewhere whom nobody here knows",
	"early_delete.by":  "it is the word of somebody elsewhere, for four days",
	"local_key.owner":  "it is the key that the node signs with, a secret",
	"log.actor":        "it is what is told of posts and comments that are here, for 31 days",
	"log.micro_signer": "it is what is told of posts and comments that are here, for 31 days",
	"log.signer":       "it is what is told of posts and comments that are here, for 31 days",
	"received.actor":   "it is what somebody elsewhere sent",
}

// exported are the parts of what somebody is handed, with their rows.
func (n *node) exported(person int64) (parts []string, rows map[string][]string) {
	n.Helper()
	rows = map[string][]string{}
	n.must(n.own.Export(n.Context(), person, func(name string) error {
		parts = append(parts, name)
		return nil
	}, func(row json.RawMessage) error {
		if !json.Valid(row) {
			n.Errorf("%s", row)
		}
		last := parts[len(parts)-1]
		rows[last] = append(rows[last], string(row))
		return nil
	}))
	return parts, rows
}

// Whatever the database has of a person is in what they are handed, or is known not
// to be.
func TestExportIsComplete(t *testing.T) {
	n := newNode(t)
	parts, _ := n.exported(n.ann)
	rows, err := n.db.Pool().Query(t.Context(), `
		select c.conrelid::regclass || '.' || a.attname from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
			where c.contype = 'f' and c.confrelid in ('person'::regclass, 'account'::regclass)
		union select x.relname || '.' || a.attname from pg_class x join pg_attribute a on a.attrelid = x.oid and a.attnum > 0
			where x.relkind in ('r', 'p') and not x.relispartition and x.relnamespace = 'public'::regnamespace and x.relname not like 'river%'
				and a.atttypid in ('text'::regtype, 'integer'::regtype, 'bigint'::regtype)
				and a.attname ~ '(^|_)(person|account|author|actor|owner|signer|by)(_|$)' and x.relname <> 'person' order by 1`)
	n.must(err)
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	n.must(err)
	for _, c := range columns {
		where := exportedIn[c]
		if where == "" {
			t.Errorf("%s is in no part of an export, and nobody says why", c)
		}
		if !strings.Contains(where, " ") && !slices.Contains(parts, where) {
			t.Errorf("%s is in the part %q, which there is not", c, where)
		}
	}
	for c := range exportedIn {
		if !slices.Contains(columns, c) {
			t.Errorf("there is no %s", c)
		}
	}
}

// All that belongs to somebody is handed on, with no secret in it, and nothing that
// belongs to another.
func TestExport(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "ann@mail.test")
	n.open(n.bob, "bob@mail.test")
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := n.db.Pool().Exec(t.Context(), sql, args...)
		n.must(err)
	}
	for name, p := range map[string]int64{"ann": n.ann, "bob": n.bob} {
		n.must(n.own.SaveDraft(t.Context(), p, "post", account.Draft{Title: "draft"}, noon))
		n.must(n.own.Save(t.Context(), p, forum.Subject{Kind: forum.OnPost, ID: 1}, true, noon))
		n.must(n.own.Shun(t.Context(), p, private.ShunHost, 0, "far.example", true, noon))
		c := n.community("place_of_" + name)
		n.must(n.put(p, n.collect(p, "Reading"), c))
		exec(`insert into wanted (person_id, host, name) values ($1, 'far.example', 'cats')`, p)
		_, kept := account.NewToken()
		n.must(n.own.Begin(t.Context(), p, account.Session{Token: kept, Made: noon, Agent: "Browser"}))
		if ok, err := n.own.Hold(t.Context(), p, account.Draft{Text: "held"}, noon); !ok || err != nil {
			t.Fatal(ok, err)
		}
		exec(`insert into notice (person_id, kind, reason) values ($1, 4, 'why')`, p)
		far := n.far("friend_of_"+name, "far.example")
		exec(`insert into message (uri, author_id, to_id, source, format, html, published_at, arrived_at, seen) values ('https://far.example/m/' || (select name from person where id = $1), $2, $1, '', 1, '', $3, $3, true)`, p, far.ID, noon)
		exec(`insert into conversation (person_id, with_id, state, began_at, last_id) values ($1, $2, 2, $3, 99)`, p, far.ID, noon)
		exec(`insert into message_report (by_id, author_id, uri, html, reason, at) values ($1, $2, 'https://far.example/m/' || (select name from person where id = $1), '', 'rude', $3)`, p, far.ID, noon)
		exec(`insert into post (id, uri, local, community_id, author_id, published_at, submitted_at, poll)
			values ($1, 'https://node.test/post/' || (select name from person where id = $1), true, $2, $1, $3, $3, '{"options": [{"name": "tea"}]}')`, p, c, noon)
		exec(`insert into comment (id, uri, local, post_id, depth, author_id, in_reply_to, published_at) values ($1, 'https://node.test/comment/' || (select name from person where id = $1), true, $1, 1, $1, '', $2)`, p, noon)
		exec(`insert into revision (subject_kind, subject_id, at, source, format, html) values (2, $1, $2, '', 1, '')`, p, noon)
		exec(`insert into vote (subject_kind, subject_id, person_id, dir, at) values (1, $1, $1, 1, $2)`, p, noon)
		exec(`insert into poll_vote (post_id, person_id, choice, at) values ($1, $1, 0, $2)`, p, noon)
		exec(`insert into follow (person_id, community_id, state, at) values ($1, $2, 2, $3)`, p, c, noon)
		exec(`insert into moderator (community_id, person_uri) select $2, uri from person where id = $1`, p, c)
		exec(`insert into report (at, by_id, community_id, post_id, reason) values ($3, $1, $2, $1, 'rude')`, p, c, noon)
		exec(`insert into moderation (at, verb, target, actor_id, community_id) values ($3, 'lock', 'https://node.test/post/' || (select name from person where id = $1), $1, $2)`, p, c, noon)
		exec(`insert into ban (community_id, person_id, at) values ($2, $1, $3)`, p, c, noon)
	}
	// Who is followed, and who follows back, each apart.
	for wall, who := range map[string]string{"https://far.example/u/friend_of_ann": "ann", "https://node.test/u/ann": "friend_of_ann"} {
		exec(`insert into community (uri, name, host, local, wall) select uri, name, host, local, true from person where uri = $1`, wall)
		exec(`insert into follow (person_id, community_id, state, at) select p.id, c.id, 2, $3 from community c, person p where c.uri = $1 and p.name = $2`, wall, who, noon)
	}
	exec(`update person set also_known_as = 'https://old.example/u/ann' where id = $1`, n.ann)
	exec(`update account set totp = 'SECRET', password = 'SECRET', recovery = '{SECRET}'`)
	parts, rows := n.exported(n.ann)
	for part, has := range map[string]string{"communities": "!place_of_ann@", "following": "@friend_of_ann@", "followers": "@friend_of_ann@", "account": `["https://old.example/u/ann"]`} {
		if !strings.Contains(strings.Join(rows[part], ""), has) {
			t.Errorf("%s: %q", part, rows[part])
		}
	}
	all := ""
	for _, part := range parts {
		if len(rows[part]) != 1 {
			t.Errorf("%s: %q", part, rows[part])
		}
		all += strings.Join(rows[part], "")
	}
	if strings.Contains(all, "SECRET") || strings.Contains(all, "bob") || !strings.Contains(all, "ann@mail.test") {
		t.Errorf("%v: %s", parts, all)
	}
}
