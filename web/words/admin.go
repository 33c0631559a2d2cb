package words

// AdminWords is the part of the catalogue that only the admin reads.
type AdminWords struct {
	Overview, OverviewText                 string
	Servers, Refused, Trace, Budget        string
	ServersText, RefusedText, TraceText    string
	BudgetText                             string
	PublicSite, Machines, MachinesText     string
	Healthz, Readyz, Metrics               string
	Filter, FilterLabel, OnlyBehind, Apply string
	MoreServers, MoreRefused, All          string
	NoServers, NoRefused, NoneSkipped      string
	NoneReceived, NoneLogged, NoneTold     string

	// The flow.
	FlowTitle, FlowTable, FlowIn, FlowOut string
	Hour, UTC, FlowHours, FlowFile        string
	InStreams, OutStreams                 [4]string
	PerMinutes                            Plural

	// Servers.
	Host, Software, Dialect, Breaker, NextTry string
	Lag, Rows, Windows, Window, LastAnswer    string
	Jumped, JumpedRows                        string
	Seconds, Failures                         Plural
	Unknown, Never, NoAnswer                  string
	Probed, LastOK, Lane, Tried               string
	Lanes                                     string
	RowsEach, Newest, Furthest, ByTable       string
	Inboxes, Inbox, ToldOf, Refuses, Since    string
	SkippedRows, Skipped, Act, Verb, Subject  string
	Tries, Status, Reason                     string
	SkippedMany                               Plural

	// Activities.
	Number, Activity, Type, Actor, Received string
	State, Bytes, Needs, Judged, NextLook   string
	Replay, ReplayText, Raw, Document       string
	BodyGone, Cut                           string
	TraceThis, TraceLabel, TraceButton      string
	StepReceived, StepLog                   Phrase
	Fetch, Attempts                         string
	Position, At, Community                 string
	ToForums, ToMicroblogs, ItsAct          string
	Told, ToldServers, Form                 string
	FetchesOf                               string
	Kept, Now, DayRows, DayBytes, Expected  string
	Table, Days, Together                   string
	HostRefused, FirstOfTold                string

	// States says in words what machines call by the key.
	States map[string]string
}

// Name is what people call a state; the state itself where they call it nothing.
func (w *AdminWords) Name(state string) string {
	if name, ok := w.States[state]; ok {
		return name
	}
	return state
}

func englishAdmin(n func(one, other string) Plural) AdminWords {
	return AdminWords{
		Overview: "For the admin", OverviewText: "How this node gets on with other servers. These pages are open to whoever reaches this listener; nothing of them is on the public site.",
		Servers: "Servers", Refused: "Refused", Trace: "Trace", Budget: "Budget",
		ServersText: "What came in and went out over the last day, and who has not been told of everything.",
		RefusedText: "Activities that could not be applied, with the reason. They are kept for 14 days, and can be judged once more.",
		TraceText:   "What became of one activity, step by step: received, judged, written to the log, sent.",
		BudgetText:  "The tables that grow with traffic are emptied by age. What each takes now, and what it comes to when every day is like the last full one.",
		PublicSite:  "The public site", Machines: "For machines", MachinesText: "Whether the program is there, whether it can serve, and its figures.",
		Healthz: "The process is there", Readyz: "It can serve", Metrics: "Figures for Prometheus",
		Filter: "Filter", FilterLabel: "Part of the host or software", OnlyBehind: "Only those behind", Apply: "Show",
		MoreServers: "More servers", MoreRefused: "Older ones", All: "All of them",
		NoServers: "No server fits.", NoRefused: "Nothing was refused.", NoneSkipped: "No row was given up.",
		NoneReceived: "Nothing of it was received, or that is no longer kept.",
		NoneLogged:   "It led to no row of the log: other servers are told nothing of it.", NoneTold: "Nobody is told of it.",

		FlowTitle: "Activities in and out over the last 24 hours", FlowTable: "Activities by the hour, newest first",
		FlowIn: "In", FlowOut: "Out", Hour: "Hour (UTC)", UTC: "UTC", FlowHours: "The same figures by the hour", FlowFile: "The picture as a file",
		InStreams:  [4]string{"applied", "refused", "repeated", "put off"},
		OutStreams: [4]string{"delivered", "refused there", "failed", "given up"},
		PerMinutes: n("per minute", "per %d minutes"),

		Host: "Host", Software: "Software", Dialect: "Dialect", Breaker: "Breaker", NextTry: "Next try", Lag: "Lag", Rows: "Rows waiting", RowsEach: "Rows waiting: direct / content / votes", Newest: "Newest first", Furthest: "Furthest behind first", ByTable: "By table",
		Windows: "Windows of the same", Window: "Requests at a time", LastAnswer: "Last answer", Jumped: "Jumped forward", JumpedRows: "Rows missed",
		Seconds: n("%d s", "%d s"), Failures: n("%d failure in a row", "%d failures in a row"),
		Unknown: "not known yet", Never: "never", NoAnswer: "no answer", Probed: "Said so", LastOK: "Last success", Lane: "Lane", Tried: "Tried in vain",
		Lanes:   "Lanes",
		Inboxes: "Inboxes, those that refuse first", Inbox: "Inbox", ToldOf: "Told of communities", Refuses: "Refuses with", Since: "Since",
		SkippedRows: "Rows given up, newest first", Skipped: "Given up", Act: "Act of", Verb: "Verb", Subject: "Subject", Tries: "Tries", Status: "Status", Reason: "Reason",
		SkippedMany: n("%d row given up", "%d rows given up"),

		Number: "Number", Activity: "Activity", Type: "Type", Actor: "Actor", Received: "Received", State: "State", Bytes: "Bytes",
		Needs: "Waits for", Judged: "Judged", NextLook: "Looked at again",
		Replay: "Judge again", ReplayText: "It is judged as if it had just been verified, by the rules of now. If it is refused again, nothing has changed.",
		Raw: "Its bytes as they came", Document: "Document", BodyGone: "Its body is not kept: nobody vouched for it, or its content was deleted. Only its sender can send it again.",
		Cut: "Only the beginning is shown.", TraceThis: "Follow it", TraceLabel: "Id of the activity, of an announcement of it, or of its object", TraceButton: "Follow",
		StepReceived: "Received: activity %s", StepLog: "Log: %s", Fetch: "Fetched for it", Attempts: "Attempts",
		Position: "Position", At: "At", Community: "Community", ToForums: "To forums", ToMicroblogs: "To microblogs", ItsAct: "The act itself",
		Told: "Inboxes", ToldServers: "How far it got at each inbox", Form: "Form", FetchesOf: "What it waits for",
		Kept: "Days kept", Now: "Now", DayRows: "Rows, last full day", DayBytes: "That day", Expected: "Will come to",
		Table: "Table", Days: "Days", Together: "Together", HostRefused: "What was refused of it",
		FirstOfTold: "At most 200 of each state are listed.",

		States: map[string]string{
			"closed": "well", "paused": "paused", "open": "away", "blocked": "blocked",
			"both": "both", "forums": "forums", "microblogs": "microblogs",
			"direct": "direct", "content": "content", "votes": "votes",
			"unverified": "key is being fetched", "ready": "ready", "waiting": "waiting", "applied": "applied", "refused": "refused", "failed": "failed",
			"finished": "finished", "tried": "being tried", "skipped": "given up", "nothing-to-say": "nothing to say to it",
			"act": "the act itself", "announcement": "announcement",
			"available": "about to be fetched", "scheduled": "to be fetched", "retryable": "to be tried again", "running": "being fetched",
			"completed": "done", "discarded": "given up", "cancelled": "called off", "pending": "held",
		},
	}
}
