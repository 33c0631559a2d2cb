package deliver_test

import (
	"net/http"
	"testing"

	"stoa/federation/fedtest"
)

// The first request was taken, and its answer lost; Lemmy refuses the second as a repeat.
func TestLemmyTrap27RefusedRepeatsAreAnEnd(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	server := n.follow(p)
	n.known(p)
	id := n.announce(subjects(1)...)[0]
	a := answer(p, map[string][]int{id: {http.StatusGatewayTimeout, http.StatusBadRequest}}, nil)
	n.run(n.fast(n.db))
	n.idle(p)
	var failures, skipped int
	n.scan(&failures, `select failures from server where id = $1`, server)
	n.scan(&skipped, `select count(*) from delivery_skip`)
	if got := a.count(id); got != 2 || failures != 0 || skipped != 0 {
		t.Errorf("sent %d times, %d failures, %d given up", got, failures, skipped)
	}
}
