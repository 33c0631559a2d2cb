package view

import (
	"time"
)

// Grid is a table of the admin's pages. On a phone each row is a list of its own,
// with the heads beside the cells.
type Grid struct {
	Caption string
	Heads   []string
	Rows    [][]Cell
	None    string // said instead when there are no rows
}

// Cell is one cell. What strangers wrote in it has gone through Visible.
type Cell struct {
	Label  string // the head of its column
	Text   string
	Href   string
	At     Moment // instead of Text
	Note   string // in small letters, behind
	Number bool   // or another short text that stays on one line
	Code   bool
	Alert  bool
	Post   string // address of a form with one button, which says Text
}

// Add adds a row; the cells get their labels from the heads.
func (g *Grid) Add(row ...Cell) {
	for i := range row {
		if i < len(g.Heads) {
			row[i].Label = g.Heads[i]
		}
	}
	g.Rows = append(g.Rows, row)
}

// longest is how many characters of a text a cell shows.
const longest = 200

// Text is a cell with what a stranger wrote.
func Text(s string) Cell { return Cell{Text: Visible(s, longest)} }

// Code is one with an id or an address.
func Code(s string) Cell { return Cell{Text: Visible(s, longest), Code: true} }

// Link is one that leads to a path on this node.
func Link(s, href string) Cell { return Cell{Text: Visible(s, longest), Href: href} }

// Number is one with a figure that is written already.
func Number(s string) Cell { return Cell{Text: s, Number: true} }

// When is one with a moment; empty for none.
func (f Frame) When(t time.Time) Cell { return Cell{At: f.Moment(t), Number: true} }
