package audit

import "fmt"

// A Finding is one fault that keeps something from being verified.
type Finding struct {
	Index    int64  // number of the entry, -1 when the fault concerns no single one
	Field    string // the label or file at fault
	Sentence string // why, in Chinese
}

// String is the whole sentence, naming index and field.
func (f Finding) String() string {
	if f.Index < 0 {
		return fmt.Sprintf("%s：%s", f.Field, f.Sentence)
	}
	return fmt.Sprintf("第 %d 号条目，%s：%s", f.Index, f.Field, f.Sentence)
}

// maxFindings bounds the list; the rest are counted.
const maxFindings = 200

// Findings collects faults. The zero value is ready.
type Findings struct {
	List []Finding
	More int  // faults beyond the list
	Cut  bool // the list is full and the rest was not looked at
}

// OK reports that there is no fault.
func (f *Findings) OK() bool { return len(f.List) == 0 }

func (f *Findings) add(index int64, field, format string, args ...any) {
	if len(f.List) == maxFindings {
		f.More++
		return
	}
	f.List = append(f.List, Finding{index, field, fmt.Sprintf(format, args...)})
}

// Add notes an error's sentence.
func (f *Findings) Add(index int64, field string, err error) {
	f.add(index, field, "%s", sentence(err))
}
