//go:build unix && !linux

package cluster

import "syscall"

// dieWithParent does nothing: the system has no such service, and an orphan is stopped by the next start.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
