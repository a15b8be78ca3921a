//go:build browser

package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBrowserDrill: an exercise says that it is one wherever it is seen.
func TestBrowserDrill(t *testing.T) {
	b := openBrowser(t, startDemo(t))
	b.goes("general")
	b.types("/incident drill the region is gone")
	b.reads("#messages", "INC-1 declared")
	b.sees(`[data-channel="inc-1-the-region-is-gone"]`)
	b.goes("inc-1-the-region-is-gone")
	b.reads("#messages", "EXERCISE", "the region is gone", "nobody yet")
	b.presses("#messages", "Take command")
	b.reads("#messages", "is now commander of INC-1")
	b.presses("#messages", "Post an update")
	b.reads("[role=dialog]", "What is known?", "Customer impact", "What is being done", "Next update in")
	b.save(shot(t, "update-form.png"))
	b.do("write", chromedp.SendKeys("[role=dialog] textarea:first-of-type", "we fail over"))
	b.presses("[role=dialog]", "Post an update")
	b.reads("#messages", "we fail over")
	b.save(shot(t, "drill.png"))
}

// TestBrowserMerge: a duplicate is closed into the other incident, and its room says where it goes on.
func TestBrowserMerge(t *testing.T) {
	b := openBrowser(t, startDemo(t))
	b.goes("general")
	b.types("/incident declare sev2 checkout is down")
	b.sees(`[data-channel="inc-1-checkout-is-down"]`)
	b.types("/incident declare sev3 payments hang")
	b.sees(`[data-channel="inc-2-payments-hang"]`)
	b.goes("inc-2-payments-hang")
	b.reads("#messages", "payments hang")
	b.types("/incident merge into INC-1")
	b.reads("#messages", "duplicate")
	b.save(shot(t, "duplicate.png"))
	b.goes("inc-1-checkout-is-down")
	b.reads("#messages", "INC-2")
	b.types("/incident search payments")
	b.reads("#messages", "Found: payments", "INC-2 payments hang")
	b.save(shot(t, "merged.png"))
}
