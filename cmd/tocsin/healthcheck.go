package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"
)

func healthcheckCommand() *cobra.Command {
	var live bool
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the Tocsin that runs here whether it is ready, for containers",
		Long: `Ask the Tocsin that runs here whether it is ready (/readyz at TOCSIN_OPS_ADDR), and print what it says.
It exits with 0 when it is, and with 1 when it is not or does not answer within two seconds.`,
		Example: "  tocsin healthcheck\n  HEALTHCHECK CMD [\"/tocsin\", \"healthcheck\"]     (in a Dockerfile)",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := "/readyz"
			if live {
				path = "/healthz"
			}
			s, err := loadHere(env.ToMap(os.Environ()))
			if err != nil {
				return err
			}
			said, well, err := askOps(cmd.Context(), s.OpsAddr, path)
			switch {
			case err != nil:
				return err
			case !well:
				return errors.New(said)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), said)
			return err
		},
	}
	cmd.Flags().BoolVar(&live, "live", false, "ask only whether it lives (/healthz)")
	return cmd
}

// opsPatience is how long a healthy program may take to say that it is: it promises an answer within 50 ms.
const opsPatience = 2 * time.Second

// errNobody is returned when no program answers at the address.
var errNobody = errors.New("no Tocsin answers")

// errStranger is returned when what answers at the address is no Tocsin.
var errStranger = errors.New("something else answers")

// ours matches how each page of a Tocsin begins.
var ours = map[string]*regexp.Regexp{
	"/readyz":  regexp.MustCompile(`^(ready|not ready)\s`),
	"/healthz": regexp.MustCompile(`^\{"status":"(ok|degraded|restart)"`),
	"/metrics": regexp.MustCompile(`(?m)^tocsin_`),
}

// askOps asks the program that runs at an address how it is, and returns its words and whether it is well.
func askOps(ctx context.Context, address, path string) (said string, well bool, err error) {
	if address == off {
		return "", false, errors.New("TOCSIN_OPS_ADDR is off, so nobody can ask: set it to an address, for example 127.0.0.1:9090")
	}
	ctx, cancel := context.WithTimeout(ctx, opsPatience)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(address)+path, nil)
	if err != nil {
		return "", false, err
	}
	direct := &http.Transport{DisableKeepAlives: true} // never through a proxy: it is this machine
	answer, err := direct.RoundTrip(ask)
	if err != nil {
		return "", false, fmt.Errorf("%w at %s: %w", errNobody, ask.URL, err)
	}
	defer answer.Body.Close()
	words, err := io.ReadAll(io.LimitReader(answer.Body, 1<<18))
	if err != nil {
		return "", false, fmt.Errorf("%w at %s: %w", errNobody, ask.URL, err)
	}
	if !ours[path].Match(words) {
		return "", false, fmt.Errorf("%w at %s: set TOCSIN_OPS_ADDR to another address, for Tocsin and here", errStranger, ask.URL.Host)
	}
	return strings.TrimSpace(string(words)), answer.StatusCode == http.StatusOK, nil
}

// reachable is where a listener can be called from this machine: one that listens everywhere is called on loopback.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	switch ip := net.ParseIP(host); {
	case host == "", ip.Equal(net.IPv4zero):
		host = "127.0.0.1"
	case ip.Equal(net.IPv6unspecified):
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}
