package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
)

// leaseLimits are what --lease may be: below them hardly a call to Slack would get through, and above them too much would
// wait for a replica that is gone.
const (
	leaseLeast = 2 * time.Second
	leaseMost  = 10 * time.Minute
)

// callShare is which part of a lease one call may last, where that is less than callLimit.
const callShare = 3

// leaseFlag is for those who try replicas, and need not wait for a minute until one takes over from another. It is hidden:
// nobody who runs Tocsin is better off with another lease than ours.
func leaseFlag(flags *pflag.FlagSet, lease *time.Duration) {
	flags.DurationVar(lease, "lease", 0, fmt.Sprintf("how long what one replica delivers is left alone by the others, on PostgreSQL: %s to %s; "+
		"one call to Slack gets a third of it, and never more than %s (default 1m0s)", leaseLeast, leaseMost, callLimit))
	_ = flags.MarkHidden("lease") // an error says that there is no such flag
}

// checkLease refuses a lease that cannot be kept, or that nobody needs.
func (o options) checkLease(shared bool) error {
	switch {
	case o.lease == 0:
		return nil
	case !shared:
		return errors.New("--lease is for replicas that share a PostgreSQL database, and TOCSIN_DB names a file, which has one process: leave it out")
	case o.lease < leaseLeast || o.lease > leaseMost:
		return fmt.Errorf("--lease %s is out of bounds: it may be %s to %s, for example --lease 1m", o.lease, leaseLeast, leaseMost)
	}
	return nil
}

// callLimit bounds one call to Slack. It is shorter than an effect's lease, so that nobody else takes an effect over while
// its call may still land.
func (o options) callLimit() time.Duration {
	if o.lease == 0 {
		return callLimit
	}
	return min(callLimit, o.lease/callShare)
}
