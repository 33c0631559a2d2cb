package member

import (
	"fmt"
	"testing"
	"time"
)

// One network has ten letters an hour: for accounts, and for other passwords.
func TestLettersHaveALimit(t *testing.T) {
	for path, form := range map[string]func(i int) []string{
		"/join": func(i int) []string {
			return []string{"name", fmt.Sprintf("ann%d", i), "email", fmt.Sprintf("ann%d@mail.test", i), "password", password, "age", "1", "agree", "1"}
		},
		"/reset": func(int) []string { return []string{"email", "ann@mail.test"} },
	} {
		t.Run(path[1:], func(t *testing.T) {
			n := newNode(t)
			b, other := n.browser(), n.browser()
			b.from, other.from = "192.0.2.1", "198.51.100.1"
			for i := range 10 {
				if a := b.post(path, form(i)...); a.status == 429 {
					t.Fatalf("letter %d: %d", i+1, a.status)
				}
			}
			if a := b.post(path, form(10)...); a.status != 429 {
				t.Errorf("the eleventh: %d", a.status)
			}
			if a := other.post(path, form(11)...); a.status == 429 {
				t.Errorf("from elsewhere: %d", a.status)
			}
			n.pass(3 * time.Hour)
			if a := b.post(path, form(12)...); a.status == 429 {
				t.Errorf("hours later: %d", a.status)
			}
		})
	}
}
