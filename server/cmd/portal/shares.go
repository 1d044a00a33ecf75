package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/server/custody"
	"sealdesk/server/internal/keyring"
)

// readCustodians reads the table of custodians: one column, staff_id.
func readCustodians(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("读不到托管人表 %s：%w", path, err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) == 0 || len(lines[0]) != 1 || lines[0][0] != "staff_id" {
		return nil, fmt.Errorf("托管人表 %s 的首行应是 staff_id，每行一人", path)
	}
	var list []string
	for _, l := range lines[1:] {
		list = append(list, strings.TrimSpace(l[0]))
	}
	return list, nil
}

// holders asks that everybody on the list is on file.
func (inst institution) holders(path string, quorum int) (keyring.Holders, error) {
	var h keyring.Holders
	if path == "" {
		return h, nil
	}
	list, err := readCustodians(path)
	if err != nil {
		return h, err
	}
	for i, id := range list {
		if _, _, ok := inst.person(id); !ok {
			return h, fmt.Errorf("托管人表第 %d 行：人员表里没有 %s", i+2, id)
		}
	}
	h = keyring.Holders{Threshold: quorum, Staff: list}
	return h, h.Check()
}

// custodianFields say in entry 0 who the custodians are.
func (inst institution) custodianFields() []seal.Field {
	h := inst.custodians
	if len(h.Staff) == 0 {
		return nil
	}
	fields := []seal.Field{{Label: "法定人数", Value: custody.Custodians{Staff: h.Staff, Quorum: h.Threshold}.Words()}}
	for _, id := range h.Staff {
		s, _, _ := inst.person(id)
		fields = append(fields, seal.Field{Label: "托管人", Value: custody.Named{Staff: id, Name: s.Name}.String()})
	}
	return fields
}

// writeShares leaves one paper per custodian in a fresh directory that only its
// owner reads. They are printed, handed over and destroyed: nothing of the
// portal reads them again.
func writeShares(dir, institution string, h keyring.Holders, shares []keyring.Share) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("目录 %s 已经存在：里面可能是以前的份额。请用 --shares 写一个还没有的目录", dir)
		}
		return err
	}
	for i, s := range shares {
		paper := fmt.Sprintf(`签台恢复份额　%s

保管人：%s　　第 %d 份，共 %d 份，凑齐 %d 份可以恢复
恢复密钥编号：%s

%s
抄写时每行都有校验数字，抄错会指出是哪一行。
请把这张纸封入信封、骑缝签名、锁好；不拍照、不录入电脑、不交给别的保管人。
只在恢复或演练时，由您本人在服务器前交出：portal recover。
`, institution, h.Staff[i], s.Index, s.Count, s.Threshold, strings.ToUpper(s.Recovery), s.Print())
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d-%s.txt", s.Index, h.Staff[i])), []byte(paper), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// afterShares tells what to do with the papers now.
func afterShares(dir string, n int) {
	fmt.Printf("恢复份额 %d 份在 %s：逐份打印、封好，交各托管人签收，然后销毁这个目录（shred -u），它不属于任何备份。\n", n, dir)
}
