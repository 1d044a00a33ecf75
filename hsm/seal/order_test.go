package seal

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestAnOrderReadsBackAsItWasMadeAndNoSealStandsOnIt(t *testing.T) {
	for _, kind := range []Kind{EnrolRequest, InstallRequest} {
		form := formOf(t, kind)
		o, err := NewOrder(kind, headerAt(kind, noon), sampleFields(t, form))
		if err != nil {
			t.Fatal(err)
		}
		b, err := o.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseOrder(b)
		if err != nil || !reflect.DeepEqual(again, o) {
			t.Errorf("%s: read back %v, %v", kind, again, err)
		}
		h, err := again.Header()
		if err != nil || h.Portal != testPortal || len(h.Signers) != 0 || h.Expires.Sub(h.Issued) != 20*time.Minute {
			t.Errorf("%s: header %v, %v", kind, h, err)
		}
		_, err = ParseStatement(b, nil)
		wantReason(t, err, BadKind)
		_, err = New(kind, headerAt(kind, noon), sampleFields(t, form), Annex{})
		wantReason(t, err, BadKind)
		_, err = ParseOrder(bytes.Replace(b, []byte("事项: "+form.Title), []byte("事项: 登录"), 1))
		wantReason(t, err, BadHeader)
	}
}

func TestAnOrderTakesItsOwnFieldsAndNoSigner(t *testing.T) {
	form := formOf(t, EnrolRequest)
	fields := sampleFields(t, form)
	turned := slices.Clone(fields)
	slices.Reverse(turned[:3])
	if _, err := NewOrder(EnrolRequest, headerAt(EnrolRequest, noon), turned); err != nil {
		t.Errorf("the order of the fields shows: %v", err)
	}
	for _, label := range []string{"门户", "签署人", "随机数", "附注"} {
		_, err := NewOrder(EnrolRequest, headerAt(EnrolRequest, noon), append(slices.Clone(fields), Field{label, "一"}))
		wantReason(t, err, BadLabel)
	}
	_, err := NewOrder(EnrolRequest, headerAt(EnrolRequest, noon), fields[1:])
	wantReason(t, err, MissingLabel)
	_, err = NewOrder(EnrolRequest, headerAt(Conclude, noon, prints[0]), fields)
	wantReason(t, err, BadHeader)
	_, err = NewOrder(Conclude, headerAt(EnrolRequest, noon), fields)
	wantReason(t, err, BadKind)
	if _, err := (Order{}).Digest(); err == nil {
		t.Error("no order has a digest")
	}
	statement, err := sampleStatement(t, Conclude, 1, noon, prints...).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	_, err = ParseOrder(statement)
	wantReason(t, err, BadKind)
}
