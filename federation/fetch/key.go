package fetch

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"stoa/activitypub"
	"stoa/activitypub/proof"
	"stoa/activitypub/sig"
)

// Key is a public key that its owner lists as its own.
type Key struct {
	ID    string // as the owner lists it
	Owner string // id of the actor
	PEM   string // as the owner lists it, not parsed
}

// Key finds the key that a signature names and the actor it belongs to. The
// name may be an address with or without a fragment, at which stands a key or
// an actor, or an acct: URI. Whatever stands there, only the owner decides: the
// actor is read at its own id, must list this very key, and must share the
// origin of keyID. A key document that names somebody else as its owner, or
// another PEM than the owner lists, is an error of kind KeyMismatch.
//
// The bytes are the owner's document. Everything together takes no longer than
// Options.Timeout.
func (c *Client) Key(ctx context.Context, keyID string) (key Key, owner activitypub.Actor, raw []byte, err error) {
	defer c.observe("key", c.now(), &err)
	ctx, cancel := c.begin(ctx, c.o.Timeout)
	defer cancel()
	if account, ok := strings.CutPrefix(keyID, "acct:"); ok {
		return c.keyOfAccount(ctx, keyID, account)
	}
	// GoToSocial serves at the path of the key a stub of the actor: its id is
	// the actor's, so that Document has already gone on to the whole actor.
	doc, err := c.shared(ctx, keyID)
	if err != nil {
		return Key{}, activitypub.Actor{}, nil, err
	}
	claim, isKey := readKeyDocument(doc)
	if isKey {
		if claim.ID != keyID {
			return Key{}, activitypub.Actor{}, nil, fail(KeyMismatch, doc.URL, "a key of another name than %q", clip(keyID))
		}
		owner, raw, err = c.actor(ctx, claim.Owner)
		if err == nil && owner.ID != claim.Owner {
			err = fail(KeyMismatch, owner.ID, "is not the owner that the key names, %q", clip(claim.Owner))
		}
	} else {
		owner, raw, err = c.readActor(doc)
	}
	if err != nil {
		return Key{}, activitypub.Actor{}, nil, err
	}
	key, err = listed(owner, keyID, claim.PEM)
	if err != nil {
		return Key{}, activitypub.Actor{}, nil, err
	}
	return key, owner, raw, nil
}

// keyOfAccount resolves a key named acct:name@host, as old Mastodon did: the
// account's actor, and its only key. With several nothing says which.
func (c *Client) keyOfAccount(ctx context.Context, keyID, account string) (Key, activitypub.Actor, []byte, error) {
	none := func(err error) (Key, activitypub.Actor, []byte, error) {
		return Key{}, activitypub.Actor{}, nil, err
	}
	name, host, ok := strings.Cut(account, "@")
	if !ok {
		return none(fail(BadURL, clip(keyID), "no account"))
	}
	found, err := c.webFinger(ctx, name, host)
	if err != nil {
		return none(err)
	}
	if len(found.Actors) != 1 {
		return none(fail(KeyMismatch, clip(keyID), "%d actors have this name", len(found.Actors)))
	}
	owner, raw, err := c.actor(ctx, found.Actors[0].ID)
	if err != nil {
		return none(err)
	}
	if len(owner.Keys) != 1 {
		return none(fail(KeyMismatch, owner.ID, "lists %d keys", len(owner.Keys)))
	}
	key, err := listed(owner, owner.Keys[0].ID, "")
	if err != nil {
		return none(err)
	}
	return key, owner, raw, nil
}

// listed finds the key among those of its owner. pem is what the key's own
// document says, "" when there was none; it must agree with the owner, and
// stands alone where the owner lists the key by its id only.
func listed(owner activitypub.Actor, keyID, pem string) (Key, error) {
	at := slices.IndexFunc(owner.Keys, func(k activitypub.PublicKey) bool { return k.ID == keyID })
	if at < 0 {
		return asserted(owner, keyID, pem)
	}
	key := owner.Keys[at]
	if key.PEM == "" {
		key.PEM = pem
	}
	switch {
	case key.Owner != "" && key.Owner != owner.ID:
		return Key{}, fail(KeyMismatch, owner.ID, "lists a key of %q", clip(key.Owner))
	case key.PEM == "":
		return Key{}, fail(KeyMismatch, owner.ID, "lists the key without its PEM")
	case pem != "" && !samePEM(pem, key.PEM):
		return Key{}, fail(KeyMismatch, owner.ID, "lists another key under this id")
	case !activitypub.SameOrigin(keyID, owner.ID):
		return Key{}, fail(WrongOrigin, owner.ID, "lists a key at %q", clip(keyID))
	}
	return Key{ID: key.ID, Owner: owner.ID, PEM: key.PEM}, nil
}

// asserted finds the key among those with which its owner signs documents: some
// software (tootik) signs requests with the same.
func asserted(owner activitypub.Actor, keyID, pem string) (Key, error) {
	at := slices.IndexFunc(owner.Asserts, func(k activitypub.Multikey) bool { return k.ID == keyID && k.Controller == owner.ID })
	if at < 0 {
		return Key{}, fail(KeyMismatch, owner.ID, "does not list the key %q", clip(keyID))
	}
	if !activitypub.SameOrigin(keyID, owner.ID) {
		return Key{}, fail(WrongOrigin, owner.ID, "lists a key at %q", clip(keyID))
	}
	public, err := proof.ParseMultikey(owner.Asserts[at].Key)
	if err != nil {
		return Key{}, fail(KeyMismatch, owner.ID, "lists a key that cannot be read")
	}
	text, err := sig.EncodePublicKey(public)
	if err != nil || pem != "" && !samePEM(pem, text) {
		return Key{}, fail(KeyMismatch, owner.ID, "lists another key under this id")
	}
	return Key{ID: keyID, Owner: owner.ID, PEM: text}, nil
}

// readKeyDocument reads a key that stands alone, and says whether doc is one.
func readKeyDocument(doc *Document) (Key, bool) {
	fields := activitypub.Ref{Raw: doc.Body}
	text := func(name string) string {
		var s string
		if json.Unmarshal(fields.Field(name), &s) != nil {
			return ""
		}
		return s
	}
	key := Key{ID: doc.URL, Owner: text("owner"), PEM: text("publicKeyPem")}
	if key.Owner == "" {
		key.Owner = text("controller")
	}
	return key, key.Owner != "" && key.PEM != ""
}

// samePEM compares keys as text, but for the white space that passes through
// different templates.
func samePEM(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}
