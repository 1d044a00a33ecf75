package sheet

import "fmt"

// Limits bound what a sheet may be; Default is what data/README asks.
type Limits struct {
	File     int64 // bytes of the file
	Unpacked int64 // bytes of all parts together, counted while reading
	Entries  int   // parts
	Columns  int   // a filled cell right of this column
	Rows     int   // filled rows below the header
	Text     int   // bytes of text kept in memory; a sheet of 20,000 rows needs about 20 MiB
}

// DefaultLimits are the product's.
func DefaultLimits() Limits {
	return Limits{File: 20 << 20, Unpacked: 128 << 20, Entries: 2000, Columns: 100, Rows: 20000, Text: 40 << 20}
}

// FileFault is why a whole file is refused. Its text is the report's code and
// tells nothing of the content.
type FileFault struct {
	Code    string
	Row     int      // 1 if the header row is at fault, else 0
	Columns []string // official headers, of the faults that concern columns
}

func (f *FileFault) Error() string { return fmt.Sprintf("sheet: file refused: %s", f.Code) }

func refusal(code string) *FileFault { return &FileFault{Code: code} }
