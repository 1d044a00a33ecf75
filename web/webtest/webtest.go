// Package webtest holds pages against two judges that are not ours: axe-core
// for what keeps people with a disability out, html-validate for the HTML as
// it was written. Both run inside the tests' Chromium. Neither says that a page
// is good: axe reaches less than half of WCAG 2.2 A and AA.
package webtest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/chromedp/chromedp"
)

//go:embed vendored/axe.min.js
var axe string

//go:embed vendored/html-validate.min.js
var htmlValidate string

// axeRun asks the rules of WCAG 2.0 to 2.2, A and AA, with target-size, which
// is off by default, and tells each violation in a line.
const axeRun = `axe.run(document, {
	resultTypes: ['violations'],
	runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']},
	rules: {'target-size': {enabled: true}},
}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target.join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' '))))`

// Axe gives what axe-core finds on the page that stands in the browser, as it
// is laid out now; nothing is nil.
func Axe(ctx context.Context) ([]string, error) {
	known, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("'axe' in window"))
	if err != nil {
		return nil, err
	}
	script := axeRun
	if !known {
		script = axe + "\n;" + axeRun
	}
	return chromedp.Run(ctx, chromedp.Evaluate[[]string](script, chromedp.EvalAwaitPromise))
}

// excepted are the rules of html-validate:recommended that we break on purpose
// or that ask for another spelling of the same HTML.
const excepted = `{
	"form-dup-name": ["error", {"shared": ["radio", "button", "reset", "submit", "checkbox"]}],
	"doctype-style": "off",
	"no-trailing-whitespace": "off"
}`

// Validate gives what html-validate finds in pages, by name. It leaves the
// page that stands in the browser for an empty one, whose policy lets the
// judge compile its schemas.
func Validate(ctx context.Context, pages map[string]string) ([]string, error) {
	given, err := json.Marshal(pages)
	if err != nil {
		return nil, err
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		return nil, err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[[]string](fmt.Sprintf("%s\n;htmlValidate(%s, %s)", htmlValidate, given, excepted), chromedp.EvalAwaitPromise))
}
