// Package org holds the bodies that take part in the registration year and the
// people who work in them. Scope is affiliation (隶属), a path in the tree of
// bodies, never a prefix of the division code (domain section 4).
//
// It promises that a Tree it made is one city with 市直 and counties beneath it
// and schools beneath those, each with its path, and that a roster it read has
// no forbidden combination of roles. It gives nobody power (policy does that
// from appointments) and knows no key (custody does).
package org

import "time"

// Organisation is a body: the city, 市直, a county, or a school.
type Organisation struct {
	ID, Parent string
	Path       string // /341000/341021/HS10123/ : every ancestor and itself, each closed by a slash
	Kind       string // city, city_run, county, or a kind of school
	Name       string
	Ownership  string // 公办, 民办, or empty for organs
	Division   string // where the house stands; decides nothing
	Stages     []string
	Licence    string // school licence number (R02)
	ValidFrom  time.Time
	ValidTo    *time.Time // last day, nil while it lasts
}

// Staff is a person with duties in the system (R54): the account that a filing
// opens and the end of the post closes. No power comes from this row:
// appointments and keys give it.
type Staff struct {
	ID, Name, Org, Post string
	Phone               Phone // encrypted at rest
	FiledOn             *time.Time
	Pledge              string     // how the pledge (承诺) was given: PledgeSealed or a paper number; empty while it is open
	Closes              *time.Time // from this moment on the account is closed; nil while the post lasts
	Training            []Lesson   // by year and topic (R43)
}

// Appointment gives one person one role in one body until it is ended.
type Appointment struct {
	ID    string // staff/role/org
	Staff string
	Role  string
	Org   string
	Ended *time.Time // when it was taken away; nil while it is held
}

// Held keeps the appointments that are held now.
func Held(list []Appointment) []Appointment {
	var held []Appointment
	for _, a := range list {
		if a.Ended == nil {
			held = append(held, a)
		}
	}
	return held
}
