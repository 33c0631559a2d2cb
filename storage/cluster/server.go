//go:build unix

package cluster

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
)

// settings are for a program's own small database on a small machine. What concerns a connection (timeouts, for
// instance) is set by whoever connects.
var settings = map[string]string{
	"listen_addresses":        "", // no TCP
	"port":                    "5432",
	"unix_socket_permissions": "0700",
	"max_connections":         "60",
	"shared_buffers":          "64MB",
	"effective_cache_size":    "512MB",
	"work_mem":                "8MB",
	"maintenance_work_mem":    "64MB",
	"max_wal_size":            "1GB",
	"min_wal_size":            "80MB",
	"checkpoint_timeout":      "15min",
	"wal_compression":         "on",
	"synchronous_commit":      "on",
	"fsync":                   "on",
	"full_page_writes":        "on",
	"max_wal_senders":         "0", // nobody replicates from a socket in a closed folder
	"wal_level":               "minimal",
	"random_page_cost":        "1.1", // solid state
	"jit":                     "off", // costs more than it gives in queries of milliseconds
	// Parallel queries put their tables into /dev/shm, of which a container has 64 MB, and fail when it is full.
	"max_parallel_workers_per_gather":  "0",
	"max_parallel_maintenance_workers": "0",
	"autovacuum_naptime":               "20s", // queues and counters turn over quickly
	"logging_collector":                "off", // we write its log, see serverLog
	"log_line_prefix":                  "%m [%p] ",
	"log_timezone":                     "UTC",
	"TimeZone":                         "UTC",
	"log_checkpoints":                  "off",
	"log_lock_waits":                   "on",
}

// withoutFsync leaves synchronous_commit on: a commit still reaches the kernel, so it outlives Postgres, as tests that
// kill it expect.
var withoutFsync = map[string]string{"fsync": "off", "full_page_writes": "off"}

func startServer(ctx context.Context, programs Binaries, user account, db folder, c *Cluster, o Options) (*child, error) {
	log, err := openServerLog(filepath.Join(c.dir, "postgres.log"))
	if err != nil {
		return nil, err
	}
	inForce := maps.Clone(settings)
	if o.NoFsync {
		maps.Copy(inForce, withoutFsync)
	}
	maps.Copy(inForce, o.Settings)
	args := []string{"-D", db.name(), "-k", c.socket}
	for _, name := range slices.Sorted(maps.Keys(inForce)) {
		args = append(args, "-c", name+"="+inForce[name])
	}
	server, err := startChild(ctx, command{
		programs: programs, name: "postgres", args: args, user: user, db: db, output: log, orphaned: fastStop,
	})
	if err != nil {
		log.Close()
		return nil, err
	}
	server.log = log
	go func() {
		<-server.done
		log.Close()
	}()
	return server, nil
}
