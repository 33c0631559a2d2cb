//go:build unix

package cluster_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"syscall"
	"testing"

	"stoa/storage/cluster"
)

// helperVariable makes this test binary, run again, the program that owns the cluster in the folder it names.
const helperVariable = "CLUSTER_TEST_HELPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperVariable); dir != "" {
		if err := helper(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if dir, err := original(); err == nil {
		_ = os.RemoveAll(dir) // a leftover in memory, no more
	}
	os.Exit(code)
}

// helper runs the cluster until its input ends.
func helper(dir string) error {
	ctx := context.Background()
	c, err := cluster.Start(ctx, options(dir))
	if err != nil {
		return err
	}
	fmt.Println("started")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return c.Stop(ctx)
}

// program is another program that owns a cluster.
type program struct {
	cmd   *osexec.Cmd
	input io.Closer
	lines *bufio.Scanner
}

// startHelper starts a program without waiting for its cluster.
func startHelper(t *testing.T, dir string) *program {
	t.Helper()
	cmd := osexec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), helperVariable+"="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &program{cmd: cmd, input: in, lines: bufio.NewScanner(out)}
}

// runHelper starts a program and leaves a row in its cluster for kept to find.
func runHelper(t *testing.T, dir string) *program {
	t.Helper()
	p := startHelper(t, dir)
	if !p.lines.Scan() || p.lines.Text() != "started" {
		t.Fatalf("the program said %q", p.lines.Text())
	}
	c, err := cluster.Attach(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, c)
	return p
}

// end stops the program in good order.
func (p *program) end(t *testing.T) {
	t.Helper()
	if err := p.input.Close(); err != nil {
		t.Error(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// kill ends the program as a power cut would.
func (p *program) kill(t *testing.T) {
	t.Helper()
	kill(t, p.cmd.Process.Pid)
	_ = p.cmd.Wait() // says that it was killed
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
