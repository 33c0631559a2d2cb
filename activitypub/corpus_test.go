package activitypub

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCorpus reads real documents of other servers, where STOA_CORPUS names a folder that holds some.
func TestCorpus(t *testing.T) {
	root := os.Getenv("STOA_CORPUS")
	if root == "" {
		t.Skip("STOA_CORPUS is not set: no documents of other servers to read")
	}
	n := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		n++
		t.Run(filepath.ToSlash(strings.TrimPrefix(path, root)), func(t *testing.T) {
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			readAny(t, body)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Fatalf("no documents below %s", root)
	}
}

// readAny reads a document by the reader for its type and demands what every document of that kind has.
func readAny(t *testing.T, body []byte) {
	t.Helper()
	if err := Check(body); err != nil {
		t.Fatalf("Check: %v", err)
	}
	kind, err := readType(field(body, "type"))
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case IsActorType(kind):
		a, err := ReadActor(body)
		if err != nil {
			t.Fatalf("ReadActor: %v", err)
		}
		if a.Inbox == "" || a.PreferredUsername == "" || len(a.Keys) == 0 || a.Keys[0].PEM == "" {
			t.Errorf("incomplete actor: %+v", a)
		}
	case IsCollectionType(kind):
		if _, err := ReadCollection(body); err != nil {
			t.Fatalf("ReadCollection: %v", err)
		}
	case field(body, "actor") != nil && field(body, "object") != nil: // Pleroma puts actor on notes too
		if _, err := ReadEnvelope(body); err != nil {
			t.Fatalf("ReadEnvelope: %v", err)
		}
		a, err := ReadActivity(body)
		if err != nil {
			t.Fatalf("ReadActivity: %v", err)
		}
		if a.Object.IsZero() {
			t.Error("no object")
		}
		if a.Object.IsEmbedded() && a.Object.Field("attributedTo") != nil {
			if _, err := a.Object.Object(); err != nil {
				t.Errorf("embedded object: %v", err)
			}
		}
	case IsRareObjectType(kind):
		if _, err := ReadRareObject(body); err != nil {
			t.Fatalf("ReadRareObject: %v", err)
		}
	default:
		o, err := ReadObject(body)
		if err != nil {
			t.Fatalf("ReadObject: %v", err)
		}
		if kind != "Tombstone" && (o.ID == "" || len(o.Authors) == 0 || !o.Published.Valid) {
			t.Errorf("incomplete object: %+v", o)
		}
	}
}
