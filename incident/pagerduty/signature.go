package pagerduty

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// SignatureHeader is the header that carries the signatures of a delivery, DeliveryHeader the one with an id that stays the
// same however often it is attempted.
const (
	SignatureHeader = "X-PagerDuty-Signature"
	DeliveryHeader  = "X-Webhook-Id"
)

// ErrSignature is the answer to a delivery that nobody who has a secret of ours has signed.
var ErrSignature = errors.New("the delivery is not signed with a secret of ours")

// mostSignatures bounds the header: room for a hundred signatures with their commas and spaces.
const mostSignatures = 8 << 10

// Verify tells whether one of the signatures in the header was made over the raw body with one of the secrets; nil means
// yes. The header lists signatures with commas, one for each secret in use; others than of version 1 are passed over.
// These signatures carry no time and never expire: who verifies must remember what it has seen.
func Verify(header string, body []byte, secrets []string) error {
	given := signatures(header)
	if len(given) == 0 {
		return ErrSignature
	}
	good := false
	for _, secret := range secrets {
		if secret == "" { // anybody can sign with that
			continue
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		want := mac.Sum(nil)
		for _, one := range given {
			good = hmac.Equal(want, one) || good
		}
	}
	if !good {
		return ErrSignature
	}
	return nil
}

// signatures reads the signatures of version 1, in either case of hex.
func signatures(header string) [][]byte {
	if len(header) > mostSignatures {
		return nil
	}
	var list [][]byte
	for part := range strings.SplitSeq(header, ",") {
		text, ok := strings.CutPrefix(strings.TrimSpace(part), "v1=")
		if !ok || len(text) != 2*sha256.Size {
			continue
		}
		if sum, err := hex.DecodeString(text); err == nil {
			list = append(list, sum)
		}
	}
	return list
}
