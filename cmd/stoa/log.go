package main

import (
	"io"
	"log/slog"
)

// newLog makes the program's log: lines of key=value for people, or JSON.
func newLog(w io.Writer, c *config) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
