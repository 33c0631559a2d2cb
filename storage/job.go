package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"stoa/federation/forum"
)

// The queues of the jobs that get what is only looked at: FetchPicture and FetchPage.
// Threads do not wait behind pictures, nor pictures behind slow pages.
const (
	PictureQueue = "pictures"
	PageQueue    = "pages"
)

// FetchObject is the job of getting an object that something received refers to.
// There is one at a time for each id and way to it.
type FetchObject struct {
	IRI string `json:"iri" river:"unique"`
	// Via is the id of the community that announced what refers to it: the object
	// may then be part of that community's threads.
	Via string `json:"via,omitempty" river:"unique"`
	// Asker is the domain on whose behalf it is asked for; who wants the same
	// later joins. Empty where nobody pays for it.
	Asker string `json:"asker,omitempty"`
	// Refresh asks for what is known already, since it is said to have changed.
	Refresh bool `json:"refresh,omitempty" river:"unique"`
	// Quoting is set where IRI is said to allow what has this id to quote something: what
	// it says is read, and nothing else.
	Quoting string `json:"quoting,omitempty" river:"unique"`
	// Late is a look besides the one that is asked for at once.
	Late bool `json:"late,omitempty" river:"unique"`
}

// Kind implements river.JobArgs.
func (FetchObject) Kind() string { return "fetch_object" }

// InsertOpts implements river.JobArgsWithInsertOpts. Completed is left out of the
// states that block a second job: an object may be asked for again.
func (FetchObject) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 6, UniqueOpts: onceAtATime}
}

// Letter is the job of sending mail. It holds a link that lets whoever has it do
// something once, for as long as the link works.
type Letter struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// Kind implements river.JobArgs.
func (Letter) Kind() string { return "letter" }

// InsertOpts implements river.JobArgsWithInsertOpts. After the tries, some 20
// minutes, most links have run out.
func (Letter) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 6} }

// Mail sends a letter once the transaction is committed.
func (t *Tx) Mail(ctx context.Context, l Letter) error {
	if _, err := t.jobs.InsertTx(ctx, t.tx, l, nil); err != nil {
		return fmt.Errorf("storage.Mail: %w", err)
	}
	return nil
}

// TellPoll is the job of telling others how a poll stands.
type TellPoll struct {
	Post int64 `json:"post" river:"unique"`
	// Final is the one for when the poll ends.
	Final bool `json:"final,omitempty" river:"unique"`
}

// Kind implements river.JobArgs.
func (TellPoll) Kind() string { return "tell_poll" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (TellPoll) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 10, UniqueOpts: onceAtATime}
}

// TellPolls implements forum.PollTx. A vote holds its post's row, and so does whoever
// tells: what is counted while others are being told finds the job done, and asks for
// the next.
func (t *Tx) TellPolls(ctx context.Context, posts []int64, at []time.Time, final bool) error {
	if len(posts) == 0 {
		return nil
	}
	jobs := make([]river.InsertManyParams, len(posts))
	for i, p := range posts {
		jobs[i] = river.InsertManyParams{Args: TellPoll{Post: p, Final: final}, InsertOpts: &river.InsertOpts{ScheduledAt: at[i]}}
	}
	if _, err := t.jobs.InsertManyTx(ctx, t.tx, jobs); err != nil {
		return fmt.Errorf("storage.TellPolls: %w", err)
	}
	return nil
}

// PollTold completes a job in the transaction that told.
func (t *Tx) PollTold(ctx context.Context, job *river.Job[TellPoll]) error {
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, t.tx, job); err != nil {
		return fmt.Errorf("storage.PollTold: %w", err)
	}
	return nil
}

var onceAtATime = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
	rivertype.JobStateScheduled, rivertype.JobStateRetryable,
}}

// maxOpen is how many objects are asked for at one time on behalf of one asker.
const maxOpen = 100

// affordable counts what is asked for already on behalf of these askers, and
// returns which of the fetches may be asked for besides.
func (t *Tx) affordable(ctx context.Context, fetches []FetchObject) (map[FetchObject]bool, error) {
	may := map[FetchObject]bool{}
	var askers []string
	for _, f := range fetches {
		if f.Asker != "" {
			askers = append(askers, f.Asker)
		}
	}
	open := map[string]int{}
	if len(askers) > 0 {
		var asker string
		var n int
		err := each(ctx, t.tx, "storage: open fetches", []any{&asker, &n}, func() { open[asker] = n }, `select args->>'asker', count(*) from river_job
			where kind = $1 and state in ('available', 'pending', 'running', 'scheduled', 'retryable') and args->>'asker' = any($2) group by 1`,
			FetchObject{}.Kind(), askers)
		if err != nil {
			return nil, err
		}
	}
	for _, f := range fetches {
		if may[f] || f.Asker != "" && open[f.Asker] >= maxOpen {
			continue
		}
		may[f] = true
		open[f.Asker]++
	}
	return may, nil
}

// enqueueFetches asks for objects in the transaction that found them missing, not
// before a moment if there is one.
func (t *Tx) enqueueFetches(ctx context.Context, fetches []FetchObject, at time.Time) error {
	var jobs []river.InsertManyParams
	asked := map[FetchObject]bool{}
	for _, f := range fetches {
		same := FetchObject{IRI: f.IRI, Via: f.Via, Refresh: f.Refresh, Late: f.Late, Quoting: f.Quoting}
		if f.IRI != "" && !asked[same] {
			asked[same] = true
			jobs = append(jobs, river.InsertManyParams{Args: f, InsertOpts: &river.InsertOpts{ScheduledAt: at}})
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	if _, err := t.jobs.InsertManyTx(ctx, t.tx, jobs); err != nil {
		return fmt.Errorf("storage: enqueue fetches: %w", err)
	}
	return nil
}

// EndFetch completes a job in the transaction of its last effect. It comes
// before Wake and GiveUp: whoever wants the same object meanwhile has been told
// that this job gets it, and holds the job's row until they are in the list of
// those waiting. So this waits for them, and nobody is forgotten.
func (t *Tx) EndFetch(ctx context.Context, job *river.Job[FetchObject]) error {
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, t.tx, job); err != nil {
		return fmt.Errorf("storage: complete fetch of %q: %w", job.Args.IRI, err)
	}
	return nil
}

func newInserter(db *DB) (*river.Client[pgx.Tx], error) {
	client, err := river.NewClient(riverpgxv5.New(db.pool), &river.Config{})
	if err != nil {
		return nil, fmt.Errorf("storage: jobs: %w", err)
	}
	return client, nil
}

// AskAgain asks for an object, unless as many as may be are asked for on behalf
// of the asker, and reports whether it did.
func (t *Tx) AskAgain(ctx context.Context, f FetchObject) (bool, error) {
	return t.AskLater(ctx, f, time.Time{})
}

// AskLater is AskAgain for a moment to come.
func (t *Tx) AskLater(ctx context.Context, f FetchObject, at time.Time) (bool, error) {
	may, err := t.affordable(ctx, []FetchObject{f})
	if err != nil || !may[f] {
		return false, err
	}
	return true, t.enqueueFetches(ctx, []FetchObject{f}, at)
}

// EnqueueFetch is AskAgain in a transaction of its own: it is a hint, and nothing
// waits for it.
func (db *DB) EnqueueFetch(ctx context.Context, f FetchObject) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.AskAgain(ctx, f)
		return err
	})
}

// FetchPicture is the job of getting a picture of another server and keeping it in
// one size.
type FetchPicture struct {
	URL  string `json:"url" river:"unique"`
	Size string `json:"size" river:"unique"`
	// Domain is the registrable domain of URL.
	Domain string `json:"domain"`
}

// Kind implements river.JobArgs.
func (FetchPicture) Kind() string { return "fetch_picture" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (FetchPicture) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 4, UniqueOpts: onceAtATime, Queue: PictureQueue}
}

// FetchPage is the job of reading what the page behind a link says of itself.
type FetchPage struct {
	URL string `json:"url" river:"unique"`
}

// Kind implements river.JobArgs.
func (FetchPage) Kind() string { return "fetch_page" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (FetchPage) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 4, UniqueOpts: onceAtATime, Queue: PageQueue}
}

// Pictures that are asked for and not here yet: whoever opens pages makes jobs.
const (
	openPictures       = 5_000
	openPicturesDomain = 500
)

// AskPicture asks for a picture, unless it failed and it is too early to try again,
// or too many are asked for already. coming says whether it is on its way.
func (db *DB) AskPicture(ctx context.Context, f FetchPicture) (coming bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		var open, ofDomain int
		var failed bool
		err := tx.tx.QueryRow(ctx, `select exists (select 1 from picture_failure where url = $1 and retry_at > now()),
				count(*), count(*) filter (where args->>'domain' = $2)
			from river_job where kind = $3 and state in ('available', 'pending', 'running', 'scheduled', 'retryable')`,
			f.URL, f.Domain, f.Kind()).Scan(&failed, &open, &ofDomain)
		if err != nil {
			return fmt.Errorf("storage.AskPicture: %w", err)
		}
		coming = !failed
		if failed || open >= openPictures || ofDomain >= openPicturesDomain {
			return nil
		}
		if _, err := tx.jobs.InsertTx(ctx, tx.tx, f, nil); err != nil {
			return fmt.Errorf("storage.AskPicture: %w", err)
		}
		return nil
	})
	return coming, err
}

// PictureFailed notes that a picture cannot be shown. It is asked for again after
// wait, twice as long after each further failure, at most 30 days; never when wait
// is 0.
func (db *DB) PictureFailed(ctx context.Context, url, reason string, refused bool, wait time.Duration) error {
	_, err := db.pool.Exec(ctx, `insert into picture_failure as f (url, reason, refused, retry_at)
		values ($1, $2, $3, case when $4::interval = '0' then 'infinity' else now() + $4 end)
		on conflict (url) do update set reason = $2, refused = $3, tries = least(f.tries + 1, 1000), retry_at =
			case when $4 = '0' then 'infinity' else now() + least($4 * 2.0 ^ least(f.tries, 20), '30 days') end`, url, reason, refused, wait)
	if err != nil {
		return fmt.Errorf("storage.PictureFailed: %w", err)
	}
	return nil
}

// PictureRefused reports whether a picture must not be shown whoever has it.
func (db *DB) PictureRefused(ctx context.Context, url string) (refused bool, err error) {
	err = db.pool.QueryRow(ctx, `select exists (select 1 from picture_failure where url = $1 and refused)`, url).Scan(&refused)
	if err != nil {
		return false, fmt.Errorf("storage.PictureRefused: %w", err)
	}
	return refused, nil
}

// ForgetPicture takes back that a picture cannot be shown, and reports whether that
// was noted.
func (db *DB) ForgetPicture(ctx context.Context, url string) (was bool, err error) {
	tag, err := db.pool.Exec(ctx, `delete from picture_failure where url = $1`, url)
	if err != nil {
		return false, fmt.Errorf("storage.ForgetPicture: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

// openPages is how many pages are asked for at a time; what is posted meanwhile is a
// plain link until somebody posts it again.
const openPages = 2_000

// askPages asks for what the pages behind links say of themselves, once for each
// link whoever posts it.
func (t *Tx) askPages(ctx context.Context, links []string) error {
	var fresh []string
	var link string
	err := each(ctx, t.tx, "storage: links", []any{&link}, func() { fresh = append(fresh, link) },
		`insert into link_preview (url) select distinct l from unnest($1::text[]) l where octet_length(l) <= $2 and $3 > (
			select count(*) from (select 1 from river_job where kind = $4 and state in ('available', 'pending', 'running', 'scheduled', 'retryable') limit $3) open)
		order by l on conflict do nothing returning url`, links, longestLink, openPages, FetchPage{}.Kind())
	if err != nil || len(fresh) == 0 {
		return err
	}
	jobs := make([]river.InsertManyParams, len(fresh))
	for i, l := range fresh {
		jobs[i] = river.InsertManyParams{Args: FetchPage{URL: l}}
	}
	if _, err := t.jobs.InsertManyTx(ctx, t.tx, jobs); err != nil {
		return fmt.Errorf("storage: ask for pages: %w", err)
	}
	return nil
}

// longestLink is the longest address that an index takes for certain.
const longestLink = 2000

// SavePreview keeps what the page behind a link says of itself; nil when that is
// not to be had.
func (db *DB) SavePreview(ctx context.Context, url string, p *forum.Preview) error {
	state := 1
	if p == nil {
		p, state = &forum.Preview{}, 2
	}
	_, err := db.pool.Exec(ctx, `update link_preview set title = $2, description = $3, site = $4, picture = $5, picture_alt = $6, state = $7,
		fetched_at = now() where url = $1`, url, p.Title, p.Description, p.Site, p.Picture, p.PictureAlt, state)
	if err != nil {
		return fmt.Errorf("storage.SavePreview: %w", err)
	}
	return nil
}

// ReadCatalogue is the job of reading the list of communities of a server.
type ReadCatalogue struct {
	Host string `json:"host" river:"unique"`
}

// Kind implements river.JobArgs.
func (ReadCatalogue) Kind() string { return "read_catalogue" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReadCatalogue) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 3, UniqueOpts: onceAtATime, Queue: LookupQueue}
}

// JoinWanted is the job of looking for a community at its server and having somebody
// follow it.
type JoinWanted struct {
	Person int64  `json:"person" river:"unique"`
	Host   string `json:"host" river:"unique"`
	Name   string `json:"name" river:"unique"`
}

// Kind implements river.JobArgs.
func (JoinWanted) Kind() string { return "join_wanted" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (JoinWanted) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 3, UniqueOpts: onceAtATime, Queue: LookupQueue}
}

// Of the lists of other servers: how long one counts as new, and how long it is kept
// when its server has it no more; and how long a job that says nothing is waited for.
const (
	catalogueFresh = 7 * 24 * time.Hour
	catalogueKept  = 30 * 24 * time.Hour
	catalogueLost  = 5 * time.Minute
)

// AskCatalogue asks for the list of communities of a server, unless it is being read.
// full is true when as many as may be are kept already, or too much is asked for.
func (db *DB) AskCatalogue(ctx context.Context, host string) (full bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		// Whoever asks at the same moment waits: the count would be of before.
		if _, err := tx.tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('catalogue'))`); err != nil {
			return err
		}
		tag, err := tx.tx.Exec(ctx, `insert into catalogue (host) select $1
			where exists (select 1 from catalogue where host = $1) or $2 > (select count(*) from catalogue)
			on conflict (host) do update set state = 1, found = 0, asked_at = now() where catalogue.state <> 1 or catalogue.asked_at < now() - $3::interval`,
			host, forum.MaxCatalogues, catalogueLost)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return tx.tx.QueryRow(ctx, `select not exists (select 1 from catalogue where host = $1)`, host).Scan(&full)
		}
		_, err = tx.askReach(ctx, ReadCatalogue{Host: host})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("storage.AskCatalogue: %w", err)
	}
	return full, nil
}

// AskStale asks again for a list that was asked for a week ago, and for a Feed that was
// a day ago, if there is one.
func (db *DB) AskStale(ctx context.Context) error {
	if err := db.staleFeed(ctx); err != nil {
		return err
	}
	var host string
	err := db.pool.QueryRow(ctx, `select host from catalogue where asked_at < now() - $1::interval order by asked_at limit 1`, catalogueFresh).Scan(&host)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		_, err = db.AskCatalogue(ctx, host)
	}
	if err != nil {
		return fmt.Errorf("storage.AskStale: %w", err)
	}
	return nil
}

// SaveListed keeps a page of the list of a server, which was begun to be read at began;
// no two of it have one name. It is ErrNotFound when nobody wants the list any more.
func (db *DB) SaveListed(ctx context.Context, host string, began time.Time, list []forum.Listed) error {
	n := len(list)
	names, titles, languages := make([]string, n), make([]string, n), make([]string, n)
	followers, posts, busy, sensitive := make([]int, n), make([]int, n), make([]int, n), make([]bool, n)
	for i := range list {
		l := &list[i]
		names[i], titles[i], languages[i] = l.Name, l.Title, l.Language
		followers[i], posts[i], busy[i], sensitive[i] = l.Followers, l.Posts, l.Active, l.Sensitive
	}
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		tag, err := tx.tx.Exec(ctx, `update catalogue set found = found + $2 where host = $1`, host, n)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		_, err = tx.tx.Exec(ctx, `insert into listing (host, name, title, followers, posts, busy, sensitive, language, seen_at)
			select $1, x.*, $2 from unnest($3::text[], $4::text[], $5::int[], $6::int[], $7::int[], $8::bool[], $9::text[]) x
			on conflict (host, lower(name)) do update set name = excluded.name, title = excluded.title, followers = excluded.followers, posts = excluded.posts,
				busy = excluded.busy, sensitive = excluded.sensitive, language = excluded.language, seen_at = excluded.seen_at`,
			host, began, names, titles, followers, posts, busy, sensitive, languages)
		return err
	})
	if err != nil {
		return fmt.Errorf("storage.SaveListed: %w", err)
	}
	return nil
}

// EndCatalogue writes down how reading a list ended. One that was read to its end loses
// what stands in it no more; of one that could not be read, all stays for a month.
func (t *Tx) EndCatalogue(ctx context.Context, k *forum.Catalogue, began time.Time) error {
	tag, err := t.tx.Exec(ctx, `update catalogue set software = $2, state = $3::smallint, reason = $4, read_at = case when $3 = 2 then now() else read_at end where host = $1`,
		k.Host, k.Software, k.State, k.Reason)
	if err == nil && tag.RowsAffected() > 0 && k.State == forum.CatalogueRead {
		_, err = t.tx.Exec(ctx, `delete from listing where host = $1 and seen_at < $2`, k.Host, began)
	}
	if err == nil && k.State == forum.CatalogueRead {
		_, err = t.tx.Exec(ctx, `with x as (select c.id, l.followers, l.busy from community c join listing l on l.host = c.host and lower(l.name) = lower(c.name)
				where c.host = $1 and not c.local and (c.there, c.busy) is distinct from (l.followers, greatest(c.busy, l.busy)) order by c.id for no key update of c skip locked)
			update community c set there = x.followers, busy = greatest(c.busy, x.busy) from x where x.id = c.id`, k.Host)
	}
	if err != nil {
		return fmt.Errorf("storage.EndCatalogue: %w", err)
	}
	return nil
}

// ForgetCatalogue takes the list of a server away.
func (db *DB) ForgetCatalogue(ctx context.Context, host string) error {
	if _, err := db.pool.Exec(ctx, `delete from catalogue where host = $1`, host); err != nil {
		return fmt.Errorf("storage.ForgetCatalogue: %w", err)
	}
	return nil
}

// SweepDirectory takes away lists that could not be read for a month and those of
// servers that nobody speaks with, forgets who wanted what a day ago, and counts who
// was active where.
func (db *DB) SweepDirectory(ctx context.Context) error {
	_, err := db.pool.Exec(ctx, `delete from listing l using catalogue k where k.host = l.host and (coalesce(k.read_at, k.asked_at) < now() - $1::interval
		or host_refused(k.host))`, catalogueKept)
	if err == nil {
		_, err = db.pool.Exec(ctx, `delete from wanted where at < now() - interval '1 day'`)
	}
	if err == nil {
		// What is being written just now is counted the next time.
		_, err = db.pool.Exec(ctx, `with said as (select p.community_id as id, count(distinct p.author_id)::int as people,
					coalesce(mode() within group (order by p.language) filter (where p.language <> ''), '') as language
				from post_pulse r join post p on p.id = r.post_id where r.home and r.submitted_at > now() - interval '30 days' and p.state = 0 group by 1),
			now as (select c.id, greatest(coalesce(s.people, 0), coalesce(l.busy, 0)) as people, coalesce(nullif(s.language, ''), nullif(l.language, ''), c.spoken) as language
				from community c left join said s on s.id = c.id left join listing l on not c.local and l.host = c.host and lower(l.name) = lower(c.name)),
			x as (select now.id, now.people, now.language from now join community c on c.id = now.id where (c.busy, c.spoken) is distinct from (now.people, now.language)
				order by c.id for no key update of c skip locked)
			update community c set busy = x.people, spoken = x.language from x where x.id = c.id`)
	}
	if err != nil {
		return fmt.Errorf("storage.SweepDirectory: %w", err)
	}
	return nil
}

// openWants is how many communities one person may have looked for in wantsWithin. One
// that was not to be had is not looked for again within wantAgain.
const (
	openWants   = 100
	wantsWithin = 10 * time.Minute
	wantAgain   = time.Minute
)

// Want has a community looked for at its server, for somebody to join it. full is true
// when too many were looked for already.
func (t *Tx) Want(ctx context.Context, person int64, host, name string) (full bool, err error) {
	var asked bool
	err = t.tx.QueryRow(ctx, `with open as (select count(*) >= $4 as full from wanted where person_id = $1 and at > now() - $5::interval),
		made as (insert into wanted as w (person_id, host, name) select $1, $2, $3 from open where not open.full
			on conflict (person_id, host, name) do update set reason = '', at = now()
				where w.reason <> '' and w.at < now() - $6::interval or w.at < now() - $5::interval returning 1)
		select open.full, exists (select 1 from made) from open`, person, host, name, openWants, wantsWithin, wantAgain).Scan(&full, &asked)
	if err == nil && asked {
		_, err = t.askReach(ctx, JoinWanted{Person: person, Host: host, Name: name})
	}
	if err != nil {
		return false, fmt.Errorf("storage.Want: %w", err)
	}
	return full, nil
}

// Wanted is who wants to join a community that is looked for; ErrNotFound when they do
// no more.
func (db *DB) Wanted(ctx context.Context, w JoinWanted) (forum.Person, error) {
	var a forum.Person
	err := db.pool.QueryRow(ctx, `select `+personColumns+` from wanted w join person a on a.id = w.person_id
		where w.person_id = $1 and w.host = $2 and w.name = $3 and w.reason = '' and not a.gone`, w.Person, w.Host, w.Name).Scan(personFields(&a)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("storage.Wanted: %w", err)
	}
	return a, nil
}

// EndWant writes down why a community was not to be had; with no reason, that it was,
// and as large as its server's list has said until more is known.
func (t *Tx) EndWant(ctx context.Context, w JoinWanted, reason string) error {
	var err error
	if reason == "" {
		_, err = t.tx.Exec(ctx, `with done as (delete from wanted where person_id = $1 and host = $2 and name = $3)
			update community c set there = l.followers, busy = greatest(c.busy, l.busy) from listing l
			where l.host = $2 and lower(l.name) = lower($3) and c.host = $2 and lower(c.name) = lower($3) and not c.local and c.there = 0`, w.Person, w.Host, w.Name)
	} else {
		_, err = t.tx.Exec(ctx, `update wanted set reason = $4, at = now() where person_id = $1 and host = $2 and name = $3`, w.Person, w.Host, w.Name, reason)
	}
	if err != nil {
		return fmt.Errorf("storage.EndWant: %w", err)
	}
	return nil
}
