//go:build unix

package cluster

import (
	"os"
	"strings"
	"sync"
)

// maxLog is the size in bytes at which Postgres' log is set aside. Postgres' own collector rotates by time or size but
// never forgets by size, so a fault that repeats could fill the disk.
const maxLog = 8 << 20

// serverLog is a file of bounded size with one before it, of which the end is remembered.
type serverLog struct {
	path string

	mu   sync.Mutex
	file *os.File
	size int64
	end  tail
}

func openServerLog(path string) (*serverLog, error) {
	l := &serverLog{path: path}
	err := l.reopen()
	return l, err
}

func (l *serverLog) reopen() error {
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // nothing was written
		return err
	}
	l.file, l.size = f, info.Size()
	return nil
}

// Write never fails: a full disk must not stop Postgres for the sake of its log.
func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.end.Write(p) // never fails
	if l.size > maxLog && l.file != nil {
		_ = l.file.Close()
		l.file = nil
		_ = os.Rename(l.path, l.path+".1") // if it fails we go on in the same file and try again
		_ = l.reopen()                     // if it fails the log is lost, Postgres is not
	}
	if l.file != nil {
		n, _ := l.file.Write(p) // see above
		l.size += int64(n)
	}
	return len(p), nil
}

func (l *serverLog) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close() // see Write
		l.file = nil
	}
}

// lastWords are the last lines Postgres said, on one line.
func (l *serverLog) lastWords() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(strings.Split(strings.TrimSpace(l.end.String()), "\n"), " | ")
}

// tail keeps the last bytes written to it.
type tail struct{ text []byte }

const tailSize = 1500

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.text) }
