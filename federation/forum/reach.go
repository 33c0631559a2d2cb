package forum

import "time"

// Backfill is how far the past of a community elsewhere has been read.
type Backfill struct {
	CommunityID int64
	State       BackfillState
	Step        string   // what is read next
	Place       string   // where in that
	Pages       int      // read in this step
	Gets        int      // requests in all
	Posts       int      // that are here because of it
	Comments    int      // likewise
	Failed      int      // that could not be had
	Left        int      // threads that are still to be read
	Said        int      // posts that the community counts; -1 when it does not say
	Followers   int      // that it counts; likewise
	Notes       []string // what cannot be had, as the Backfill… words
	BeganAt     time.Time
	TouchedAt   time.Time
	EndedAt     time.Time // of the last time that all was read; zero before
}

// BackfillState says whether a backfill is at work.
type BackfillState int8

// The states of a backfill.
const (
	BackfillNone   BackfillState = 0
	BackfillUnder  BackfillState = 1
	BackfillDone   BackfillState = 2
	BackfillBroken BackfillState = 3 // it ended before all was read, and can be begun again
)

// What of a community cannot be had, and why.
const (
	BackfillNoOutbox   = "no-outbox"   // its server lists no posts
	BackfillFirstPosts = "first-posts" // its server lists only the newest of them
	BackfillNoComments = "no-comments" // its server does not say what answers a post
	BackfillBudget     = "budget"      // more than is read of one community
	BackfillAway       = "away"        // its server did not answer
	BackfillPeek       = "peek"        // nobody here follows it yet, so only the newest were asked for
)

// ThreadState is what is known of a thread at its home.
type ThreadState struct {
	Said       int  // comments that the home counts; -1 when it does not say
	Missing    int  // of these not here yet
	Unhad      int  // of these not to be had
	Fetching   bool // it is being compared just now, or will be within moments
	Unverified int  // comments that a community announced and their origin has not confirmed within a day
	Checked    time.Time
}

// Spread is how far a post of somebody here has come among the servers it is for:
// those of its community's followers, or, in a community elsewhere, the home of that.
// With whom this node does not speak is not counted.
type Spread struct {
	Of       int      // servers; 0 when it is for none, or too old for this to be told
	Seen     int      // of these have taken it
	Waiting  []string // hosts that have not been told yet, the first of them by name
	Waits    int      // how many
	Declined []string // likewise hosts that would not take it
	Declines int
}

// LookedUp is how looking for something elsewhere has gone.
type LookedUp struct {
	Text    string
	Pending bool
	Found   string // id of what was found
	Reason  string // why there is nothing: one of the Lookup… words
}

// Why something that was looked for elsewhere is not shown.
const (
	LookupNothing  = "nothing"  // there is no such thing
	LookupGone     = "gone"     // there was
	LookupAway     = "away"     // its server did not answer
	LookupForeign  = "foreign"  // its server has something that no forum can show
	LookupHomeless = "homeless" // a post whose community has not told this node of it
	LookupBlocked  = "blocked"  // this node does not speak with its server
)
