// Command stoabench measures a node and prints figures beside what they must
// reach; `make bench` runs it.
//
// Server, Postgres and load are processes of their own: this one plays the other
// servers, and what it uses is not counted. A cost is the user and system time
// of the server and of all processes of its Postgres, from the first request
// until everything is applied and delivered. Postgres flushes to disk as a real
// node's does. Requests are signed before the clock starts. A figure is the
// median of five runs after one that warms up, with the least and the greatest
// beside it. What is compared is run in turns; the figure is then the ratio of
// the two medians, beside the least and the greatest ratio of a turn.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// measurement is one thing that can be asked for by name.
type measurement struct {
	name string
	run  func(*bench, context.Context) error
}

// measurements are in the order in which they run.
var measurements = []measurement{
	{"like", (*bench).like},
	{"like-big", (*bench).likeBig},
	{"reply", (*bench).reply},
	{"comment", (*bench).comment},
	{"first-contact", (*bench).firstContact},
	{"announced", (*bench).announced},
	{"backfill", (*bench).backfill},
	{"adopt", (*bench).adopt},
	{"delivery", (*bench).delivery},
	{"fanout", (*bench).fanout},
	{"sick", (*bench).sick},
	{"living", (*bench).living},
	{"together", (*bench).together},
	{"distance", (*bench).distance},
	{"pages", (*bench).pages},
	{"page-cache", (*bench).pageCache},
	{"first-visit", (*bench).firstVisit},
	{"idle", (*bench).idle},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := readOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil && !supported {
		err = errors.New("figures are taken from /proc, which only Linux has")
	}
	if err == nil {
		err = measure(ctx, o, stdout)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "stoabench:", err)
		return 1
	}
	return 0
}

// options are the command line.
type options struct {
	only    []string // names of measurements; none means all
	quick   bool
	votes   int
	posts   int
	senders int
	data    string
	profile bool
	program string
}

func readOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var only string
	names := make([]string, len(measurements))
	for i, m := range measurements {
		names[i] = m.name
	}
	flags := flag.NewFlagSet("stoabench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&only, "only", "", "measure only these, separated by commas: "+strings.Join(names, " "))
	flags.BoolVar(&o.quick, "quick", false, "a fifth of the work, for trying out; the figures are rough")
	flags.IntVar(&o.votes, "votes", 10_000_000, "rows of the big vote table; made once and kept")
	flags.IntVar(&o.posts, "posts", manyPosts, "posts of the big forum that is read, with ten votes each; made once and kept")
	flags.IntVar(&o.senders, "senders", 32, "requests in flight at a time")
	flags.StringVar(&o.data, "data", "data/bench", "folder for clusters, logs and profiles; kept between runs")
	flags.BoolVar(&o.profile, "profile", false, "add a run of each measurement under a profiler, not only of those that miss their target")
	flags.StringVar(&o.program, "program", "", "measure this program instead of building ./cmd/stoa")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected %q; see -help", flags.Arg(0))
	}
	for _, name := range strings.FieldsFunc(only, func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.Contains(names, name) {
			return o, fmt.Errorf("there is no measurement %q; there are %s", name, strings.Join(names, ", "))
		}
		o.only = append(o.only, name)
	}
	return o, nil
}

func (o *options) wants(name string) bool {
	return len(o.only) == 0 || slices.Contains(o.only, name)
}

// size scales the work of a run.
func (o *options) size(n int) int {
	if o.quick {
		return max(n/5, 1)
	}
	return n
}

// measure runs what is asked for. One that fails does not keep the others from
// running.
func measure(ctx context.Context, o options, out io.Writer) error {
	b, err := newBench(ctx, o, out)
	if err != nil {
		return err
	}
	defer b.close()
	var failed error
	began := time.Now()
	for _, m := range measurements {
		if !o.wants(m.name) || ctx.Err() != nil {
			continue
		}
		if err := m.run(b, ctx); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", m.name, err))
			b.sayf("%-48s failed: %v", m.name, err)
		}
	}
	b.facts(ctx, time.Since(began))
	return errors.Join(failed, ctx.Err())
}
