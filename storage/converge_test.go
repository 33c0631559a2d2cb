package storage_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// seedVariable repeats a run that failed.
const seedVariable = "STOA_TEST_SEED"

// seeded returns dice whose seed is told when the test fails.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any number will do
	if text := os.Getenv(seedVariable); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to see it again: %s=%d", seedVariable, seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test's dice
}
