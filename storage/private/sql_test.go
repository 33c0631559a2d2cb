package private_test

import (
	"testing"

	"stoa/storage/storagetest"
)

func TestStatements(t *testing.T) {
	storagetest.Statements(t, storagetest.DSN(t, migrated), map[string]int{"Query": 1, "QueryRow": 1, "Exec": 1, "one": 2, "each": 4, "do": 2, "link": 1}, map[string]string{
		"one": "every call of it is looked at instead", "each": "every call of it is looked at instead",
		"do": "every call of it is looked at instead", "Standing": "a constant of package storage; TestStanding runs it", "Export": "TestExport runs each of the statements", "link": "every call of it is looked at instead",
	}, 20)
}
