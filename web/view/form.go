package view

import (
	"html/template"

	"stoa/web/words"
)

// FieldKind is how a field of a form is filled in.
type FieldKind string

// The kinds of fields.
const (
	FieldText     FieldKind = "text" // a name, a code: nothing that is spelt
	FieldLine     FieldKind = "line" // of words
	FieldEmail    FieldKind = "email"
	FieldURL      FieldKind = "url"
	FieldPassword FieldKind = "password"
	FieldArea     FieldKind = "area"
	FieldCheck    FieldKind = "check"
	FieldChoice   FieldKind = "choice"
	FieldHidden   FieldKind = "hidden"
	FieldOwner    FieldKind = "owner" // whose password it is, for programs that keep passwords
	FieldTrap     FieldKind = "trap"  // which people do not see, and programs fill in
	FieldFile     FieldKind = "file"
	FieldPicture  FieldKind = "picture" // which was sent already: Name is its, Value its description
	FieldGroup    FieldKind = "group"   // of Fields, folded away until one of them is filled in
	FieldSet      FieldKind = "set"     // of which one is chosen, or several with Many, all to be seen
)

// Field is one field of a form: what it is called, what is in it, and what is wrong
// with that.
type Field struct {
	Kind         FieldKind
	Name         string
	Label        string
	Value        string
	Hint         string
	Fault        string // why the value was refused; empty when it was not
	Autocomplete string // by the words of HTML §4.10.18.7
	Mode         string // inputmode; empty for the usual keyboard
	Single       bool   // of files: one at most
	Src          string // of a picture
	Drop         string // the label of the box to leave a picture out
	Accept       string // of files, by the words of HTML §4.10.5.1.17
	Required     bool
	Max          int // characters; 0 for no bound
	Rows         int // of an area
	On           bool
	Posted       string // said before the posts that have the same link; empty to look for none
	Markdown     bool   // an area that is written in it
	Choices      []FieldOption
	Many         bool    // several may be chosen
	Inline       bool    // of a set: short ones, beside each other
	Fields       []Field // of a group
	Number       int     // of several fields of one name; 0 for the only one
	Focus        bool    // where whoever fills in the form goes on
}

// FieldOption is one of what a choice may be.
type FieldOption struct {
	Value, Label string
	Picture      string // shown before the label; may be empty
	On           bool
}

// Is reports whether the field is of a kind.
func (f Field) Is(kind string) bool { return string(f.Kind) == kind }

// InputType is the type of the input of a field that is one line.
func (f Field) InputType() string {
	if f.Kind == FieldLine {
		return string(FieldText)
	}
	return string(f.Kind)
}

// ID names the field on its page.
func (f Field) ID() string {
	if f.Number > 0 {
		return "field-" + f.Name + "-" + itoa(int64(f.Number))
	}
	return "field-" + f.Name
}

// Option is the field's own name for one of its choices.
func (f Field) Option(i int) string { return f.ID() + "-" + itoa(int64(i)) }

// Described names what is said of the field beside its label; empty for nothing.
func (f Field) Described() string {
	switch {
	case f.Fault != "" && f.Hint != "":
		return f.ID() + "-fault " + f.ID() + "-hint"
	case f.Fault != "":
		return f.ID() + "-fault"
	case f.Hint != "":
		return f.ID() + "-hint"
	}
	return ""
}

// Form is one form of a page.
type Form struct {
	T       *words.Words
	Class   string // empty for the usual look
	Heading string // empty where the page's heading says it
	Text    []string
	Action  string
	Fields  []Field
	Button  string
	Danger  bool         // what it does cannot be undone
	Files   bool         // sent as multipart/form-data
	Place   string       // where a draft of it is kept; empty where none is
	Begun   string       // likewise, of a form that is about more than what is written
	Also    []FormButton // which send it for something else
}

// FormButton is a further button of a form.
type FormButton struct{ Name, Label string }

// Faulty lists the fields whose values were refused.
func (f Form) Faulty() []Field {
	return faulty(f.Fields)
}

func faulty(fields []Field) []Field {
	var out []Field
	for _, field := range fields {
		if field.Fault != "" {
			out = append(out, field)
		}
		out = append(out, faulty(field.Fields)...)
	}
	return out
}

// FormPage is a page that asks for something and little else: to sign in, to join,
// to choose another password.
type FormPage struct {
	Frame
	Heading    string
	Lead       []string
	Done       string        // what was done just before; empty for nothing
	Wrong      string        // why nothing was, where no field is at fault
	Codes      []string      // to be written down
	Secret     string        // to be typed elsewhere
	QR         string        // the same as a QR code: the path of its dark squares, one unit each
	QRSize     int           // squares along each side
	Quote      template.HTML // what the page is about, as it was said; sanitised
	QuoteOf    string        // says who wrote it, or which post it is
	Card       *Quoted       // what is quoted in what is written; nil for nothing
	Shown      template.HTML // a preview; sanitised
	Forms      []Form
	Rows       []Row
	RowsOf     string   // heading of the rows
	After      []Form   // below the rows
	Links      []Choice // to other pages, below
	ShownTitle string
	ShownPoll  *Poll    // of the preview
	Posted     []Choice // where the link was posted already
	Tabs       []Choice // of pages that belong together; empty for none
}

func (FormPage) template() string { return "form" }

// Preview is Shown as pages show it: what is wide in it can be scrolled by keys.
func (p FormPage) Preview() template.HTML { return safe(string(p.Shown)) }

// Quoted is Quote likewise.
func (p FormPage) Quoted() template.HTML { return safe(string(p.Quote)) }

// QRBox is the side of a QR code with the quiet zone around it (ISO/IEC 18004 §5.3.8).
func (p FormPage) QRBox() int { return p.QRSize + 8 }

// Row is one of a list of things each of which can be ended, such as a session.
type Row struct {
	Title  string
	Facts  []string
	At     Moment
	Mark   string // what sets it apart; empty for nothing
	Said   string // what somebody said; empty for nothing
	Href   string // its page; empty for none
	Back   string // where to come back to; empty for the front page
	Action string // where to send Name and Value; empty where nothing can be done
	Name   string
	Value  string
	Button string
}
