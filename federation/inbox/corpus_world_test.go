package inbox

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	ap "stoa/activitypub"
	"stoa/federation/fedtest"
)

// A folder holds documents as other servers write them, one JSON file each.
type folder struct {
	bodies map[string][]byte // by path below the folder
	served map[string]string // id of an actor or object to its file
}

// gather reads a folder.
func gather(t *testing.T, root string) folder {
	t.Helper()
	f := folder{map[string][]byte{}, map[string]string{}}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".json") {
			return err
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		below = filepath.ToSlash(below)
		f.bodies[below] = body
		if d := about(t, body); d.ID != "" && !d.isActivity() {
			f.served[d.ID] = below
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sketch is what the test itself looks at in a document.
type sketch struct {
	ID           string          `json:"id"`
	Kind         any             `json:"type"`
	Actor        any             `json:"actor"`
	AttributedTo any             `json:"attributedTo"`
	Object       json.RawMessage `json:"object"`
}

func about(t *testing.T, body []byte) sketch {
	t.Helper()
	var s sketch
	if err := json.Unmarshal(body, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s sketch) kind() string { kind, _ := s.Kind.(string); return kind }

// author is whose it is: PeerTube names the channel too, after its account.
func (s sketch) author() string {
	if all, ok := s.AttributedTo.([]any); ok && len(all) > 0 {
		first, _ := all[0].(map[string]any)
		id, _ := first["id"].(string)
		return id
	}
	id, _ := s.AttributedTo.(string)
	return id
}

// isActivity reports whether somebody does something: Pleroma puts an actor on
// its notes too.
func (s sketch) isActivity() bool { return s.Actor != nil && len(s.Object) > 0 }

// world is all servers that a document speaks of but this node, which plays one
// of them: every origin is a name below localhost. Names say http where the
// document has it, so that two origins stay two.
type world struct {
	t      *testing.T
	folder folder
	here   string // origin of the node in the document
	node   string // and in truth
	port   string

	mu      sync.Mutex
	origins map[string]string // of the document, by the name below localhost
	docs    map[string][]byte // by the document's id
}

var (
	addressed = regexp.MustCompile(`(https?):\\?/\\?/([A-Za-z0-9.-]+)(:[0-9]+)?(/u/[A-Za-z0-9_]+)?`)
	// What is no server of anybody: JSON-LD terms.
	vocabularies = map[string]bool{"www.w3.org": true, "w3id.org": true, "schema.org": true, "purl.org": true, "joinmastodon.org": true}
)

func newWorld(t *testing.T, f folder, here string) *world {
	t.Helper()
	w := &world{t: t, folder: f, here: here, origins: map[string]string{}, docs: map[string][]byte{}}
	server := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(server.Close)
	_, w.port, _ = strings.Cut(server.Listener.Addr().String(), ":")
	return w
}

// there gives the documents' addresses the names they have in the test.
func (w *world) there(s string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return addressed.ReplaceAllStringFunc(s, func(found string) string {
		part := addressed.FindStringSubmatch(found)
		scheme, host, port, person := part[1], part[2], part[3], part[4]
		switch origin := scheme + "://" + host + port; {
		case vocabularies[host]:
			return found
		case origin == w.here:
			return w.node + strings.ToLower(person) // as names are here
		default:
			name := "http://" + scheme + "." + host + strings.Replace(port, ":", "-", 1) + ".localhost:" + w.port
			w.origins[name] = origin
			return name + person
		}
	})
}

// back undoes there.
func (w *world) back(s string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	pairs := []string{w.node, w.here}
	for name, origin := range w.origins {
		pairs = append(pairs, name, origin)
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// put serves a document that is not in the folder.
func (w *world) put(id string, doc any) {
	w.t.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.docs[id] = body
}

// known serves an actor of whom there is no document.
func (w *world) known(kind, id string) {
	w.mu.Lock()
	_, held := w.docs[id]
	w.mu.Unlock()
	if !held && w.folder.served[id] == "" {
		w.put(id, minimal(kind, id))
	}
}

// people serves everybody a document names as its actor or author.
func (w *world) people(body []byte) {
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				if id, ok := value.(string); ok && (key == "actor" || key == "attributedTo") && !ap.IsActorType(kindOf(v)) {
					w.known("Person", id)
				}
				walk(value)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	var doc any
	if err := json.Unmarshal(body, &doc); err != nil {
		w.t.Fatal(err)
	}
	walk(doc)
}

func kindOf(doc map[string]any) string { kind, _ := doc["type"].(string); return kind }

// minimal is an actor with no more than it needs.
func minimal(kind, id string) fedtest.Doc {
	_, public := ourKey()
	name := strings.TrimPrefix(strings.ToLower(path.Base(strings.TrimSuffix(id, "/"))), "@")
	return fedtest.Doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": kind, "preferredUsername": name,
		"inbox": id + "/inbox", "followers": id + "/followers",
		"publicKey": fedtest.Doc{"id": id + "#main-key", "owner": id, "publicKeyPem": public},
	}
}

// serve answers for every server of the world. What is in the folder is served
// as it stands there.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	id := w.back("http://" + r.Host + r.URL.RequestURI())
	w.mu.Lock()
	body := w.docs[id]
	w.mu.Unlock()
	for _, spelling := range []string{id, strings.Replace(id, "/?", "?", 1), strings.TrimSuffix(id, "/")} {
		if file := w.folder.served[spelling]; body == nil && file != "" {
			body = w.folder.bodies[file]
		}
	}
	if body == nil {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", ap.ContentType)
	_, _ = rw.Write(bytes.TrimSpace([]byte(w.there(string(body)))))
}
