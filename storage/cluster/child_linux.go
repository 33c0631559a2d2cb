package cluster

import "syscall"

// dieWithParent has the kernel send the child a signal when the thread that made it ends, for whatever reason.
func dieWithParent(attr *syscall.SysProcAttr, s syscall.Signal) { attr.Pdeathsig = s }
