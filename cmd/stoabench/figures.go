package main

import (
	"fmt"
	"slices"
)

// figures are the results of the runs of one measurement.
type figures []float64

// median is the middle one, or the mean of the two in the middle; 0 of none.
func (f figures) median() float64 {
	if len(f) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(f))
	if len(s)%2 == 1 {
		return s[len(s)/2]
	}
	return (s[len(s)/2-1] + s[len(s)/2]) / 2
}

func (f figures) least() float64 {
	if len(f) == 0 {
		return 0
	}
	return slices.Min(f)
}

func (f figures) greatest() float64 {
	if len(f) == 0 {
		return 0
	}
	return slices.Max(f)
}

// slow is what 95 in 100 are not above; 0 of none.
func (f figures) slow() float64 {
	if len(f) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(f))[len(f)*95/100]
}

// slope is how much y grows with x, by least squares; 0 when it cannot be told.
func slope(x, y []float64) float64 {
	n := float64(min(len(x), len(y)))
	var sx, sy, sxx, sxy float64
	for i := range int(n) {
		sx, sy, sxx, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	d := n*sxx - sx*sx
	if d == 0 {
		return 0
	}
	return (n*sxy - sx*sy) / d
}

// line is what is printed of a measurement.
type line struct {
	what    string
	unit    string
	figures figures
	middle  float64 // in place of the median, if not 0
	target  float64 // 0: none
	atLeast bool    // the target is a lower bound
}

func (l line) String() string {
	m := l.middle
	if m == 0 {
		m = l.figures.median()
	}
	s := fmt.Sprintf("%-48s %9s %-6s (%s–%s)", l.what, digits(m), l.unit, digits(l.figures.least()), digits(l.figures.greatest()))
	if l.target == 0 {
		return s
	}
	bound, met := "at most", m <= l.target
	if l.atLeast {
		bound, met = "at least", m >= l.target
	}
	verdict := "met"
	if !met {
		verdict = "MISSED"
	}
	return fmt.Sprintf("%s  %s %s  ratio %.2f  %s", s, bound, digits(l.target), m/l.target, verdict)
}

// digits writes three of them that count.
func digits(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
