package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// School is what the checks need of one organisation that takes in
// applications: a school, a training agency or a university.
type School struct {
	ID, Parent, Name, Kind, Ownership, Licence string
	Stages                                     []string
	ValidTo                                    *registration.Date // last day; nil if open
}

// Facts is the part that the rule pack asks for.
func (s School) Facts() registration.SchoolFacts {
	return registration.SchoolFacts{Kind: s.Kind, Ownership: s.Ownership, Licence: s.Licence}
}

// Span is a half-open window of time.
type Span struct{ Opens, Closes time.Time }

// Reference is what a sheet is held against. It is plain data and is not
// changed by the checks.
type Reference struct {
	Organs  map[string]string // id of city, counties and the city-run section -> name
	Schools map[string]School // by id
	Windows map[string]Span   // application window by organ id
	Year    int               // of the plan
	Pack    registration.Pack
	Early   registration.Released // who was let in before it is due (R05)
}

// IsOrgan tells the kinds of organisations that audit from those that teach.
func IsOrgan(kind string) bool { return kind == "city" || kind == "city_run" || kind == "county" }

// LoadReference reads organisations.csv, staff.csv and windows.csv from a
// folder, for a dry run without a server. The checks ask nothing of the staff;
// a list that names an unknown organisation is refused all the same, since the
// three files then do not belong together.
func LoadReference(dir string) (Reference, error) {
	ref := Reference{Organs: map[string]string{}, Schools: map[string]School{},
		Windows: map[string]Span{}, Pack: registration.National()}
	err := readCSV(dir, "organisations.csv", []string{"org_id", "parent_org_id", "kind", "name", "ownership",
		"division_code", "stages", "school_licence_no", "valid_from", "valid_to"}, ref.organisation)
	if err != nil {
		return Reference{}, err
	}
	err = readCSV(dir, "staff.csv", []string{"staff_id", "name", "org_id", "roles", "post", "phone", "filed_on",
		"trained_2024"}, func(r []string) error {
		if _, school := ref.Schools[r[2]]; !school && ref.Organs[r[2]] == "" {
			return errors.New("人员所在的机构不在 organisations.csv 中")
		}
		return nil
	})
	if err != nil {
		return Reference{}, err
	}
	err = readCSV(dir, "windows.csv", []string{"org_id", "stage", "opens_at", "closes_at"}, ref.window)
	if err != nil {
		return Reference{}, err
	}
	return ref, nil
}

func (ref *Reference) organisation(r []string) error {
	if IsOrgan(r[2]) {
		ref.Organs[r[0]] = r[3]
		return nil
	}
	s := School{ID: r[0], Parent: r[1], Kind: r[2], Name: r[3], Ownership: r[4], Licence: r[7]}
	if r[6] != "" {
		s.Stages = strings.Split(r[6], "|")
	}
	if r[9] != "" {
		d, err := registration.ParseDate(r[9])
		if err != nil {
			return errors.New("valid_to 应为 2024-08-31 的样子")
		}
		s.ValidTo = &d
	}
	ref.Schools[s.ID] = s
	return nil
}

func (ref *Reference) window(r []string) error {
	opens, err1 := time.Parse(time.RFC3339, r[2])
	closes, err2 := time.Parse(time.RFC3339, r[3])
	if err1 != nil || err2 != nil || !opens.Before(closes) {
		return errors.New("时间应为 2024-09-23T00:00:00+08:00 的样子，且开始早于结束")
	}
	if r[1] == "application" {
		ref.Windows[r[0]] = Span{opens, closes}
		ref.Year = opens.In(registration.Shanghai).Year()
	}
	return nil
}

func readCSV(dir, name string, columns []string, take func([]string) error) error {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "参照资料夹中读不到 %s，请把 organisations.csv、staff.csv、windows.csv 放在同一资料夹。", name)
	}
	defer f.Close()
	r := csv.NewReader(f)
	for line := 1; ; line++ {
		row, err := r.Read()
		switch {
		case err == io.EOF && line > 1:
			return nil
		case err != nil:
			return fault.Wrap(err, fault.Invalid, "%s 第%d行不是完整的 CSV，请重新导出。", name, line)
		case line == 1:
			if strings.TrimPrefix(strings.Join(row, ","), "\uFEFF") != strings.Join(columns, ",") {
				return fault.New(fault.Invalid, "%s 的表头应为 %s。", name, strings.Join(columns, ","))
			}
		default:
			if err := take(row); err != nil {
				return fault.Wrap(fmt.Errorf("sheet: %s line %d", name, line), fault.Invalid, "%s 第%d行：%s。", name, line, err)
			}
		}
	}
}
