package vendor

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm/hsmtest"
)

func TestAModuleThatHangsIsLetGoAndStartedAgain(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &remote{program: program, path: hsmtest.Compile(t, `for (;;) sleep(1);`), patience: 300 * time.Millisecond}
	for range 2 {
		if err := r.Initialize(); err != nil {
			t.Fatal(err)
		}
		others := make(chan error, 1)
		go func() { _, err := r.GetSlotList(true); others <- err }()
		if _, err := r.GetSlotList(true); err != crashed {
			t.Errorf("%v", err)
		}
		if err := <-others; err != crashed {
			t.Errorf("who waited beside it: %v", err)
		}
	}
	if err := r.Finalize(); err != nil {
		t.Error(err)
	}
}

// Whatever comes in is read within its bounds or called bad.
func FuzzDecoder(f *testing.F) {
	var e encoder
	e.attributes([]*pkcs11.Attribute{{Type: 3, Value: []byte("x")}})
	e.mechanisms([]*pkcs11.Mechanism{pkcs11.NewMechanism(7, []byte{1})})
	e.numbers([]uint{1, 2})
	f.Add(e.b)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := &decoder{b: bytes.Clone(b)}
		a, m, n := d.attributes(), d.mechanisms(), d.numbers()
		if d.bad {
			return
		}
		var again encoder
		again.attributes(a)
		again.mechanisms(m)
		again.numbers(n)
		if !bytes.Equal(again.b, b[:len(b)-len(d.b)]) {
			t.Fatalf("%x is read as %x", b, again.b)
		}
	})
}
