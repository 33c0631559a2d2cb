//go:build !linux

package main

import (
	"errors"
	"os/exec"
)

const supported = false

func startLeashed(*exec.Cmd) (<-chan error, error) { return nil, errors.ErrUnsupported }
