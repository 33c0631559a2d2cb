package view

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"stoa/web/words"
)

// Flow is what came in and went out over a stretch of time, in equal steps.
type Flow struct {
	T       *words.Words
	Start   time.Time
	Step    time.Duration
	In, Out [][]int64 // one slice of counts per stream, in the order of the catalogue's labels
}

// Steps is how many steps the flow has.
func (f *Flow) Steps() int {
	if len(f.In) == 0 {
		return 0
	}
	return len(f.In[0])
}

// canvas is a size that the picture is drawn in: what is legible on a desk is
// not on a phone.
type canvas struct {
	name          string
	width         float64
	left          float64 // for the figures of the axis
	panel         float64 // height of one of the two
	together      int     // steps in a bar
	hours         int     // between two marks of the axis
	legendColumns int
}

var (
	wideCanvas   = canvas{"desk", 960, 52, 130, 2, 3, 4}
	narrowCanvas = canvas{"phone", 340, 40, 110, 6, 6, 2}
)

const (
	flowText = 14. // height of the letters
	flowRow  = 22.
)

// Wide is the picture for a desk, Narrow that for a phone; both take their
// colours from the stylesheet.
func (f *Flow) Wide() template.HTML { return template.HTML(f.draw(wideCanvas, "")) } //nolint:gosec // escaped by svg

// Narrow is the picture for a phone.
func (f *Flow) Narrow() template.HTML { return template.HTML(f.draw(narrowCanvas, "")) } //nolint:gosec // escaped by svg

// Picture is the whole file, with a style of its own.
func (f *Flow) Picture() []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + f.draw(wideCanvas, FlowStyle) + "\n")
}

// FlowStyle is the style inside Picture: whoever serves it may allow just this.
const FlowStyle = `svg{color-scheme:light dark;color:#1c2029;background:#fbfbf9;font:14px system-ui,sans-serif;box-sizing:border-box;padding:16px;max-width:100%;height:auto}` +
	`.axis{stroke:#c9cfd8}.label{fill:#545b69}.name{fill:#1c2029;font-weight:600}` +
	`.s1{fill:#1d46a8}.s2{fill:#b4571a}.s3{fill:#8d95a3}.s4{fill:#8459c9}` +
	`@media(prefers-color-scheme:dark){svg{color:#dde1e8;background:#12151c}.axis{stroke:#3b4453}.label{fill:#a0a8b7}.name{fill:#dde1e8}` +
	`.s1{fill:#8fabff}.s2{fill:#eb9b57}.s3{fill:#78818f}.s4{fill:#c3a4f5}}`

// draw draws two panels above each other, each with its own scale.
func (f *Flow) draw(c canvas, style string) string {
	rows := float64((4 + c.legendColumns - 1) / c.legendColumns)
	head := flowRow * (1 + rows)
	height := 2*(head+c.panel) + 2.5*flowRow
	s := &svg{}
	title, desc := "flow-"+c.name+"-title", "flow-"+c.name+"-desc"
	s.start("svg", attr{"xmlns", "http://www.w3.org/2000/svg"}, attr{"class", "flow " + c.name}, attr{"role", "img"},
		attr{"aria-labelledby", title + " " + desc}, attr{"viewBox", fmt.Sprintf("0 0 %.0f %.0f", c.width, height)},
		num("width", c.width), num("height", height), num("font-size", flowText))
	s.text("title", f.T.Admin.FlowTitle, attr{"id", title})
	s.text("desc", f.describe(), attr{"id", desc})
	if style != "" {
		s.text("style", style)
	}
	a := &f.T.Admin
	per := a.PerMinutes.Of(int(f.Step/time.Minute) * c.together)
	f.drawPanel(s, c, panel{0, a.FlowIn + " " + per, a.InStreams[:], [4]string{"s1", "s2", "s3", "s4"}, f.In}, head)
	f.drawPanel(s, c, panel{head + c.panel + flowRow, a.FlowOut + " " + per, a.OutStreams[:], [4]string{"s1", "s3", "s2", "s4"}, f.Out}, head)
	f.drawHours(s, c, height)
	s.end()
	return s.b.String()
}

// panel is one of the two directions. What needs looking at has one colour in both.
type panel struct {
	top     float64
	name    string
	labels  []string
	classes [4]string
	streams [][]int64
}

// drawPanel draws the name and legend of a panel, its scale, and its bars.
func (f *Flow) drawPanel(s *svg, c canvas, p panel, head float64) {
	top := p.top
	s.text("text", p.name, num("x", 0), num("y", top+flowText), attr{"class", "name"})
	column := c.width / float64(c.legendColumns)
	for i, label := range p.labels {
		x, y := float64(i%c.legendColumns)*column, top+flowRow*float64(1+i/c.legendColumns)
		s.empty("rect", num("x", x), num("y", y+2), num("width", 11), num("height", 11), attr{"class", p.classes[i]})
		s.text("text", label, num("x", x+17), num("y", y+12), attr{"class", "label"})
	}
	bottom := top + head + c.panel
	bars := f.bars(p.streams, c.together)
	most := scaleTop(bars)
	for _, part := range []float64{0, .5, 1} {
		y := bottom - part*(c.panel-flowText)
		s.empty("path", attr{"class", "axis"}, attr{"d", fmt.Sprintf("M%s %sH%s", short(c.left), short(y), short(c.width))})
		if v := part * float64(most); v == math.Trunc(v) {
			s.text("text", f.T.Fraction(compact(int64(v))), num("x", c.left-6), num("y", math.Round(y+flowText/3)), attr{"class", "label"}, attr{"text-anchor", "end"})
		}
	}
	if len(bars) == 0 {
		return
	}
	step := (c.width - c.left) / float64(len(bars[0]))
	base := make([]float64, len(bars[0]))
	for i, stream := range bars {
		var d strings.Builder
		for j, n := range stream {
			if n <= 0 {
				continue
			}
			h := float64(n) / float64(most) * (c.panel - flowText)
			fmt.Fprintf(&d, "M%s %sh%sv-%sh-%sz", short(c.left+float64(j)*step+.5), short(bottom-base[j]), short(step-1), short(max(h, .7)), short(step-1))
			base[j] += max(h, .7)
		}
		if d.Len() > 0 {
			s.empty("path", attr{"class", p.classes[i]}, attr{"d", d.String()})
		}
	}
}

// drawHours marks the hours below both panels.
func (f *Flow) drawHours(s *svg, c canvas, height float64) {
	span := time.Duration(f.Steps()) * f.Step
	if span <= 0 {
		return
	}
	every := time.Duration(c.hours) * time.Hour
	for t := f.Start.UTC().Truncate(every).Add(every); t.Before(f.Start.Add(span)); t = t.Add(every) {
		x := c.left + float64(t.Sub(f.Start))/float64(span)*(c.width-c.left)
		s.empty("path", attr{"class", "axis"}, attr{"d", fmt.Sprintf("M%s %sv6", short(x), short(height-1.5*flowRow))})
		if x < c.width-24 && x > c.left+10 {
			s.text("text", t.Format("15:04"), num("x", math.Round(x)), num("y", height-flowRow/3-3), attr{"class", "label"}, attr{"text-anchor", "middle"})
		}
	}
	s.text("text", f.T.Admin.UTC, num("x", 0), num("y", height-flowRow/3-3), attr{"class", "label"})
}

// bars adds up as many steps as stand in one bar.
func (f *Flow) bars(streams [][]int64, together int) [][]int64 {
	out := make([][]int64, len(streams))
	for i, stream := range streams {
		out[i] = make([]int64, (len(stream)+together-1)/together)
		for j, n := range stream {
			out[i][j/together] += n
		}
	}
	return out
}

// scaleTop is a round number that no bar is higher than.
func scaleTop(bars [][]int64) int64 {
	var most int64 = 4
	for j := 0; len(bars) > 0 && j < len(bars[0]); j++ {
		var sum int64
		for i := range bars {
			sum += bars[i][j]
		}
		most = max(most, sum)
	}
	for unit := int64(1); ; unit *= 10 {
		for _, k := range []int64{1, 2, 4, 6, 8} {
			if k*unit >= most {
				return k * unit
			}
		}
		if unit > math.MaxInt64/100 {
			return most
		}
	}
}

// describe says in words what the picture shows.
func (f *Flow) describe() string {
	a := &f.T.Admin
	var parts []string
	for i, label := range a.InStreams {
		parts = append(parts, label+" "+f.T.Number(int(total(f.In, i))))
	}
	in := a.FlowIn + ": " + strings.Join(parts, ", ")
	parts = nil
	for i, label := range a.OutStreams {
		parts = append(parts, label+" "+f.T.Number(int(total(f.Out, i))))
	}
	return in + ". " + a.FlowOut + ": " + strings.Join(parts, ", ") + "."
}

func total(streams [][]int64, i int) (sum int64) {
	if i < len(streams) {
		for _, n := range streams[i] {
			sum += n
		}
	}
	return sum
}

// Hours is the same by the hour, newest first, as a table.
func (f *Flow) Hours() Grid {
	a := &f.T.Admin
	g := Grid{Caption: a.FlowTable, Heads: []string{a.Hour}}
	g.Heads = append(append(g.Heads, a.InStreams[:]...), a.OutStreams[:]...)
	hours := map[time.Time][]int64{}
	var order []time.Time
	for j := f.Steps() - 1; j >= 0; j-- {
		hour := f.Start.Add(time.Duration(j) * f.Step).UTC().Truncate(time.Hour)
		if hours[hour] == nil {
			hours[hour] = make([]int64, len(f.In)+len(f.Out))
			order = append(order, hour)
		}
		for i := range f.In {
			hours[hour][i] += f.In[i][j]
		}
		for i := range f.Out {
			hours[hour][len(f.In)+i] += f.Out[i][j]
		}
	}
	for _, hour := range order {
		row := []Cell{{Text: hour.Format("2006-01-02 15:04")}}
		for _, n := range hours[hour] {
			row = append(row, Number(f.T.Number(int(n))))
		}
		g.Add(row...)
	}
	return g
}

// short writes a coordinate with one digit behind the point.
func short(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// compact writes a figure of the axis in few characters.
func compact(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1_000_000_000, "G"}, {1_000_000, "M"}, {1000, "k"}} {
		if n >= u.size {
			return short(float64(n)/float64(u.size)) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}
