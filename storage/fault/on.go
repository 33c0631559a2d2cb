//go:build faults

package fault

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// On says whether this build can be told to fail. Only tests make one that can.
const On = true

// Variable names what goes wrong: POINT:N=ACTION, where ACTION is kill, which
// ends the process as kill -9 does; late, which holds up whoever passes and ends
// the process a moment after, so that what others did too early has time to
// show; stop, which freezes it until SIGCONT; or a duration, which holds up
// whoever passes. It happens at the Nth passing; a duration at that and all later
// ones.
const Variable = "STOA_FAULT"

// moment is enough for an answer to be written, and for a commit.
const moment = 150 * time.Millisecond

// plan is read once, and counted down by whoever passes its point.
var plan = read(os.Getenv(Variable))

type fault struct {
	point  string
	action string
	wait   time.Duration
	left   atomic.Int64
}

func read(text string) *fault {
	if text == "" {
		return nil
	}
	where, action, _ := strings.Cut(text, "=")
	point, count, _ := strings.Cut(where, ":")
	f := &fault{point: point, action: action}
	n, err := strconv.ParseInt(count, 10, 64)
	if err == nil && action != "kill" && action != "late" && action != "stop" {
		f.wait, err = time.ParseDuration(action)
	}
	if err != nil || n < 1 || point == "" {
		panic(fmt.Sprintf("%s=%q is not POINT:N=kill, late, stop or a duration", Variable, text))
	}
	f.left.Store(n)
	return f
}

// At marks an instant. The name is a constant, unique in the program.
func At(point string) {
	if plan == nil || plan.point != point {
		return
	}
	left := plan.left.Add(-1)
	switch {
	case left > 0:
	case plan.wait > 0:
		time.Sleep(plan.wait)
	case left == 0 && plan.action == "stop":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case left == 0:
		if plan.action == "late" {
			time.Sleep(moment)
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // nothing after this instant may happen
	}
}
