//go:build browser

package main

import (
	"fmt"
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

// TestBrowserPrivate walks a private incident from declare to close: it goes public after two questions, and private again, and
// whoever is outside sees nothing of it.
func TestBrowserPrivate(t *testing.T) {
	b := openBrowser(t, startDemo(t))
	b.goes("general")
	b.types("/incident declare sev2 the vault key has leaked --private")
	b.sees(`[data-channel="inc-1-the-vault-key-has-leaked"]`)
	b.goes("inc-1-the-vault-key-has-leaked")
	b.reads("#messages", "the vault key has leaked", "private", "Take command")
	b.presses("#messages", "Take command")
	b.reads("#messages", "is now commander of INC-1")
	b.types("/incident note it stood in a log")
	b.reads("#messages", "Noted on the timeline of INC-1")
	b.types("/incident public")
	b.reads("#messages", "Make INC-1 public?", "the whole timeline")
	b.save(shot(t, "public-asked.png"))
	b.presses("#messages", "Go on")
	b.reads("#messages", "Asked for the second time")
	b.save(shot(t, "public-asked-twice.png"))
	b.presses("#messages", "Make it public")
	b.sees(`[data-channel="inc-1-the-vault-key-has-leaked-2"]`)
	b.goes("inc-1-the-vault-key-has-leaked-2")
	b.reads("#messages", "made INC-1 public", "the vault key has leaked")
	b.save(shot(t, "public.png"))
	b.goes("incidents")
	b.reads("#messages", "the vault key has leaked")
	b.goes("inc-1-the-vault-key-has-leaked-2")
	b.types("/incident private")
	b.reads("#messages", "Make INC-1 private?")
	b.presses("#messages", "Make it private")
	b.reads("#messages", "made INC-1 private", "stays readable for all who could read it")
	b.save(shot(t, "private-left.png"))
	b.sees(`[data-channel="inc-1-the-vault-key-has-leaked-3"]`)
	b.goes("inc-1-the-vault-key-has-leaked-3")
	b.reads("#messages", "made INC-1 private", "Before:")
	b.types("/incident resolve")
	b.reads("#messages", "resolved INC-1")
	b.types("/incident close")
	b.reads("#messages", "closed INC-1")
	b.save(shot(t, "private-closed.png"))
	b.goes("incidents")
	b.reads("#messages", "Quiet night")
	b.lacks("#messages", "vault")
	b.save(shot(t, "private-outside.png"))
	b.goes("general")
	b.types("/incident show INC-1")
	b.reads("#messages", "the vault key has leaked", "closed")
	b.save(shot(t, "private-shown.png"))
}

// lacks fails where an element shows a word.
func (b *browser) lacks(selector, word string) {
	b.t.Helper()
	shown, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](fmt.Sprintf("[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))", selector, word)))
	if err != nil || shown {
		b.save("/tmp/tocsin-browser-failure.png")
		b.t.Errorf("%s shows %q: %v", selector, word, err)
	}
}

// TestBrowserQuestions: what was asked with a button says who did it, and what closes an incident says so.
func TestBrowserQuestions(t *testing.T) {
	b := openBrowser(t, startDemo(t))
	b.goes("general")
	b.types("/incident declare SEV1: payments are slow")
	b.reads("#messages", "INC-1 declared")
	b.sees(`[data-channel="inc-1-payments-are-slow"]`)
	b.goes("inc-1-payments-are-slow")
	b.reads("#messages", "SEV1", "payments are slow")
	b.presses("#messages", "Take command")
	b.reads("#messages", "is now commander of INC-1")
	b.lacks("#messages button", "Take command")
	b.types("/incident stepdown")
	b.reads("#messages", "INC-1 has no commander now")
	b.save(shot(t, "question.png"))
	b.types("/incident commander me")
	b.reads("#messages", "took the role of commander")
	b.save(shot(t, "question-met.png"))
	b.types("/incident resolve")
	b.reads("#messages", "Close INC-1")
	b.presses("#messages", "Close INC-1")
	b.reads(":is([role=dialog],[role=alertdialog])", "Close INC-1?")
	b.save(shot(t, "close-asked.png"))
}
