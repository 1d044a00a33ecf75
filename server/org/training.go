package org

import (
	"slices"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Topic is one of the things that staff learn before the work of a year (R43).
type Topic string

// The topics of the notice.
const (
	Conditions  Topic = "conditions"
	Process     Topic = "process"
	StickerUse  Topic = "sticker"
	Conclusions Topic = "conclusions"
)

// Topics lists them in the order of the notice.
var Topics = []Topic{Conditions, Process, StickerUse, Conclusions}

// Word is the topic on a page.
func (t Topic) Word() string {
	return map[Topic]string{Conditions: "注册条件", Process: "办理流程", StickerUse: "注册贴的使用", Conclusions: "注册结论的使用"}[t]
}

// Lesson is one topic of one year that a person learned, confirmed by a lead.
type Lesson struct {
	Year  int
	Topic Topic
	On    time.Time // the day
	By    string    // who confirmed it, empty while it waits
}

// FullTraining is a year's training as a roster that knows whole years has it.
func FullTraining(year int, on time.Time, by string) []Lesson {
	list := make([]Lesson, len(Topics))
	for i, t := range Topics {
		list[i] = Lesson{Year: year, Topic: t, On: on, By: by}
	}
	return list
}

// Lesson finds a topic of a year.
func (s Staff) Lesson(year int, topic Topic) (Lesson, bool) {
	for _, l := range s.Training {
		if l.Year == year && l.Topic == topic {
			return l, true
		}
	}
	return Lesson{}, false
}

// Open counts the topics of a year that nobody confirmed yet.
func (s Staff) Open(year int) int {
	open := len(Topics)
	for _, t := range Topics {
		if l, ok := s.Lesson(year, t); ok && l.By != "" {
			open--
		}
	}
	return open
}

// Learn enters topics of a year that the person has learned.
func (s Staff) Learn(year int, topics []Topic, on, now time.Time) (Staff, error) {
	switch {
	case len(topics) == 0:
		return s, fault.New(fault.Invalid, "请选择学过的内容。").At("topic", "请至少选一项。")
	case on.IsZero():
		return s, fault.New(fault.Invalid, "请填写学习日期。").At("learned", "请填写日期。")
	case on.After(now) || on.In(shanghai).Year() != year:
		return s, fault.New(fault.Invalid, "学习日期应在 %d 年之内，且不晚于今天。", year).At("learned", "日期不对。")
	}
	s.Training = slices.Clone(s.Training)
	for _, t := range topics {
		if t.Word() == "" {
			return s, fault.New(fault.Invalid, "请从清单里选择学过的内容。").At("topic", "请重新选择。")
		}
		if l, there := s.Lesson(year, t); there {
			return s, fault.New(fault.Conflict, "%d 年度的“%s”已于 %s 登记过，没有改动。", year, t.Word(), Day(l.On)).At("topic", "已经登记过。")
		}
		s.Training = append(s.Training, Lesson{Year: year, Topic: t, On: on})
	}
	return s, nil
}

// Confirm lets a lead confirm every topic of a year that waits.
func (s Staff) Confirm(year int, by string) (after Staff, confirmed []Lesson, err error) {
	if by == "" || by == s.ID {
		return s, nil, fault.New(fault.Forbidden, "不能确认自己的培训。请由另一位负责人确认。")
	}
	s.Training = slices.Clone(s.Training)
	for i, l := range s.Training {
		if l.Year == year && l.By == "" {
			s.Training[i].By = by
			confirmed = append(confirmed, s.Training[i])
		}
	}
	if len(confirmed) == 0 {
		return s, nil, fault.New(fault.Conflict, "%s 没有等待确认的 %d 年度培训。请先由本人登记。", s.ID, year)
	}
	return s, confirmed, nil
}

// LearnStatement is what the person signs, ConfirmStatement what the lead does.
func LearnStatement(h seal.Header, s Staff, year int, topics []Topic, on time.Time) (seal.Statement, error) {
	fields := []seal.Field{line("计划年度", itoa(year)), line("人员编号", s.ID), line("姓名", s.Name), line("学习日期", Day(on))}
	for _, t := range topics {
		fields = append(fields, line("培训内容", t.Word()))
	}
	return seal.New(seal.TrainingEntry, h, fields, seal.Annex{})
}

// ConfirmStatement names what the lead confirms, each topic with its day.
func ConfirmStatement(h seal.Header, s Staff, year int, confirmed []Lesson) (seal.Statement, error) {
	fields := []seal.Field{line("计划年度", itoa(year)), line("人员编号", s.ID), line("姓名", s.Name)}
	for _, l := range confirmed {
		fields = append(fields, line("培训内容", l.Topic.Word()+"（"+Day(l.On)+"）"))
	}
	return seal.New(seal.TrainingConfirm, h, fields, seal.Annex{})
}

// PrintTraining and ParseTraining are how lessons lie in one column: words of
// year/topic/day/confirmer, separated by a space.
func PrintTraining(list []Lesson) string {
	words := make([]string, len(list))
	for i, l := range list {
		words[i] = strings.Join([]string{itoa(l.Year), string(l.Topic), Day(l.On), l.By}, "/")
	}
	return strings.Join(words, " ")
}

// ParseTraining reads what PrintTraining prints; a word that it does not know
// counts for nothing.
func ParseTraining(text string) []Lesson {
	var list []Lesson
	for word := range strings.FieldsSeq(text) {
		parts := strings.Split(word, "/")
		if len(parts) != 4 {
			continue
		}
		year, ok := number(parts[0])
		on, err := time.ParseInLocation(day, parts[2], shanghai)
		if ok && err == nil && Topic(parts[1]).Word() != "" {
			list = append(list, Lesson{Year: year, Topic: Topic(parts[1]), On: on, By: parts[3]})
		}
	}
	return list
}
