package registration

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"sealdesk/server/internal/fault"
)

// windowColumns is the header of windows.csv.
var windowColumns = []string{"org_id", "stage", "opens_at", "closes_at"}

// ParseWindows reads the plan's windows: one line for each unit and stage,
// times in RFC 3339, half-open.
func ParseWindows(r io.Reader, year int) ([]Window, error) {
	lines, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "时段表不是完整的 CSV，请检查每行是否都是四列。")
	}
	if len(lines) == 0 || strings.Join(lines[0], ",") != strings.Join(windowColumns, ",") {
		return nil, fault.New(fault.Invalid, "时段表的首行应是 %s。", strings.Join(windowColumns, ","))
	}
	var list []Window
	seen := map[string]bool{}
	for i, l := range lines[1:] {
		w := Window{ID: strconv.Itoa(year) + "/" + l[0] + "/" + l[1], Year: year, Org: l[0], Stage: l[1]}
		opens, err1 := time.Parse(time.RFC3339, l[2])
		closes, err2 := time.Parse(time.RFC3339, l[3])
		switch {
		case l[0] == "" || StageName(l[1]) == l[1]:
			return nil, fault.New(fault.Invalid, "时段表第 %d 行的机构是空的，或阶段不在清单之内。", i+2)
		case err1 != nil || err2 != nil:
			return nil, fault.New(fault.Invalid, "时段表第 %d 行的时间要写成 2024-09-23T00:00:00+08:00 的样子。", i+2)
		case !opens.Before(closes):
			return nil, fault.New(fault.Invalid, "时段表第 %d 行的结束不晚于开始。", i+2)
		case seen[w.ID]:
			return nil, fault.New(fault.Invalid, "时段表第 %d 行与前面重复。", i+2)
		}
		seen[w.ID] = true
		w.Opens, w.Closes = opens.In(Shanghai), closes.In(Shanghai)
		list = append(list, w)
	}
	return list, nil
}
