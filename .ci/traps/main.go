// Traps shows that the program steps into none of the traps that other servers are known for. Each has a test, or a
// reason in FEDERATION.md why it cannot apply. The test runs twice: as the program is, and must pass; and with the
// program broken so that it does what the trap warns of, and must fail. The breaks are laid over the sources
// (go test -overlay): the checkout is not touched.
//
//	go run .ci/traps/*.go [-check] [-why] [lemmy05,peer31]
//
// With -check nothing is run: every number is there, every test exists, every break fits today's sources. With -why it
// is also printed with what words each test fails, to see that it is the trap that it complains of.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// trap is one way in which a new server breaks against others, or one side of it: what it does to others, and what it
// takes of them. A trap with two sides stands there twice.
type trap struct {
	peer   string // lemmy, or peer for all others
	number int
	what   string
	room   string // folder of the test
	test   string
	breaks []change
	never  string // why it cannot apply, as FEDERATION.md says it; it then has no test
	open   string // what is still missing; it then has no test, and the run fails
}

// change is a piece of source, which stands in its file exactly once, and what is put in its place.
type change struct{ file, old, new string }

func (t *trap) String() string { return fmt.Sprintf("%s %02d", t.peer, t.number) }

// How many there are of each.
const (
	lemmyTraps = 42
	peerTraps  = 57
)

func main() {
	check := flag.Bool("check", false, "look at the table alone")
	explain := flag.Bool("why", false, "print with what words each test fails")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *check, *explain, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context, checkOnly, explain bool, wanted string) error {
	all := slices.Concat(lemmy(), peers())
	if faults := check(all); len(faults) > 0 || checkOnly {
		return errors.Join(faults...)
	}
	traps, err := choose(all, wanted)
	if err != nil {
		return err
	}
	passed, err := green(ctx, traps)
	if err != nil {
		return err
	}
	failed := 0
	for _, t := range traps {
		if t.never != "" {
			fmt.Printf("%s │ %-66s │ cannot apply: %s\n", t, t.what, t.never)
			continue
		}
		if t.open != "" {
			failed++
			fmt.Printf("%s │ %-66s │ OPEN: %s\n", t, t.what, t.open)
			continue
		}
		asIs, broken := passed[t.room+" "+t.test], "red"
		why, said, err := red(ctx, t)
		if err != nil {
			return err
		} else if why != "" {
			broken = "NOT RED: " + why
		}
		if asIs != "green" || broken != "red" {
			failed++
		}
		fmt.Printf("%s │ %-66s │ %-66s │ %-5s │ %s\n", t, t.what, t.room+" "+t.test, asIs, broken)
		if explain {
			fmt.Println(said)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d traps are not held", failed, len(traps))
	}
	return nil
}

// choose finds the traps that were asked for: "lemmy05,peer31", all when nothing was.
func choose(all []*trap, wanted string) ([]*trap, error) {
	if wanted == "" {
		return all, nil
	}
	var some []*trap
	for name := range strings.SplitSeq(wanted, ",") {
		peer := strings.TrimRight(name, "0123456789 ")
		number, err := strconv.Atoi(strings.TrimLeft(name[len(peer):], " "))
		n := len(some)
		for _, t := range all {
			if err == nil && t.peer == peer && t.number == number {
				some = append(some, t)
			}
		}
		if len(some) == n {
			return nil, fmt.Errorf("there is no trap %q", name)
		}
	}
	return some, nil
}

// check says what is wrong with the table.
func check(all []*trap) (faults []error) {
	said, err := os.ReadFile("FEDERATION.md")
	if err != nil {
		return []error{fmt.Errorf("not called in the root of the checkout: %w", err)}
	}
	seen, tests := map[string]bool{}, map[string]bool{}
	for _, t := range all {
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("%s: %s", t, fmt.Sprintf(format, args...)))
		}
		if tests[t.test] || seen[t.String()] && (t.never != "" || t.open != "") {
			fault("stands there twice")
		}
		seen[t.String()], tests[t.test] = true, t.test != ""
		if t.never != "" {
			if line := fmt.Sprintf("| %s %d | %s |", t.peer, t.number, t.never); !bytes.Contains(said, []byte(line)) {
				fault("FEDERATION.md lacks the line %s", line)
			}
			continue
		}
		if t.open != "" {
			continue
		}
		if want := map[string]string{"lemmy": "TestLemmyTrap", "peer": "TestPeerTrap"}[t.peer] + fmt.Sprintf("%02d", t.number); !strings.HasPrefix(t.test, want) {
			fault("its test %s does not begin with %s", t.test, want)
		}
		if ok, err := hasTest(t.room, t.test); err != nil || !ok {
			fault("%s has no %s (%v)", t.room, t.test, err)
		}
		if len(t.breaks) == 0 {
			fault("nothing is broken")
		}
		if _, err := t.broken(); err != nil {
			fault("%v", err)
		}
	}
	for peer, n := range map[string]int{"lemmy": lemmyTraps, "peer": peerTraps} {
		for i := range n {
			if name := (&trap{peer: peer, number: i + 1}).String(); !seen[name] {
				faults = append(faults, fmt.Errorf("%s is missing", name))
			}
		}
	}
	if len(seen) > lemmyTraps+peerTraps {
		faults = append(faults, fmt.Errorf("%d traps, there are %d", len(seen), lemmyTraps+peerTraps))
	}
	return faults
}

func hasTest(room, name string) (bool, error) {
	files, err := filepath.Glob(filepath.Join(room, "*_test.go"))
	if err != nil {
		return false, err
	}
	declared := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(name) + `\(`)
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // of this checkout
		if err != nil {
			return false, err
		}
		if declared.Match(text) {
			return true, nil
		}
	}
	return false, nil
}

// broken returns the sources that a trap's breaks change, by name.
func (t *trap) broken() (map[string]string, error) {
	out := map[string]string{}
	for _, c := range t.breaks {
		text, ok := out[c.file]
		if !ok {
			b, err := os.ReadFile(c.file)
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		if n := strings.Count(text, c.old); n != 1 {
			return nil, fmt.Errorf("%s has %d times what is to be broken: %s", c.file, n, c.old)
		}
		out[c.file] = strings.Replace(text, c.old, c.new, 1)
	}
	return out, nil
}

// green runs the tests as the program is, those of a room together, and says of each how it ended.
func green(ctx context.Context, traps []*trap) (map[string]string, error) {
	rooms := map[string][]string{}
	for _, t := range traps {
		if t.never == "" && t.open == "" {
			rooms[t.room] = append(rooms[t.room], t.test)
		}
	}
	out := map[string]string{}
	for room, tests := range rooms {
		ended, said, err := test(ctx, room, "", tests)
		if err != nil {
			return nil, err
		}
		for _, name := range tests {
			out[room+" "+name] = map[string]string{"pass": "green"}[ended[name]]
			if ended[name] != "pass" {
				out[room+" "+name] = "FAILS"
				fmt.Fprintf(os.Stderr, "%s %s:\n%s\n", room, name, said)
			}
		}
	}
	return out, nil
}

// red runs a trap's test with the program broken. why is empty when the test found fault with what it does; said is what
// it then said.
func red(ctx context.Context, t *trap) (why, said string, err error) {
	dir, err := os.MkdirTemp("", "stoa-trap-")
	if err != nil {
		return "", "", err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	sources, err := t.broken()
	if err != nil {
		return "", "", err
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, text := range sources {
		at, err := filepath.Abs(file)
		if err != nil {
			return "", "", err
		}
		copied := filepath.Join(dir, fmt.Sprintf("%d.go", len(overlay.Replace)))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", "", err
		}
		overlay.Replace[at] = copied
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		return "", "", err
	}
	at := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(at, list, 0o600); err != nil {
		return "", "", err
	}
	ended, said, err := test(ctx, t.room, at, []string{t.test})
	switch {
	case err != nil:
		return "", "", err
	case ended[t.test] == "pass":
		return "it passes", said, nil
	case ended[t.test] != "fail":
		return "it did not run: " + said, said, nil
	case strings.Contains(said, "\npanic: "):
		return "it panics: " + said, said, nil
	}
	return "", said, nil
}

// test runs tests of a room, and says how each ended; one that did not run is not among them. said is what else there
// was to read.
func test(ctx context.Context, room, overlay string, names []string) (ended map[string]string, said string, err error) {
	args := []string{"test", "-count=1", "-vet=off", "-timeout=5m", "-json", "-run=^(" + strings.Join(names, "|") + ")$"}
	if overlay != "" {
		args = append(args, "-overlay="+overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+room)...) //nolint:gosec // the table is ours
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited || ctx.Err() != nil {
		return nil, "", errors.Join(err, ctx.Err())
	}
	ended = map[string]string{}
	var text strings.Builder
	for line := range bytes.Lines(stdout.Bytes()) {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(line, &e) != nil {
			continue
		}
		switch e.Action {
		case "pass", "fail", "skip":
			ended[e.Test] = e.Action
		case "output", "build-output":
			text.WriteString(e.Output)
		}
	}
	return ended, text.String() + stderr.String(), nil
}
