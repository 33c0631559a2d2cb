package storage_test

import (
	"testing"

	"stoa/storage/storagetest"
)

// takesSQL are the methods that are given SQL, and at which argument.
var takesSQL = map[string]int{"Query": 1, "QueryRow": 1, "Exec": 1, "Queue": 0, "one": 2, "each": 5, "place": 1, "addComments": 2, "gather": 1, "ask": 3, "idsBy": 1, "remembered": 2, "ended": 1}

// built are the functions that put SQL together at run time. Each is run in all
// its forms by a test of its own, named here.
var built = map[string]string{
	"one":              "every call of it is looked at instead",
	"ask":              "every call of it is looked at instead",
	"each":             "every call of it is looked at instead",
	"place":            "every call of it is looked at instead",
	"addComments":      "every call of it is looked at instead",
	"ended":            "every call of it is looked at instead",
	"gather":           "every call of it is looked at instead",
	"remembered":       "every call of it is looked at instead",
	"idsBy":            "every call of it is looked at instead",
	"below":            "TestRemovalsWithReplies of federation/inbox",
	"SweepOn":          "TestBansOfThoseWhoWroteALot of federation/inbox",
	"takeBelow":        "TestRemovalsWithReplies of federation/inbox",
	"Detach":           "TestRemovalsWithReplies of federation/inbox",
	"empty":            "TestDeletedAccountsWithData of federation/inbox",
	"answers":          "read_serve_test.go",
	"CountAnswers":     "read_serve_test.go",
	"commentIn":        "read_serve_test.go",
	"Posts":            "TestPosts",
	"words":            "TestSearch",
	"names":            "TestSearchNames",
	"CommentsBy":       "TestCommentsBy",
	"Communities":      "TestCommunities",
	"Directory":        "TestDirectory",
	"SetState":         "TestRemove, TestPurge",
	"wordFacts":        "TestReply, TestSubmit: its two callers give it a whole statement",
	"OldRenderings":    "TestRerender of cmd/stoa",
	"SaveRenderings":   "TestRerender of cmd/stoa",
	"ensurePartitions": "TestSweep",
	"Sweep":            "TestSweep",
	"applyStep":        "TestMigrate",
	"listen":           "a constant of the package in a statement that cannot be prepared",
}

// Every statement of this package is good SQL for the schema as it is.
func TestStatements(t *testing.T) {
	storagetest.Statements(t, storagetest.DSN(t, migrated), takesSQL, built, 100)
}
