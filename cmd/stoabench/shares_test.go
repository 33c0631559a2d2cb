package main

import "testing"

// A stack belongs to the innermost function that tells what was done.
func TestSharesOf(t *testing.T) {
	shares := sharesOf([]byte(`File: stoa
Type: cpu
Duration: 2s, Total samples = 100ms
-----------+-------------------------------------------------------
      10ms   runtime.memmove
             stoa/activitypub.ReadActivity
             stoa/federation/inbox.(*Inbox).apply
             stoa/storage.(*DB).Work
-----------+-------------------------------------------------------
      30ms   crypto/internal/fips140/bigmod.addMulVVW2048
             crypto/rsa.VerifyPKCS1v15
             stoa/activitypub/sig.(*Signature).Verify
             stoa/federation/inbox.(*Inbox).accept
             net/http.HandlerFunc.ServeHTTP
-----------+-------------------------------------------------------
     0.04s   internal/runtime/syscall/linux.Syscall6
             github.com/jackc/pgx/v5.(*Conn).Query
             stoa/storage.(*Tx).VoteFacts
             stoa/federation/forum.(*Forum).Vote
-----------+-------------------------------------------------------
      20ms   runtime.futex
`))
	for kind, want := range map[string]float64{"decoding": 0.1, "signature": 0.3, "SQL": 0.4, otherKind: 0.2, "rules": 0} {
		if got := shares[kind]; got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s: %v, want %v; all: %v", kind, got, want, shares)
		}
	}
}
