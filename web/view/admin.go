package view

// AdminPage is the first page of the private listener: what is there.
type AdminPage struct{ Frame }

func (AdminPage) template() string { return "admin" }

// ServersPage shows the flow and the servers.
type ServersPage struct {
	Frame
	Flow    *Flow // nil but on the first page
	Hours   Grid
	Servers Grid
	Text    string // of the filter
	Behind  bool
	More    string // address of the next page; empty at the end
	Paged   bool
}

func (ServersPage) template() string { return "servers" }

// Fact is a name with what it stands for.
type Fact struct {
	Name string
	Cell Cell
}

// ServerPage shows all that is known of one server.
type ServerPage struct {
	Frame
	Host    string
	Facts   []Fact
	Lanes   Grid
	Inboxes Grid
	Skipped Grid
	Refused string // address of what was refused of it
}

func (ServerPage) template() string { return "server" }

// RefusedPage lists what could not be applied.
type RefusedPage struct {
	Frame
	List  Grid
	Host  string // the only one
	More  string
	Paged bool
}

func (RefusedPage) template() string { return "refused" }

// ParcelPage shows one activity that came in.
type ParcelPage struct {
	Frame
	Number  string
	Facts   []Fact
	Replay  string // address to post to; empty where it cannot be judged again
	Raw     string // address of its bytes; empty when they are not kept
	Trace   string
	Body    string // its beginning, harmless
	BodyCut bool
}

func (ParcelPage) template() string { return "parcel" }

// TracePage follows one activity.
type TracePage struct {
	Frame
	ID      string // as asked for; empty before
	Missing string // why there is nothing to show
	Steps   []TraceStep
}

func (TracePage) template() string { return "trace" }

// TraceStep is what happened at one place.
type TraceStep struct {
	Name  string
	Facts []Fact
	Grids []Grid
	Note  string
}

// BudgetPage shows what the tables take.
type BudgetPage struct {
	Frame
	Tables Grid
}

func (BudgetPage) template() string { return "budget" }
