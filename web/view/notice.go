package view

// NoticesPage lists what somebody was told, the newest first.
type NoticesPage struct {
	Frame
	Notices []NoticeLine
	Older   string // empty at the end
}

func (NoticesPage) template() string { return "notices" }

// NoticeLine is one thing that somebody was told.
type NoticeLine struct {
	Text   string // what happened
	On     string // in which post; empty for none
	Href   string
	Brief  string // the beginning of what was said; empty for nothing
	Reason string // of moderators
	At     Moment
	New    bool
}

// mostNotices is the number from which they are not counted.
const mostNotices = 100

// NoticesCount is how many things somebody was told and has not seen; empty for none.
func (f Frame) NoticesCount() string {
	switch n := f.Self.Notices; {
	case n == 0:
		return ""
	case n >= mostNotices:
		return f.T.Notice.Many
	default:
		return itoa(int64(n))
	}
}

// NoticesLabel names the way to them.
func (f Frame) NoticesLabel() string {
	if f.Self.Notices == 0 {
		return f.T.Notice.Heading
	}
	return f.T.Notice.Unseen.Of(f.Self.Notices)
}
