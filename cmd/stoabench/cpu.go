package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc/PID/stat, the same on every Linux.
const tick = 10 * time.Millisecond

// process is what /proc/PID/stat says.
type process struct {
	pid, parent int
	own         time.Duration // user and system time
	ended       time.Duration // the same of children that ended and were waited for
}

// parseStat reads a line of /proc/PID/stat. The second field is the program's
// name in parentheses and may hold blanks and parentheses itself.
func parseStat(text []byte) (process, error) {
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("stat: no name in %q", text)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:open])))
	if err != nil {
		return process{}, fmt.Errorf("stat: %w", err)
	}
	fields := strings.Fields(string(text[end+1:])) // from the third, the state, on
	number := func(n int) int64 {
		if len(fields) <= n-3 {
			err = errors.Join(err, fmt.Errorf("stat: no field %d in %q", n, text))
			return 0
		}
		v, perr := strconv.ParseInt(fields[n-3], 10, 64)
		err = errors.Join(err, perr)
		return v
	}
	p := process{pid: pid, parent: int(number(4))}
	p.own = time.Duration(number(14)+number(15)) * tick
	p.ended = time.Duration(number(16)+number(17)) * tick
	return p, err
}

func readStat(pid int) (process, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, err
	}
	return parseStat(text)
}

// family is the time used by a process, by its children and by those of them
// that have ended, but for one child that is not counted. A child that ends
// while the others are read would be missed or counted twice: then all are read
// again.
func family(pid, without int) (time.Duration, error) {
	for {
		before, err := readStat(pid)
		if err != nil {
			return 0, err
		}
		sum := before.own + before.ended
		paths, err := filepath.Glob("/proc/[0-9]*/stat")
		if err != nil {
			return 0, err
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				continue // it has ended
			}
			p, err := parseStat(text)
			if err != nil {
				return 0, err
			}
			if p.parent == pid && p.pid != without {
				sum += p.own + p.ended
			}
		}
		if after, err := readStat(pid); err != nil || after.ended == before.ended {
			return sum, err
		}
	}
}

// residentKiB reads VmRSS out of /proc/PID/status.
func residentKiB(status []byte) (int, error) {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
		}
	}
	return 0, errors.New("status: no VmRSS")
}

// perCall is the processor time that one call of do takes, alone on its thread.
func perCall(n int, do func(i int) error) (time.Duration, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := range min(n, 50) {
		if err := do(i); err != nil {
			return 0, err
		}
	}
	before, err := threadTime()
	if err != nil {
		return 0, err
	}
	for i := range n {
		if err := do(i); err != nil {
			return 0, err
		}
	}
	after, err := threadTime()
	return (after - before) / time.Duration(n), err
}

// threadTime is what the calling thread has used, to the nanosecond.
func threadTime() (time.Duration, error) {
	text, err := os.ReadFile("/proc/thread-self/schedstat")
	if err != nil {
		return 0, err
	}
	return parseSchedstat(text)
}

func parseSchedstat(text []byte) (time.Duration, error) {
	used, _, _ := strings.Cut(string(text), " ")
	n, err := strconv.ParseInt(used, 10, 64)
	return time.Duration(n), err
}
