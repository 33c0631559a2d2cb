package reach

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// Ten a second of one domain, whoever asks; others do not wait for it.
func TestPace(t *testing.T) {
	p, now := newPace(), time.Now()
	var last time.Duration
	for range 101 {
		pause, planned := p.plan("a.example", now, usualRate)
		if !planned {
			t.Fatal("not planned")
		}
		if pause < last {
			t.Fatalf("a request is planned before the one before it: %v after %v", pause, last)
		}
		last = pause
	}
	if last < 10*time.Second {
		t.Errorf("101 requests within %v", last)
	}
	if pause, _ := p.plan("b.example", now, usualRate); pause != 0 {
		t.Errorf("another domain waits for %v", pause)
	}
	if pause, planned := p.plan("a.example", now.Add(time.Minute), usualRate); pause != 0 || !planned {
		t.Errorf("a minute later: %v", pause)
	}
}

// Nobody is planned far ahead, and what is due is forgotten.
func TestPaceIsBounded(t *testing.T) {
	p, now := newPace(), time.Now()
	n := 0
	for ; n < 10_000; n++ {
		if _, planned := p.plan("a.example", now, usualRate); !planned {
			break
		}
	}
	if n > int(longestQueue.Seconds()*usualRate)+1 {
		t.Errorf("%d requests are planned", n)
	}
	for i := range 5_000 {
		p.plan(fmt.Sprintf("%d.example", i), now.Add(time.Duration(i)*time.Second), usualRate)
	}
	if len(p.next) > 1_001 {
		t.Errorf("%d domains are remembered", len(p.next))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.wait(ctx, "4999.example", 0.001); !errors.Is(err, context.Canceled) {
		t.Errorf("who has left waits: %v", err)
	}
}

// A turn ends by time, by requests, or by hosts.
func TestBudget(t *testing.T) {
	b := newBudget("")
	for i := range maxHosts {
		if err := b.take(fmt.Sprintf("%d.example", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.take("one.more.example"); !errors.Is(err, errTooMany) {
		t.Errorf("one host too many: %v", err)
	}
	if err := b.take("1.example"); err != nil {
		t.Errorf("a host that was asked before: %v", err)
	}
	b.gets = b.most
	if err := b.take("1.example"); !errors.Is(err, errTooMany) {
		t.Errorf("one request too many: %v", err)
	}
	b = newBudget("")
	b.until = time.Now().Add(-time.Second)
	if err := b.take("1.example"); !errors.Is(err, errTurn) {
		t.Errorf("after its time: %v", err)
	}
}
