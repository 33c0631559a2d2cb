package view

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// svg writes a picture element by element. Names of elements and attributes are
// constants of this package; values and text are escaped.
type svg struct {
	b    strings.Builder
	open []string
}

type attr struct{ name, value string }

func num(name string, v float64) attr {
	return attr{name, strconv.FormatFloat(v, 'f', -1, 64)}
}

// start opens an element, end closes the innermost one.
func (s *svg) start(name string, attrs ...attr) {
	s.tag(name, attrs)
	s.b.WriteByte('>')
	s.open = append(s.open, name)
}

func (s *svg) end() {
	last := len(s.open) - 1
	s.b.WriteString("</" + s.open[last] + ">")
	s.open = s.open[:last]
}

// empty writes an element without content.
func (s *svg) empty(name string, attrs ...attr) {
	s.tag(name, attrs)
	s.b.WriteString("/>")
}

// text writes an element that holds text.
func (s *svg) text(name, text string, attrs ...attr) {
	s.start(name, attrs...)
	s.escape(text)
	s.end()
}

func (s *svg) tag(name string, attrs []attr) {
	s.b.WriteString("<" + name)
	for _, a := range attrs {
		s.b.WriteString(" " + a.name + `="`)
		s.escape(a.value)
		s.b.WriteByte('"')
	}
}

func (s *svg) escape(text string) {
	_ = xml.EscapeText(&s.b, []byte(text)) // a Builder takes everything; what XML cannot hold becomes U+FFFD
}
