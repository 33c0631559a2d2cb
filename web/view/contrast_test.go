package view

import "testing"

// Every pair of text and ground that the stylesheet puts on each other can be read,
// in both themes.
func TestContrast(t *testing.T) {
	v, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string]Colour{}
	for _, c := range v.Colours() {
		colours[c.Name] = c
	}
	if len(colours) < 15 || colours["ink"].Light == colours["ink"].Dark {
		t.Fatalf("only %v", colours)
	}
	for _, p := range Pairs() {
		text, ok := colours[p.Text]
		ground, there := colours[p.Ground]
		if !ok || !there {
			t.Errorf("there is no %s or no %s", p.Text, p.Ground)
			continue
		}
		for theme, r := range map[string]float64{"light": Contrast(text.Light, ground.Light), "dark": Contrast(text.Dark, ground.Dark)} {
			if r < p.Least {
				t.Errorf("%s on %s, %s: %.2f, less than %.1f", p.Text, p.Ground, theme, r, p.Least)
			}
		}
	}
	// By the examples of the recommendation.
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#ffffff", "#ffffff", 1}} {
		if got := Contrast(c.a, c.b); got < c.want-0.01 || got > c.want+0.01 {
			t.Errorf("%s on %s: %.2f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}
