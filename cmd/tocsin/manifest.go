package main

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"tocsin"
)

func manifestCommand() *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Print the manifest from which Slack makes the app",
		Long: `Print the manifest from which Slack makes the app, in one paste: api.slack.com/apps, Create New App, From a manifest.

Without --url it is for Socket Mode: Tocsin calls Slack, and needs no public address. With --url it is for signed HTTP:
Slack calls Tocsin there, so the address must reach TOCSIN_ADDR from the internet, with TLS in front of it.

An app that exists already is changed the same way, under App Manifest.`,
		Example: "  tocsin manifest\n  tocsin manifest --url https://tocsin.example.com",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := manifestFor(address)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&address, "url", "", "the public address of Tocsin, for signed HTTP")
	return cmd
}

// manifestFor is the one manifest, for Socket Mode where the address is "", else for signed HTTP at that address.
func manifestFor(address string) ([]byte, error) {
	base, err := publicAddress(address)
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(tocsin.Manifest, &document); err != nil {
		return nil, err
	}
	if address == "" {
		withoutAddresses(&document)
	} else {
		withAddresses(&document, base)
	}
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	err = encoder.Encode(&document)
	return text.Bytes(), err
}

// publicAddress reads an address that Slack can call; "" is none.
func publicAddress(address string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimSuffix(address, "/"))
	if address == "" {
		return nil, err
	}
	if err != nil || base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, fmt.Errorf("--url %s: Slack needs an address like https://tocsin.example.com", address)
	}
	return base, nil
}

// isAddress tells which keys of the manifest hold an address of ours.
func isAddress(key *yaml.Node) bool { return key.Value == "url" || key.Value == "request_url" }

// withAddresses puts another host into each address, and keeps its path.
func withAddresses(n *yaml.Node, base *url.URL) {
	for at, child := range n.Content {
		if n.Kind == yaml.MappingNode && at%2 == 1 && isAddress(n.Content[at-1]) {
			if old, err := url.Parse(child.Value); err == nil {
				child.Value = base.JoinPath(old.Path).String()
			}
		}
		withAddresses(child, base)
	}
}

// withoutAddresses takes the addresses out, and switches Socket Mode on.
func withoutAddresses(n *yaml.Node) {
	var kept []*yaml.Node
	for at, child := range n.Content {
		if n.Kind != yaml.MappingNode {
			withoutAddresses(child)
			continue
		}
		key := n.Content[at-at%2]
		if isAddress(key) {
			continue
		}
		if at%2 == 1 && key.Value == "socket_mode_enabled" {
			child.Value = "true"
		}
		if at%2 == 1 {
			withoutAddresses(child)
		}
		kept = append(kept, child)
	}
	if n.Kind == yaml.MappingNode {
		n.Content = kept
	}
}
