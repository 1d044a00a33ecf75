package registration

import (
	"fmt"
	"strings"
)

// Mended says in which columns a row of a sheet was typed on a page after it was
// refused. The row is not the file's there, so the text that names the file's
// digest says so, row by row. Line is the sheet's own number.
type Mended struct {
	Line   int
	Fields []string
}

// mendedColumn heads the annex's column for it.
const mendedColumn = "页面更改"

// Words are the row and its columns, empty if the row is as the file has it. No
// value stands in them.
func (m Mended) Words() string {
	if len(m.Fields) == 0 {
		return ""
	}
	headers := make([]string, len(m.Fields))
	for i, field := range m.Fields {
		headers[i] = HeaderOf(field)
	}
	return fmt.Sprintf("第 %d 行：%s", m.Line, strings.Join(headers, "、"))
}
