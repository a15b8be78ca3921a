package store_test

import (
	"testing"

	"tocsin/store"
	"tocsin/store/storetest"
)

func TestPostgres(t *testing.T) {
	cluster := storetest.Cluster(t)
	storetest.Run(t, func(t *testing.T) *store.Store { return orderly(t, open(t, cluster.Database(t))) })
}
