package store_test

import (
	"strings"
	"testing"

	"tocsin/store"
	"tocsin/store/storetest"
)

// A database of another program is refused, and gets no table of ours. The tables of an extension are nobody's, and other
// schemas are not looked at.
func TestForeignDatabase(t *testing.T) {
	server := storetest.Cluster(t)
	where := server.Empty(t)
	server.Exec(t, where, `CREATE SCHEMA theirs`, `CREATE TABLE theirs.x (x int)`, `CREATE TABLE b (x int)`, `CREATE TABLE a (x int)`,
		`CREATE TABLE d (x int)`, `CREATE TABLE c (x int)`)
	const want = "it holds tables that are not Tocsin's (a, b, c, …): give Tocsin a database of its own, made with CREATE DATABASE"
	for _, o := range []store.Options{{}, {Beside: true}, {ReadOnly: true}} {
		if _, err := store.Open(t.Context(), where, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
	}
	if _, err := store.Look(t.Context(), where); err == nil || !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
	server.Exec(t, where, `DROP TABLE a, b, c`)
	if _, err := store.Open(t.Context(), where, store.Options{}); err == nil || !strings.Contains(err.Error(), "(d)") {
		t.Error(err)
	}
	server.Exec(t, where, `ALTER EXTENSION plpgsql ADD TABLE d`)
	s := open(t, where)
	server.Exec(t, where, `CREATE TABLE added (x int)`)
	if s.Installation() == "" {
		t.Error("it has no name")
	}
	if _, err := store.Look(t.Context(), where); err != nil {
		t.Error(err)
	}
}
