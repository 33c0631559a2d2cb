package inbox

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"stoa/storage"
)

// What this node takes in, whoever sends it. DESIGN.md says where the numbers
// come from.
const (
	maxMemory    = 64 << 20 // bytes of bodies being read, judged or committed
	sourceMemory = 16 << 20 // of them, sent by one network
	smallBody    = 64 << 10 // a body above it has to do with half of maxMemory
	firstRead    = 4 << 10  // of a body; what is held of it doubles as it comes

	maxUndone         = 200_000 // activities that are verified and not applied
	maxUndoneBytes    = 1 << 30
	domainUndone      = 50_000 // of them, of one registrable domain
	domainUndoneBytes = 256 << 20

	minFree  = 1 << 30 // bytes free where the database lies, or a tenth of it all, if that is less
	fullWait = 10 * time.Second

	lookShare = 20 // looking takes at most one in so many seconds
)

// Kinds of pressure, as logs, metrics and answers name them.
const (
	pressMemory  = "memory"
	pressBacklog = "backlog"
	pressDisk    = "disk"
)

// pressure says what there is too much of at the moment. Refusing at the door
// costs the sender a delay; memory or a disk that ran out would cost everybody
// what they have.
type pressure struct {
	log   *slog.Logger
	clock func() time.Time
	disk  func() (free, size int64, err error)
	shown *prometheus.GaugeVec
	off   bool // shares of sources and domains are

	mu sync.Mutex
	on map[string]bool

	memory, big int // bytes held; of them, in bodies that are not small
	sources     map[string]int

	looking   sync.Mutex                 // what was counted first is not noted last
	undone    map[string]storage.Pending // by registrable domain
	all       storage.Pending
	fullUntil time.Time // Postgres said that its disk is full

	// The bounds, which tests make smaller.
	maxMemory, sourceMemory int
	maxUndone, domainUndone int
}

func newPressure(o *Options, shown *prometheus.GaugeVec) *pressure {
	p := &pressure{
		log: o.Log, clock: o.Clock, disk: o.Disk, shown: shown, off: o.NoLimits,
		on: map[string]bool{}, sources: map[string]int{}, undone: map[string]storage.Pending{},
		maxMemory: maxMemory, sourceMemory: sourceMemory, maxUndone: maxUndone, domainUndone: domainUndone,
	}
	for _, what := range []string{pressMemory, pressBacklog, pressDisk} {
		shown.WithLabelValues(what).Set(0)
	}
	return p
}

// set notes the beginning and the end of a pressure. p.mu is held.
func (p *pressure) set(what string, on bool, about ...any) {
	if p.on[what] == on {
		return
	}
	p.on[what] = on
	if on {
		p.shown.WithLabelValues(what).Set(1)
		p.log.Warn("inbox: under pressure, others are asked to come back later", append([]any{"what", what}, about...)...)
		return
	}
	p.shown.WithLabelValues(what).Set(0)
	p.log.Info("inbox: no longer under pressure", append([]any{"what", what}, about...)...)
}

func notNow(what string, retry time.Duration, text string) *answer {
	return &answer{status: http.StatusServiceUnavailable, reason: what, retry: retry, text: text}
}

func noRoom() *answer {
	return notNow(pressDisk, 2*time.Minute, "There is no room to keep anything just now; please send this again.")
}

// door says why nothing at all is taken in just now; nil when it is.
func (p *pressure) door() *answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.on[pressDisk]:
		return noRoom()
	case p.on[pressBacklog]:
		return notNow(pressBacklog, time.Minute, "Too much waits to be worked on; please send this again.")
	}
	return nil
}

// held is what one body takes of the memory.
type held struct {
	p      *pressure
	source string
	n      int
}

func (p *pressure) hold(source string) *held { return &held{p: p, source: source} }

// grow makes what is held n bytes; it says why that cannot be.
func (h *held) grow(n int) *answer {
	p := h.p
	p.mu.Lock()
	defer p.mu.Unlock()
	more, big := n-h.n, 0
	if n > smallBody {
		if big = more; h.n <= smallBody {
			big = n
		}
	}
	switch {
	case p.memory+more > p.maxMemory, big > 0 && p.big+big > p.maxMemory/2:
		p.set(pressMemory, true, "bytes", p.memory)
		return notNow(pressMemory, 5*time.Second, "Too much arrives at this moment; please send this again.")
	case !p.off && p.sources[h.source]+more > p.sourceMemory:
		return tooBusy("Too much at once from your network; please send this again later.")
	}
	p.memory += more
	p.big += big
	p.sources[h.source] += more
	h.n = n
	return nil
}

// free gives back all that is held.
func (h *held) free() {
	p := h.p
	p.mu.Lock()
	defer p.mu.Unlock()
	p.memory -= h.n
	if h.n > smallBody {
		p.big -= h.n
	}
	if p.sources[h.source] -= h.n; p.sources[h.source] <= 0 {
		delete(p.sources, h.source)
	}
	h.n = 0
	if p.memory <= p.maxMemory/4 {
		p.set(pressMemory, false, "bytes", p.memory)
	}
}

// readAll reads a body of the length that its sender states, -1 for none. Memory
// is taken as it comes: what is only promised costs nothing.
func (h *held) readAll(r io.Reader, stated int64) ([]byte, *answer, error) {
	var body []byte
	for {
		if len(body) == cap(body) {
			size := max(firstRead, 2*cap(body))
			if rest := int(stated) + 1; stated >= 0 && rest > len(body) {
				size = min(size, rest) // with one byte for the end
			}
			if no := h.grow(size); no != nil {
				return nil, no, nil
			}
			body = append(make([]byte, 0, size), body...)
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// admit counts one more activity of a domain among those that are not applied;
// false when it has as many as may be.
func (p *pressure) admit(domain string, n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.undone[domain]
	if !p.off && (d.Rows >= p.domainUndone || d.Bytes+int64(n) > domainUndoneBytes) {
		return false
	}
	p.undone[domain] = storage.Pending{Rows: d.Rows + 1, Bytes: d.Bytes + int64(n)}
	p.all.Rows++
	p.all.Bytes += int64(n)
	p.judge()
	return true
}

// judge begins or ends the pressure of the backlog. It ends well below where it
// began, so that the door does not open and close all the time. p.mu is held.
func (p *pressure) judge() {
	rows, bytes := p.all.Rows, p.all.Bytes
	switch {
	case rows >= p.maxUndone || bytes >= maxUndoneBytes:
		p.set(pressBacklog, true, "activities", rows, "bytes", bytes)
	case rows <= p.maxUndone*3/4 && bytes <= maxUndoneBytes*3/4:
		p.set(pressBacklog, false, "activities", rows, "bytes", bytes)
	}
}

// full notes that Postgres found its disk full: for a database elsewhere that is
// the only sign there is. After a while somebody may try again.
func (p *pressure) full() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fullUntil = p.clock().Add(fullWait)
	p.set(pressDisk, true, "said by", "Postgres")
}

// lookAtDisk begins or ends the pressure of the disk.
func (p *pressure) lookAtDisk() {
	var free, size int64
	var err error
	seen := p.disk != nil
	if seen {
		free, size, err = p.disk()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	least := min(minFree, size/10)
	switch {
	case err != nil:
		p.log.Warn("inbox: the disk cannot be looked at", "err", err)
	case p.clock().Before(p.fullUntil):
	case seen && free < least:
		p.set(pressDisk, true, "free", free)
	case !seen || free >= least+least/4:
		p.set(pressDisk, false, "free", free)
	}
}

// look counts anew what is not applied, and what room there is.
func (in *Inbox) look(ctx context.Context) error {
	in.pressure.lookAtDisk()
	p := in.pressure
	p.looking.Lock()
	defer p.looking.Unlock()
	hosts, err := in.o.DB.Undone(ctx)
	if err != nil {
		return err
	}
	undone, all := map[string]storage.Pending{}, storage.Pending{}
	for host, h := range hosts {
		name := registrable("https://" + host)
		d := undone[name]
		undone[name] = storage.Pending{Rows: d.Rows + h.Rows, Bytes: d.Bytes + h.Bytes}
		all.Rows += h.Rows
		all.Bytes += h.Bytes
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.undone, p.all = undone, all
	p.judge()
	return nil
}

// watch looks every other second. When there is much to count it looks less
// often.
func (in *Inbox) watch(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		if err := in.look(ctx); err != nil && ctx.Err() == nil {
			in.o.Log.Warn("inbox: looking at what is not done", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(max(lookEvery, lookShare*time.Since(began))):
		}
	}
}
