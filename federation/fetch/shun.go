package fetch

import (
	"sync"
	"time"
)

// shunned remembers hosts to which no connection could be made, for a short time
// and at most maxShunned of them: a stream of signatures naming keys on a dead host
// would otherwise hold a worker for seconds each. Only a failure to connect
// counts. A slow answer does not, or anybody could have a healthy server
// shunned by naming its slowest page.
type shunned struct {
	mu    sync.Mutex
	hosts map[string]obituary
}

type obituary struct {
	until time.Time
	kind  Kind
	err   error
}

// add remembers the failure until then.
func (s *shunned) add(host string, kind Kind, err error, now, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hosts == nil {
		s.hosts = make(map[string]obituary)
	}
	if _, known := s.hosts[host]; !known && len(s.hosts) >= maxShunned {
		s.makeRoom(now)
	}
	s.hosts[host] = obituary{until: until, kind: kind, err: err}
}

// makeRoom drops what has expired, or any one entry when nothing has.
func (s *shunned) makeRoom(now time.Time) {
	for host, o := range s.hosts {
		if !now.Before(o.until) {
			delete(s.hosts, host)
		}
	}
	for host := range s.hosts {
		if len(s.hosts) < maxShunned {
			return
		}
		delete(s.hosts, host)
	}
}

// refuse returns the remembered failure of host, nil when it may be asked.
func (s *shunned) refuse(host, address string, now time.Time) *Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.hosts[host]
	if !ok {
		return nil
	}
	if !now.Before(o.until) {
		delete(s.hosts, host)
		return nil
	}
	return fail(o.kind, address, "failed a moment ago: %w", o.err)
}

// forget lets host be asked again.
func (s *shunned) forget(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.hosts, host)
}
