package web

import (
	"fmt"
	"html/template"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Options are what a govuk partial is given: the names of govuk-frontend's own
// component options (camelCase, nested), so that the package's fixtures can be
// fed to our partials unchanged.
type Options = map[string]any

// componentFuncs is what the govuk partials ask for besides the language's own.
var componentFuncs = template.FuncMap{
	"dict":             dict,
	"list":             func(items ...any) []any { return items },
	"plus":             plus,
	"has":              has,
	"given":            given,
	"attributes":       attributes,
	"describedBy":      describedBy,
	"groupDescribedBy": groupDescribedBy,
	"itemDescribedBy":  itemDescribedBy,
	"hiddenText":       hiddenText,
	"wrapped":          wrapped,
	"selected":         selected,
	"checked":          checked,
	"reveals":          reveals,
	"hinted":           hinted,
	"itemID":           itemID,
	"itemLabel":        itemLabel,
	"itemHint":         itemHint,
}

// dict makes options from pairs of name and value.
func dict(pairs ...any) (Options, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: %d arguments are no pairs", len(pairs))
	}
	o := make(Options, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: name %d is no text", i/2)
		}
		o[name] = pairs[i+1]
	}
	return o, nil
}

// plus returns a copy of o with one option more; o stays as it was.
func plus(o any, name string, value any) Options {
	c := maps.Clone(nested(o))
	if c == nil {
		c = Options{}
	}
	c[name] = value
	return c
}

// nested gives an option that holds options, empty if it is absent.
func nested(v any) Options {
	o, _ := v.(Options)
	return o
}

// has is JavaScript's "!== undefined": null counts as given in the fixtures'
// templates, where it prints nothing, so it counts as absent here.
func has(o Options, name string) bool { return o[name] != nil }

// given is false only for an absent value and for false; an empty text is given.
func given(v any) bool { return v != nil && v != false }

// truthy follows JavaScript, as the fixtures' templates do.
func truthy(v any) bool {
	switch t := v.(type) {
	case nil:
		return false
	case bool:
		return t
	case string:
		return t != ""
	case template.HTML:
		return t != ""
	case int:
		return t != 0
	case float64:
		return t != 0
	}
	return true
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

var attributeName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// attributes prints further attributes of an element, in order of their names.
// Names come from templates, values from anywhere: a name that could carry code
// or style is an error, a value is escaped.
func attributes(v any) (template.HTMLAttr, error) {
	given := nested(v)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !attributeName.MatchString(name) || strings.HasPrefix(name, "on") || name == "style" || name == "srcdoc" || name == "href" || name == "src" {
			return "", fmt.Errorf("attribute %q is not for a partial to set", name)
		}
		value, optional := given[name], false
		if o, ok := value.(Options); ok {
			value = o["value"]
			optional = o["optional"] == true
		}
		switch {
		case optional && value == true:
			b.WriteString(" " + name)
		case optional && (value == nil || value == false):
		default:
			b.WriteString(" " + name + `="` + template.HTMLEscapeString(text(value)) + `"`)
		}
	}
	return template.HTMLAttr(b.String()), nil
}

func words(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// describedBy names what explains an input: what the caller says, its hint, its fault.
func describedBy(o Options, id string) string {
	return words(text(o["describedBy"]), when(o["hint"], id+"-hint"), when(o["errorMessage"], id+"-error"))
}

// groupDescribedBy does the same for a fieldset of radios or checkboxes.
func groupDescribedBy(o Options, prefix string) string {
	first := text(o["describedBy"])
	if by := text(nested(o["fieldset"])["describedBy"]); by != "" {
		first = by
	}
	return words(first, when(o["hint"], prefix+"-hint"), when(o["errorMessage"], prefix+"-error"))
}

func when(condition any, s string) string {
	if truthy(condition) {
		return s
	}
	return ""
}

// itemDescribedBy names what explains one choice: its hint, and for checkboxes
// without a fieldset also what explains the group.
func itemDescribedBy(o, item Options, id, kind string) string {
	group := ""
	if kind == "checkbox" && !truthy(o["fieldset"]) {
		prefix := text(o["name"])
		if p := text(o["idPrefix"]); p != "" {
			prefix = p
		}
		group = groupDescribedBy(o, prefix)
	}
	hint := ""
	if hinted(item) {
		hint = id + "-item-hint"
	}
	return words(group, hint)
}

// hiddenText is what a screen reader hears before a fault; the empty text switches it off.
func hiddenText(o Options) string {
	switch v := o["visuallyHiddenText"].(type) {
	case nil:
		return "Error"
	case bool:
		return ""
	default:
		return text(v)
	}
}

// wrapped tells whether an input has something before or after it.
func wrapped(o Options) bool {
	group := nested(o["formGroup"])
	for _, v := range []any{o["prefix"], o["suffix"], group["beforeInput"], group["afterInput"]} {
		if p := nested(v); truthy(p["text"]) || truthy(p["html"]) {
			return true
		}
	}
	return false
}

// selected tells whether an option of a select is chosen: by itself, or by the select's value.
func selected(item Options, value any) bool {
	if truthy(item["selected"]) {
		return true
	}
	if !truthy(value) || item["selected"] == false {
		return false
	}
	own := item["value"]
	if own == nil {
		own = item["text"]
	}
	return text(own) == text(value)
}

// checked tells whether a radio or checkbox is: by itself, or by the group's value or values.
func checked(item, o Options) bool {
	if truthy(item["checked"]) {
		return true
	}
	if item["checked"] == false {
		return false
	}
	if values, ok := o["values"].([]any); ok {
		return slices.ContainsFunc(values, func(v any) bool { return text(v) == text(item["value"]) })
	}
	return truthy(o["value"]) && text(o["value"]) == text(item["value"])
}

func reveals(item Options) bool { return truthy(nested(item["conditional"])["html"]) }

func hinted(item Options) bool {
	h := nested(item["hint"])
	return truthy(h["text"]) || truthy(h["html"])
}

// itemID keeps the first choice's id free of a number, so that a fault can link to the group by its name.
func itemID(o, item Options, index int) string {
	if id := text(item["id"]); id != "" {
		return id
	}
	prefix := text(o["name"])
	if p := text(o["idPrefix"]); p != "" {
		prefix = p
	}
	if index == 0 {
		return prefix
	}
	return fmt.Sprintf("%s-%d", prefix, index+1)
}

func itemLabel(item Options, id, block string) Options {
	label := nested(item["label"])
	return Options{
		"html": item["html"], "text": item["text"], "for": id, "attributes": label["attributes"],
		"classes": words(block+"__label", text(label["classes"])),
	}
}

func itemHint(item Options, id, block string) Options {
	hint := nested(item["hint"])
	return Options{
		"id": id + "-item-hint", "html": hint["html"], "text": hint["text"], "attributes": hint["attributes"],
		"classes": words(block+"__hint", text(hint["classes"])),
	}
}
