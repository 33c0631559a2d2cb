package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	ap "stoa/activitypub"
	"stoa/activitypub/markup"
	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// A document is one file, what there was before it came, and what must come of it.
type document struct {
	file string

	here    string        // origin whose part this node plays; "" means elsewhere's neighbour, stoa.example
	follows string        // community elsewhere that somebody here follows
	asks    string        // community elsewhere that somebody here asked to follow
	after   []string      // files that came before
	served  []fedtest.Doc // what else can be fetched
	known   []string      // ids of those that were fetched before
	wrapped bool          // an object that its community announces within its Create, not by id
	passed  bool          // an activity that the community of follows announces
	trusted string        // somebody elsewhere who moderates the communities here
	boosted string        // the id under which the last post that came was announced

	want   outcome
	lists  listing // of a collection
	says   string  // remark with which it was applied
	no     string  // reason for which it was refused
	reason string  // section that justifies a no
}

// A listing is what a backfill takes out of a collection: objects whose words count
// as they stand, and ids to ask for.
type listing struct{ objects, ids int }

// An outcome is what Postgres holds of a document afterwards.
type outcome struct {
	// post, reply, up, down, unvote, follow, unfollow, watch, deleted, remembered, undeleted, left, person, community, server, report,
	// resolved, described, or what a moderator did
	verb        string
	id          string // of what was made, changed, voted on, or followed
	by          string // author, voter, follower
	in          string // the community of a post, the parent of a reply
	title, link string // name shown, of an actor
	words       string // the opening words; in the table as many as tell it from others
	shape       forum.Shape
	attached    int    // pictures, recordings and files
	name, inbox string // of an actor: the user name; the inbox others share, else its own
	key         string
}

// stranger is somebody who votes on an object, so that it is fetched.
const stranger = "https://stranger.example/u/vera"

// TestRecordedDocuments holds what other servers wrote, as far as it is recorded, against the table.
func TestRecordedDocuments(t *testing.T) {
	t.Parallel()
	root := os.Getenv("STOA_CORPUS")
	if root == "" {
		t.Skip("STOA_CORPUS is not set: no documents of other servers to read")
	}
	holdToTable(t, "corpus", gather(t, root), slices.Concat(recordedOfLemmy, recordedOfOthers))
}

// TestMadeDocuments does the same with documents made from descriptions.
func TestMadeDocuments(t *testing.T) {
	t.Parallel()
	holdToTable(t, "made", gather(t, "testdata/made"), slices.Concat(madeOfPieFed, madeOfNodeBB, madeOfGoToSocial))
}

func holdToTable(t *testing.T, name string, f folder, table []document) {
	t.Helper()
	lines := map[string]bool{}
	for _, d := range table {
		if lines[d.file] {
			t.Errorf("%s is in the table twice", d.file)
		}
		lines[d.file] = true
		if f.bodies[d.file] == nil {
			t.Errorf("%s is in the table and not in the folder", d.file)
		}
	}
	for file := range f.bodies {
		if !lines[file] {
			t.Errorf("%s is in the folder and not in the table", file)
		}
	}
	var applied, refused atomic.Int64
	t.Run("each", func(t *testing.T) {
		for _, d := range table {
			t.Run(d.file, func(t *testing.T) {
				t.Parallel()
				if (d.no != "") == (d.reason == "") {
					t.Error("a no needs the section that says why, and nothing else does")
				}
				if d.no != "" {
					refused.Add(1)
				} else {
					applied.Add(1)
				}
				if f.bodies[d.file] != nil {
					d.check(t, f)
				}
			})
		}
	})
	t.Logf("%s: %d documents, %d applied, %d refused", name, len(table), applied.Load(), refused.Load())
}

// scene is one node in the world of one document.
type scene struct {
	*node
	*world
	t   *testing.T
	doc *document
	me  forum.Person // somebody here
}

func (d *document) check(t *testing.T, f folder) {
	t.Helper()
	body := f.bodies[d.file]
	if kind := about(t, body).kind(); ap.IsCollectionType(kind) {
		in := New(Options{BaseURL: &url.URL{Scheme: "https", Host: "stoa.example"}})
		c, err := ap.ReadCollection(body)
		if err != nil || c.ID != d.want.id {
			t.Errorf("%s %q, %v; want %q", kind, c.ID, err, d.want.id)
		}
		have := listing{}
		for _, item := range c.Items {
			switch o, id := in.ReadInside(item, c.ID); {
			case o != nil:
				have.objects++
			case id != "":
				have.ids++
			}
		}
		if have != d.lists {
			t.Errorf("%s lists %+v, want %+v", c.ID, have, d.lists)
		}
		return
	}
	if d.here == "" {
		d.here = "https://stoa.example"
	}
	s := &scene{t: t, doc: d, world: newWorld(t, f, d.here)}
	s.node = start(t, func(o *Options) { o.NoLimits, o.Messages = true, keptIn })
	s.world.node = s.url
	s.prepare(append([]string{d.file}, d.after...))
	for _, file := range d.after {
		s.come(file)
		s.settle()
	}
	if d.boosted != "" {
		if _, err := s.db.Pool().Exec(s.ctx, `update placement set boost_id = $1`, s.there(d.boosted)); err != nil {
			t.Fatal(err)
		}
	}
	tables := []string{"received", "seen", "person", "community", "actor_key", "server"}
	before := s.snapshot(tables...)
	said, applied := s.come(d.file)
	switch {
	case d.no != "" && (applied || said != d.no):
		t.Errorf("applied %v, says %q; want a refusal, %q", applied, said, d.no)
	case d.no == "" && (!applied || said != d.says):
		t.Errorf("applied %v, says %q; want it applied, %q\n%s", applied, said, d.says, s.back(s.verdicts()))
	}
	if d.want.verb == "" {
		s.unchanged(before)
		return
	}
	have := s.found(d.want)
	if d.want.words != "" && strings.HasPrefix(have.words, d.want.words) {
		have.words = d.want.words
	}
	if have != d.want {
		t.Errorf("there is\n%+v, want\n%+v\n%s", have, d.want, s.back(s.verdicts()))
	}
}

// ours finds what documents name of this node.
var ours = regexp.MustCompile(`^/(c|u|post)/([A-Za-z0-9_]+)`)

// named lists the communities, people and posts of this node that a text names.
func named(text, here string) map[string][]string {
	names := map[string][]string{}
	for _, rest := range strings.Split(text, here)[1:] {
		if part := ours.FindStringSubmatch(rest); part != nil {
			kind, name := part[1], strings.ToLower(part[2])
			if !slices.Contains(names[kind], name) {
				names[kind] = append(names[kind], name)
			}
		}
	}
	return names
}

// prepare makes all that the documents take for granted.
func (s *scene) prepare(files []string) {
	s.t.Helper()
	d := s.doc
	text := d.want.id + "\n" + d.want.in + "\n" + d.want.by
	for _, served := range d.served {
		s.put(served["id"].(string), served)
		text += "\n" + s.encode(served)
		s.people([]byte(s.encode(served)))
	}
	for _, group := range []string{d.follows, d.asks} {
		if group != "" {
			s.known("Group", group)
		}
	}
	s.put(stranger, minimal("Person", stranger))
	for _, file := range files {
		s.people(s.folder.bodies[file])
		text += "\n" + string(s.folder.bodies[file])
	}
	names := named(text, d.here)
	if len(names["c"]) == 0 {
		names["c"] = []string{"agora"}
	}
	for _, name := range names["c"] {
		s.node.found(name)
	}
	names["u"] = slices.DeleteFunc(names["u"], func(name string) bool { return slices.Contains(names["c"], name) }) // wrong in the document
	if len(names["u"]) == 0 {
		names["u"] = []string{"guide"}
	}
	for _, name := range names["u"] {
		s.me = s.live(name)
	}
	s.follow()
	for _, id := range names["post"] {
		place := s.url + "/c/" + names["c"][0]
		if d.follows != "" {
			place = s.there(d.follows)
		}
		s.write(id, place)
	}
	if d.trusted != "" {
		s.people([]byte(s.encode(fedtest.Doc{"actor": d.trusted})))
		if err := s.in.Discover(s.ctx, s.there(d.trusted)); err != nil {
			s.t.Fatal(err)
		}
		for _, name := range names["c"] {
			s.appoint(s.url+"/c/"+name, s.there(d.trusted))
		}
	}
	for _, id := range d.known {
		if err := s.db.EnqueueFetch(s.ctx, storage.FetchObject{IRI: s.there(id), Via: s.there(d.follows)}); err != nil {
			s.t.Fatal(err)
		}
		s.settle()
		s.want(1, `select count(*) from (select uri from post union all select uri from comment union all select uri from person) x where uri = $1`, s.there(id))
	}
}

// follow lets somebody here follow a community elsewhere, or wait for its answer.
func (s *scene) follow() {
	s.t.Helper()
	group, accepted := s.doc.follows, true
	if group == "" {
		group, accepted = s.doc.asks, false
	}
	if group == "" {
		return
	}
	asked := s.follows(s.me, &fedtest.Actor{ID: s.there(group)})
	if !accepted {
		return
	}
	s.receive(s.there(s.encode(fedtest.Doc{
		"id": origin(s.t, group) + "/accept/1", "type": "Accept", "actor": group, "object": s.back(fmt.Sprint(asked["id"])),
	})))
	s.settle()
	s.want(1, `select count(*) from follow where state = 2`)
}

// write makes a post of somebody here that has this number.
func (s *scene) write(number, community string) {
	s.t.Helper()
	if _, err := s.db.Pool().Exec(s.ctx, `select setval('post_id_seq', $1::text::int, false)`, number); err != nil {
		s.t.Fatal(err)
	}
	err := s.db.InTx(s.ctx, func(ctx context.Context, tx *storage.Tx) error {
		places, err := tx.CommunitiesByURI(ctx, []string{community})
		if err != nil {
			return err
		}
		out, err := s.forum.Submit(ctx, tx, []forum.Submit{{Post: forum.Post{
			Community: places[community], Author: s.me, Title: "Written here", TitleGiven: true,
		}}})
		if err == nil && out[0].Refused != nil {
			err = out[0].Refused
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// receive keeps an activity as the inbox keeps it once its signature is verified;
// what the door answers otherwise.
func (s *scene) receive(body string) (turnedAway string) {
	s.t.Helper()
	env, no := s.in.envelope([]byte(body))
	if no != nil {
		return no.reason
	}
	r := httptest.NewRequestWithContext(s.ctx, "POST", s.inbox(), nil)
	if a := s.in.keep(r, storage.Arrival{Verified: true, Body: []byte(body)}, env, env.Actor); a.status != 202 {
		s.t.Fatalf("answered %d %s", a.status, a.reason)
	}
	return ""
}

// come lets a document come in the way documents of its kind do, and waits for
// what comes of it. An actor is looked up, an object announced by its community,
// or else asked for because somebody voted on it.
func (s *scene) come(file string) (said string, applied bool) {
	s.t.Helper()
	body := s.folder.bodies[file]
	d := about(s.t, body)
	if ap.IsActorType(d.kind()) {
		if err := s.in.Discover(s.ctx, s.there(d.ID)); err != nil {
			return s.back(err.Error()), false
		}
		return "", true
	}
	activity, fetched := string(body), true
	switch author := d.author(); {
	case d.isActivity() && s.doc.passed:
		fetched = false
		activity = s.encode(fedtest.Doc{
			"id": origin(s.t, s.doc.follows) + "/announce/" + file, "type": "Announce", "actor": s.doc.follows, "object": json.RawMessage(body),
		})
	case d.isActivity():
		fetched = false
	case s.doc.follows != "" && d.kind() != "Tombstone":
		var object any = d.ID
		if s.doc.wrapped {
			object = json.RawMessage(body)
		}
		activity = s.encode(fedtest.Doc{
			"id": origin(s.t, s.doc.follows) + "/announce/1", "type": "Announce", "actor": s.doc.follows, "object": fedtest.Doc{
				"id": origin(s.t, author) + "/create/1", "type": "Create", "actor": author, "to": fedtest.Public, "object": object,
			},
		})
	default:
		activity = s.encode(fedtest.Doc{"id": stranger + "/like", "type": "Like", "actor": stranger, "object": d.ID})
	}
	id := about(s.t, []byte(activity)).ID
	if why := s.receive(s.there(activity)); why != "" {
		return why, false
	}
	s.settle()
	row := s.text(`select state || ' ' || reason from received where activity = $1 order by id desc limit 1`, s.there(id))
	state, said, _ := strings.Cut(row, " ")
	if fetched && said == "known already" {
		said = "" // when it was looked at again
	}
	return s.back(said), state == strconv.Itoa(int(storage.StateApplied))
}

func (s *scene) encode(doc fedtest.Doc) string {
	s.t.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body)
}

func origin(t *testing.T, iri string) string {
	t.Helper()
	o, err := ap.Origin(iri)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// found reads what Postgres holds where w says that there is something.
func (s *scene) found(w outcome) outcome {
	s.t.Helper()
	have := outcome{verb: w.verb, id: w.id, by: w.by}
	id, by := s.there(w.id), s.there(w.by)
	var words string
	row := func(sql string, args []any, into ...any) {
		s.t.Helper()
		if err := s.db.Pool().QueryRow(s.ctx, sql, args...).Scan(into...); err != nil {
			have.verb = "nothing: " + err.Error()
		}
	}
	switch w.verb {
	case "post":
		row(`select a.uri, c.uri, p.title, link, html, shape, coalesce(jsonb_array_length(attachments), 0) from post p join person a on a.id = author_id join community c on c.id = p.community_id
			where p.uri = $1 and p.state = 0`, []any{id}, &have.by, &have.in, &have.title, &have.link, &words,
			&have.shape, &have.attached)
	case "reply":
		row(`select a.uri, coalesce(q.uri, p.uri), c.html, coalesce(jsonb_array_length(c.attachments), 0) from comment c join person a on a.id = c.author_id join post p on p.id = c.post_id
			left join comment q on q.id = c.parent_id where c.uri = $1 and c.state = 0`, []any{id}, &have.by, &have.in, &words, &have.attached)
	case "message", "unsent":
		row(`select a.uri, b.uri, m.html, case when m.deleted then 'unsent' else 'message' end from message m join person a on a.id = author_id join person b on b.id = to_id
			where m.uri = $1`, []any{id}, &have.by, &have.in, &words, &have.verb)
	case "deleted":
		row(`select a.uri from (select uri, author_id, state from post union all select uri, author_id, state from comment) x
			join person a on a.id = author_id where x.uri = $1 and state = 1`, []any{id}, &have.by)
	case "remembered", "undeleted": // of what has not come yet
		row(`select case when undone then 'undeleted' else 'remembered' end from early_delete where uri = $1 and by = $2`, []any{id, by}, &have.verb)
	case "up", "down", "unvote":
		row(`select case dir when 1 then 'up' when -1 then 'down' else 'unvote' end from vote v join person a on a.id = person_id
			join (select 1 as kind, id, uri from post union all select 2, id, uri from comment) x on x.kind = subject_kind and x.id = subject_id
			where x.uri = $1 and a.uri = $2`, []any{id, by}, &have.verb)
	case "follow", "unfollow":
		row(`select case state when 2 then 'follow' when 0 then 'unfollow' else 'pending' end from follow join person a on a.id = person_id
			join community c on c.id = community_id where c.uri = $1 and a.uri = $2`, []any{id, by}, &have.verb)
	case "watch": // of somebody here
		row(`select case when f.state = 2 then 'watch' else 'pending' end from follow f join person a on a.id = f.person_id join community c on c.id = f.community_id
			where c.uri = $1 and a.uri = $2`, []any{id, by}, &have.verb)
	case "remove", "restore", "recall", "ban", "unban", "appoint", "dismiss", "pin", "unpin", "lock", "unlock":
		row(`select m.verb, coalesce(a.uri, ''), c.uri, m.reason from moderation m left join person a on a.id = m.actor_id join community c on c.id = m.community_id
			where target = $1 order by m.id desc limit 1`, []any{id}, &have.verb, &have.by, &have.in, &words)
	case "warn":
		row(`select a.uri, n.reason from notice n join person a on a.id = n.actor_id join post p on p.id = n.post_id where p.uri = $1`, []any{id}, &have.by, &words)
	case "described":
		row(`select title, summary_html from community where uri = $1 and local`, []any{id}, &have.title, &words)
	case "report", "resolved": // of a post or comment of ours
		row(`select coalesce(a.uri, r.by_uri), case when closed_at is null then 'report' else 'resolved' end from report r left join person a on a.id = r.by_id left join post p on p.id = r.post_id left join comment m on m.id = r.comment_id
			where coalesce(m.uri, p.uri) = $1`, []any{id}, &have.by, &have.verb)
	case "left":
		row(`select case when gone then 'left' else 'stayed' end from person where uri = $1`, []any{id}, &have.verb)
	case "person", "community":
		row(`select title, name, coalesce(nullif(shared_inbox, ''), inbox), k.key_id from `+w.verb+` a join actor_key k on k.owner = a.uri
			where uri = $1 and not gone`, []any{id}, &have.title, &have.name, &have.inbox, &have.key)
	case "server":
		row(`select key_id from actor_key where owner = $1`, []any{id}, &have.key)
	default:
		s.t.Fatalf("no verb: %q", w.verb)
	}
	have.words = markup.Plain(words, 400)
	for _, field := range []*string{&have.by, &have.in, &have.title, &have.link, &have.words, &have.inbox, &have.key} {
		*field = s.back(*field)
	}
	return have
}
