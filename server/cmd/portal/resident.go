package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"

	"sealdesk/server/internal/desk"
)

// inputs gives name and value of every input of a page whose name begins so.
func inputs(p desk.Page, prefix string) (values [][2]string) {
	root, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		return nil
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "input" {
			continue
		}
		var name, value string
		for _, a := range n.Attr {
			switch a.Key {
			case "name":
				name = a.Val
			case "value":
				value = a.Val
			}
		}
		if strings.HasPrefix(name, prefix) {
			values = append(values, [2]string{name, value})
		}
	}
	return values
}

// listed gives the records that a list lets this person choose, over all its
// pages.
func (r resident) listed(ctx context.Context, path string) ([]string, error) {
	p, err := r.Get(ctx, path)
	if err == nil {
		err = p.Refused()
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, box := range inputs(p, "application") {
		ids = append(ids, box[1])
	}
	return ids, nil
}

// sealForm posts a form and seals the statement that it leads to.
func (r resident) sealForm(ctx context.Context, path string, form url.Values) (desk.Page, error) {
	p, err := r.Post(ctx, path, form)
	if err != nil {
		return p, err
	}
	return r.Seal(ctx, p)
}

// importSheet uploads a sheet, waits for its report and takes the good rows.
func (r resident) importSheet(ctx context.Context, name string, raw []byte) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("sheet", name)
	if err != nil {
		return err
	}
	if _, err := part.Write(raw); err != nil {
		return err
	}
	if err := form.Close(); err != nil {
		return err
	}
	p, err := r.PostBody(ctx, "/imports", form.FormDataContentType(), &body)
	if err != nil {
		return err
	}
	if err := p.Refused(); err != nil {
		return err
	}
	at := p.Path
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if p, err = r.Get(ctx, at); err != nil {
			return err
		}
		if err := p.Refused(); err != nil {
			return err
		}
		if len(inputs(p, "choice")) > 0 {
			break
		}
		if time.Now().After(deadline) {
			return errors.New("试读没有在两分钟内完成")
		}
		time.Sleep(200 * time.Millisecond)
	}
	p, err = r.sealForm(ctx, at, url.Values{"choice": {"good"}})
	if err != nil {
		return err
	}
	return p.Refused()
}

// schoolDays lets a school's handler accept and review its records, and the
// head send them; until says how far.
func (t town) schoolDays(ctx context.Context, c config, handler, head, school, until string) error {
	h, err := t.sit(ctx, c, handler)
	if err != nil {
		return err
	}
	defer h.leave()
	ids, err := h.listed(ctx, "/applications?state=imported&school="+school)
	if err != nil {
		return err
	}
	deferred, err := h.listed(ctx, "/applications?state=imported&outcome=defer&school="+school)
	if err != nil {
		return err
	}
	p, err := h.Post(ctx, "/applications", url.Values{"application": ids, "do": {"sign"}})
	if err != nil {
		return err
	}
	if err := p.Refused(); err != nil || until == "accepted" {
		return err
	}
	adverse := map[string]bool{}
	for _, id := range deferred {
		adverse[id] = true
	}
	for _, id := range ids {
		if err := h.review(ctx, id, adverse[id]); err != nil {
			return fmt.Errorf("审查 %s：%w", id, err)
		}
	}
	var together []string
	for _, id := range ids {
		if !adverse[id] {
			together = append(together, id)
			continue
		}
		if _, err := h.sealForm(ctx, "/review", url.Values{"application": {id}}); err != nil {
			return err
		}
	}
	if _, err := h.sealForm(ctx, "/review", url.Values{"application": together}); err != nil {
		return err
	}
	return t.send(ctx, c, head)
}

// answerFor lets the head of a body that has no sheet on paper sign the year's
// responsibility sheet: before that its people read and do not act (R55).
func (t town) answerFor(ctx context.Context, c config, head, body string) error {
	r, err := t.sit(ctx, c, head)
	if err != nil {
		return err
	}
	defer r.leave()
	_, err = r.sealForm(ctx, "/duties/"+body+"/sheet", url.Values{})
	return err
}

func (t town) send(ctx context.Context, c config, head string) error {
	r, err := t.sit(ctx, c, head)
	if err != nil {
		return err
	}
	defer r.leave()
	_, err = r.sealForm(ctx, "/send", url.Values{})
	return err
}

// review fills the review of one record step by step, as the pages ask.
func (r resident) review(ctx context.Context, id string, adverse bool) error {
	at := "/applications/" + id + "/review"
	for _, step := range []string{"compare-1", "compare-2", "compare-3", "compare-4", "findings", "conclude"} {
		p, err := r.Get(ctx, at+"?step="+step)
		if err != nil {
			return err
		}
		if err := p.Refused(); err != nil {
			return err
		}
		form := url.Values{"step": {step}}
		for _, box := range inputs(p, "compared-") {
			form.Set(box[0], "same")
		}
		for _, box := range inputs(p, "answer-") {
			form.Set(box[0], "affirm")
		}
		if step == "conclude" {
			form.Set("conclusion", "registered")
			if adverse {
				form.Set("conclusion", "deferred")
				form.Set("reason", "核验发现属实，建议暂缓注册")
			}
		}
		if p, err = r.Post(ctx, at, form); err != nil {
			return err
		}
		if err := p.Refused(); err != nil {
			return err
		}
	}
	return nil
}
