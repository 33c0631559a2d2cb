package main

import (
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	p, err := parseStat([]byte("4711 (postgres: a) (b) S 4242 4711 4711 0 -1 4194368 900 0 1 0 12 30 7 50 20 0 1 0 8123 220000000 5000\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := process{pid: 4711, parent: 4242, own: 420 * time.Millisecond, ended: 570 * time.Millisecond}
	if p != want {
		t.Errorf("%+v, want %+v", p, want)
	}
	for _, bad := range []string{"", "12", "12 (x) S", "x (y) S 1 1 1 0 -1 0 0 0 0 0 1 1 1 1 0", "12 (x) S 1 1 1 0 -1 0 0 0 0 0 one 1 1 1 0"} {
		if p, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q gave %+v", bad, p)
		}
	}
}

func TestResident(t *testing.T) {
	kib, err := residentKiB([]byte("Name:\tstoa\nVmHWM:\t   50000 kB\nVmRSS:\t   43210 kB\nThreads:\t9\n"))
	if err != nil || kib != 43210 {
		t.Errorf("%d, %v", kib, err)
	}
	if _, err := residentKiB([]byte("Name:\tstoa\n")); err == nil {
		t.Error("no VmRSS and no error")
	}
}

func TestParseSchedstat(t *testing.T) {
	used, err := parseSchedstat([]byte("1500000 22 3\n"))
	if err != nil || used != 1500*time.Microsecond {
		t.Errorf("%v, %v", used, err)
	}
	if _, err := parseSchedstat(nil); err == nil {
		t.Error("nothing was read as a time")
	}
}
