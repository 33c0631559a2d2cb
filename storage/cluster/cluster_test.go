//go:build unix

package cluster_test

import (
	"context"
	"testing"
	"time"

	"stoa/storage/cluster"
)

func TestQuick(t *testing.T) {
	t0 := time.Now()
	c, err := cluster.Start(context.Background(), cluster.Options{Dir: t.TempDir() + "/pg"})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(t0), c.DSN("x"))
	if err := c.EnsureDatabase(t.Context(), `we"ird`); err != nil {
		t.Fatal(err)
	}
	t0 = time.Now()
	if err := c.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(t0))
}
