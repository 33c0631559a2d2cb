package main

import (
	"os/exec"
	"runtime"
	"syscall"
)

const supported = true

// startLeashed starts a child that the kernel kills when this process dies, and
// returns where its end will be told. The leash belongs to the thread that
// starts the child, so that thread stays.
func startLeashed(cmd *exec.Cmd) (<-chan error, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	return ended, <-started
}
