//go:build browser

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// picture is the screenshot in the README, taken here so that it never ages.
const picture = "../../docs/demo.png"

// browser is a Chromium that looks at the demo's screen.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// startDemo runs the demo as people run it, and returns the address that it prints.
func startDemo(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join("..", "..", "bin", "tocsin"), "demo", "--listen", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; make build makes the program", err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the context of the test has ended by then
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, found := strings.Cut(lines.Text(), "Tocsin rings in "); found {
			return url
		}
	}
	t.Fatal("the demo did not say where it is")
	return ""
}

func openBrowser(t *testing.T, url string) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.WSURLReadTimeout(patience), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	b := &browser{t, ctx}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 1080), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	b.sees("#composer")
	return b
}

// do runs actions, and gives up when they take too long.
func (b *browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.save("/tmp/tocsin-browser-failure.png")
		b.t.Fatalf("%s: %v", what, err)
	}
}

func (b *browser) sees(selector string) {
	b.t.Helper()
	b.do("wait for "+selector, chromedp.WaitVisible(selector))
}

// reads waits until an element shows all the words.
func (b *browser) reads(selector string, words ...string) {
	b.t.Helper()
	for _, word := range words {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](fmt.Sprintf("[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))", selector, word)))
		cancel()
		if err != nil {
			b.save("/tmp/tocsin-browser-failure.png")
			b.t.Fatalf("%s does not show %q: %v", selector, word, err)
		}
	}
}

// types writes a line into the composer and sends it.
func (b *browser) types(line string) {
	b.t.Helper()
	b.do("type "+line, chromedp.Click("#composer"), chromedp.SendKeys("#composer", line), chromedp.Click("#foot button.send"))
}

// presses clicks the last visible button with a label.
func (b *browser) presses(within, label string) {
	b.t.Helper()
	b.reads(within+" button", label)
	script := fmt.Sprintf(`(() => { const all = [...document.querySelectorAll(%q)].filter(e => e.innerText.trim() === %q); const last = all[all.length-1]; last.scrollIntoView({block:"center"}); last.click() })()`, within+" button", label)
	b.run("press "+label, script)
}

// run runs a script in the page: a click by script finds its element even while the page draws it anew.
func (b *browser) run(what, script string) {
	b.t.Helper()
	b.do(what, chromedp.Evaluate[chromedp.Void](script))
}

func (b *browser) goes(channel string) {
	b.t.Helper()
	selector := fmt.Sprintf("[data-channel=%q]", channel)
	b.sees(selector)
	b.run("go to #"+channel, fmt.Sprintf("document.querySelector(%q).click()", selector))
	b.reads("#header", channel)
}

// save takes a screenshot.
func (b *browser) save(path string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(path, png, 0o644)
	}
	if err != nil {
		b.t.Errorf("screenshot: %v", err)
	}
}

// TestBrowserJourney walks declare → take command → note → update → resolve on the demo's screen.
func TestBrowserJourney(t *testing.T) {
	b := openBrowser(t, startDemo(t))
	b.goes("general")
	b.types("/incident declare sev2 checkout is down --service checkout")
	b.reads("#messages", "INC-1 declared", "Only visible to you")
	b.sees(`[data-channel="inc-1-checkout-is-down"]`)
	b.goes("inc-1-checkout-is-down")
	b.reads("#messages", "SEV2", "checkout is down", "nobody yet", "Checkout dashboard")
	b.presses("#messages", "Take command")
	b.reads("#messages", "is now commander of INC-1")
	b.types("/incident note -10m error rate went up on all carts")
	b.reads("#messages", "Noted on the timeline of INC-1")
	b.types("/incident update Rolling back cart service 4.2, carts should work again in ten minutes.")
	b.reads("#messages", "Last update")
	b.save(shot(t, "room.png"))
	b.save(picture)
	b.goes("incidents")
	b.reads("#messages", "checkout is down", "Rolling back cart service")
	b.save(shot(t, "announcement.png"))
	b.goes("inc-1-checkout-is-down")
	b.presses("#messages", "Resolve")
	b.presses(":is([role=dialog],[role=alertdialog])", "Resolve")
	b.reads("#messages", "resolved INC-1")
	b.types("/incident timeline")
	b.reads("#messages", "Timeline of INC-1", "error rate went up on all carts", "resolved it")
	b.save(shot(t, "timeline.png"))
}

// TestBrowserForm declares through the form, in the dark and on a phone.
func TestBrowserForm(t *testing.T) {
	b := openBrowser(t, startDemo(t))
	b.goes("general")
	b.types("/incident declare")
	b.sees("[role=dialog]")
	b.reads("[role=dialog]", "What is broken?", "Customers cannot use the product")
	b.save(shot(t, "form.png"))
	b.presses("[role=dialog]", "Declare")
	b.do("fill the title", chromedp.SendKeys("[role=dialog] input[type=text], [role=dialog] input:not([type])", "search finds nothing"))
	b.presses("[role=dialog]", "Declare")
	b.reads("[role=dialog]", "INC-1 declared")
	b.save(shot(t, "declared.png"))
}

// TestBrowserTour declares something else than the tour proposes, through the form. The step is done all the same, and the
// next ones lead to the room that it has opened; what is unticked by hand stays so.
func TestBrowserTour(t *testing.T) {
	b := openBrowser(t, startDemo(t))
	b.reads(".steps li:nth-child(2)", "in #inc-1-…")
	b.goes("general")
	b.types("/incident declare")
	b.sees("[role=dialog]")
	b.do("fill the title", chromedp.SendKeys("[role=dialog] input[type=text], [role=dialog] input:not([type])", "search finds nothing"))
	b.presses("[role=dialog]", "Declare")
	b.reads("[role=dialog]", "INC-1 declared")
	b.run("close the form", `document.querySelector('[role=dialog] [aria-label="Close"]').click()`)
	b.do("wait until it is closed", chromedp.WaitNotPresent("[role=dialog]"))
	step := func(n int, ticked bool) string {
		return fmt.Sprintf(`[aria-label="Step %d done"][aria-checked="%t"]`, n, ticked)
	}
	b.sees(step(1, true))
	b.reads(".steps li:nth-child(2)", "in #inc-1-search-finds-nothing")
	b.sees(step(2, false))
	b.run("go to the room", `document.querySelector(".steps li:nth-child(2) .step-foot button").click()`)
	b.reads("#header", "inc-1-search-finds-nothing")
	b.reads("#messages", "Take command")
	b.sees(step(2, true))
	b.run("untick", `document.querySelector('`+step(1, true)+`').click()`)
	b.do("load the page again", chromedp.Reload())
	b.sees(step(2, true))
	b.sees(step(1, false))
}

// TestBrowserHome opens the Home tab, which nobody has opened before, and goes on from there; the tour leads to it, too.
func TestBrowserHome(t *testing.T) {
	b := openBrowser(t, startDemo(t))
	b.goes("general")
	b.types("/incident declare sev2 checkout is down --service checkout")
	b.sees(`[data-channel="inc-1-checkout-is-down"]`)
	b.reads("#messages", "INC-1 declared")
	b.goes("Tocsin")
	b.presses("#header", "Home")
	b.reads("#home", "Declare an incident", "Open incidents", "INC-1 checkout is down")
	b.goes("general")
	b.run("go home by the tour", `[...document.querySelectorAll(".steps li")].find(e => e.innerText.includes("Come home")).querySelector(".step-foot button").click()`)
	b.reads("#home", "Declare an incident", "Open incidents", "INC-1 checkout is down")
	b.sees(fmt.Sprintf(`[aria-label="Step %d done"][aria-checked="true"]`, len(tour)))
	b.save(shot(t, "home.png"))
	b.presses("#home", "Show")
	b.reads("[role=dialog]", "checkout is down", "nobody yet", "Checkout dashboard")
	b.save(shot(t, "home-show.png"))
}

// TestBrowserDarkAndPhone looks at a room in the dark and on a phone: it is readable, and nothing hangs out of the window.
func TestBrowserDarkAndPhone(t *testing.T) {
	b := openBrowser(t, startDemo(t))
	b.goes("general")
	b.types("/incident declare sev1 payments fail for all cards")
	b.sees(`[data-channel="inc-1-payments-fail-for-all-cards"]`)
	b.goes("inc-1-payments-fail-for-all-cards")
	b.reads("#messages", "Take command")
	b.run("switch off the light", `document.querySelector('[data-testid="theme"]').click()`)
	b.save(shot(t, "dark.png"))
	b.do("take a phone", chromedp.EmulateViewport(390, 844), chromedp.Reload())
	b.sees("#composer")
	b.reads("#messages", "Take command")
	b.save(shot(t, "phone.png"))
	wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth"))
	if err != nil || wide > 390 {
		t.Errorf("the page is %d pixels wide on a phone of 390: %v", wide, err)
	}
}

// shot is where a screenshot is left for people to look at: TOCSIN_SHOTS, or nowhere that stays.
func shot(t *testing.T, name string) string {
	folder := os.Getenv("TOCSIN_SHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	return filepath.Join(folder, name)
}
