package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"stoa/activitypub/sig"
	"stoa/federation/fetch"
	"stoa/storage"
)

const (
	verifyBatch = 16
	verifyTries = 5
	idlePoll    = time.Second // other processes ring no bell here
)

// verifyLoop gets the keys of requests that were kept without one, and judges
// them as they would have been judged on arrival.
func (in *Inbox) verifyLoop(ctx context.Context) {
	for ctx.Err() == nil {
		rows, err := in.o.DB.Unverified(ctx, verifyBatch)
		if err != nil {
			in.pause(ctx, "inbox: unverified", err)
			continue
		}
		var all sync.WaitGroup
		for _, row := range rows {
			all.Go(func() { in.verifyRow(ctx, row) })
		}
		all.Wait()
		if len(rows) == verifyBatch {
			continue
		}
		select {
		case <-ctx.Done():
		case <-in.keys:
		case <-time.After(idlePoll):
		}
	}
}

func (in *Inbox) verifyRow(ctx context.Context, row storage.Received) {
	reason, err := in.vouch(ctx, row)
	switch {
	case ctx.Err() != nil:
		return // the lease ends, and somebody looks again
	case err == nil && reason == "":
		err = in.o.DB.Verified(ctx, row)
		ring(in.ready)
	case err != nil && row.Tries < verifyTries:
		in.o.Log.Info("inbox: key not to be had yet", "actor", row.Actor, "id", row.Activity, "tries", row.Tries, "err", err)
		return
	default:
		if err != nil {
			reason = "no key: " + err.Error()
		}
		in.o.Log.Info("inbox: refused", "type", row.Type, "actor", row.Actor, "id", row.Activity, "reason", reason)
		in.counts.judged.WithLabelValues("unverified").Inc()
		err = in.o.DB.Judge(ctx, []storage.Received{row}, []storage.Verdict{{State: storage.StateRefused, Reason: reason}})
	}
	if err != nil {
		in.o.Log.Error("inbox: unverified row", "id", row.Activity, "err", err)
	}
}

// vouch says why a kept request is refused; empty when it is what its actor
// signed. The error is one that may pass.
func (in *Inbox) vouch(ctx context.Context, row storage.Received) (reason string, err error) {
	var kept keptRequest
	if err := json.Unmarshal(row.Request, &kept); err != nil {
		return "unreadable request", nil
	}
	s, err := sig.Examine(sig.Message{
		Method: kept.Method, Target: kept.Target, Host: kept.Host, Header: kept.Header, Body: row.Body,
	}, sig.Policy{BaseURL: in.o.BaseURL, Now: row.At})
	if err != nil {
		return err.Error(), nil
	}
	// Another row may have brought the key meanwhile.
	held, ok, err := in.o.DB.Key(ctx, s.KeyID)
	if err != nil {
		return "", err
	}
	if !ok || verify(s, held.PEM) != nil {
		if held, err = in.learnKey(ctx, s.KeyID); err != nil {
			if temporary(err) {
				return "", err
			}
			return "no key: " + err.Error(), nil
		}
	}
	if err := verify(s, held.PEM); err != nil {
		return err.Error(), nil
	}
	if held.Owner != row.Actor {
		return "signed by " + held.Owner, nil
	}
	return "", nil
}

// learnKey fetches a key with its owner and keeps both.
func (in *Inbox) learnKey(ctx context.Context, keyID string) (storage.Key, error) {
	key, actor, _, err := in.o.Client.Key(ctx, keyID)
	if err != nil {
		return storage.Key{}, err
	}
	if err := in.saveActor(ctx, actor); err != nil {
		return storage.Key{}, err
	}
	return storage.Key{ID: key.ID, Owner: key.Owner, PEM: key.PEM, CheckedAt: in.o.Clock()}, nil
}

// temporary reports whether a failure may pass by itself.
func temporary(err error) bool {
	var f *fetch.Error
	if errors.As(err, &f) {
		return f.Temporary()
	}
	return storage.Down(err)
}

// pause waits a moment after an error that is not about one row.
func (in *Inbox) pause(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	in.o.Log.Warn(what, "err", err)
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}
