package web

import (
	"net/http"
	"testing"

	"github.com/gorilla/mux"
)

// Whoever works on the pages sees every component, and nobody else does.
func TestStyleguideIsForDevelopment(t *testing.T) {
	n := newNode(t)
	n.wantStatus("/styleguide", http.StatusNotFound)
	n.develop()
	a := n.wantStatus("/styleguide", http.StatusOK)
	for selector, least := range map[string]int{
		".card": 20, ".compact .card": 10, ".empty": 1, ".comment": 18, ".gone": 5, ".veil": 2, ".tag.mod": 3, ".continue": 1, ".swatches li": 15,
		".recording": 4, ".preview": 1, ".occasion": 2, ".poll": 1, ".follow-form": 2, ".trouble": 1, "table": 1, "button[disabled]": 1, ".elsewhere": 1,
	} {
		if got := len(a.all(selector)); got < least {
			t.Errorf("%d of %s", got, selector)
		}
	}
}

// develop makes a node one in development.
func (n *node) develop() {
	n.site.Dev = true
	router := mux.NewRouter()
	n.site.Register(router)
	n.server.Config.Handler = router
}
