package inbox

import (
	"testing"
	"time"

	"stoa/federation/fedtest"
)

// A server that counts as away is there again once it has sent something that is
// authentic, and nothing else.
func TestWhoSendsIsThere(t *testing.T) {
	t.Parallel()
	s := meet(t)
	away := func() {
		t.Helper()
		s.ahead.Add(int64(2 * heardEvery)) // since it was last heard
		s.want(1, `with s as (update server set failures = 9, retry_at = now() + interval '1 hour' where host = $1 returning 1) select count(*) from s`, s.home.Host())
	}
	const there = `select count(*) from server where host = $1 and failures = 0 and retry_at is null`
	away()
	s.post(s.ann.Like(s.community.ID, s.community), s.home, fedtest.SignAs{Actor: s.eve})
	s.settle()
	s.want(0, there, s.home.Host())
	s.send(s.ann.Like(s.community.ID, s.community), s.home) // refused later, but theirs
	s.want(1, there, s.home.Host())

	// Also somebody of whom nothing is known yet.
	away()
	s.send(s.home.Person("new").Follow(s.community.ID), s.home)
	for deadline := time.Now().Add(5 * time.Minute); s.number(there, s.home.Host()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not heard, although the key was fetched")
		}
	}
}
