package store

import "slices"

// class says what a table is: the whole list is here, and a table or column of
// the database that is not in it fails a test.
type class string

const (
	isRecord  class = "record"  // changed by Commit only, each row's state in the log
	isLog     class = "log"     // append-only, but for the one head row
	isScratch class = "scratch" // written by Scratch, never authority
)

// form says how a column's value lies in memory and in the database.
type form uint8

const (
	text   form = iota // string
	number             // int64
	maybe              // int64 or NULL
	blob               // []byte
	secret             // string in memory, Tink AEAD in the database
	blind              // keyed MAC of the secret named in of
)

type column struct {
	name  string
	form  form
	of    string
	later bool // joined the table when rows of it stood in logs already
}

// table describes one table. Of a record the first column is the key, and a
// last column `entry` (the number of the last act that left this row) is
// implied: it is the version that guards updates.
type table struct {
	name    string
	class   class
	subject string // kind of subject: application/2024-…
	power   bool   // a change moves the authority epoch
	shared  bool   // reference data that acts may read outside their reach
	columns []column
}

func (t *table) key() string { return t.columns[0].name }

func (t *table) index(name string) int {
	for i := range t.columns {
		if t.columns[i].name == name {
			return i
		}
	}
	return -1
}

// subjectOf spells a row as the log does.
func (t *table) subjectOf(id string) string { return t.subject + "/" + id }

func texts(names ...string) []column { return columnsOf(text, names) }
func numbers(names ...string) []column {
	return columnsOf(number, names)
}
func columnsOf(f form, names []string) []column {
	list := make([]column, len(names))
	for i, n := range names {
		list[i] = column{name: n, form: f}
	}
	return list
}
func join(lists ...[]column) []column {
	var all []column
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
func one(f form, name string) []column { return []column{{name: name, form: f}} }

// later are columns that say nothing of the rows of before: what is empty in
// them is not part of a row's spelling, so that those rows keep their digests.
func later(list []column) []column {
	for i := range list {
		list[i].later = true
	}
	return list
}
func blindOf(name, field string) []column { return []column{{name: name, form: blind, of: field}} }

// The record tables.
var (
	organisations = &table{name: "organisations", class: isRecord, subject: "organisation", power: true, shared: true,
		columns: join(texts("id", "parent", "path", "kind", "name", "ownership", "division", "stages", "licence"),
			numbers("valid_from"), one(maybe, "valid_to"))}
	staff = &table{name: "staff", class: isRecord, subject: "staff", power: true, shared: true,
		columns: join(texts("id", "name", "org", "path", "post"), one(secret, "phone"), one(maybe, "filed_on"), texts("pledge"), one(maybe, "closes"), texts("trained"))}
	filings = &table{name: "filings", class: isRecord, subject: "filing", power: true,
		columns: join(texts("id", "staff", "org", "path", "kind", "name", "post"), one(secret, "phone"), texts("roles", "pledge"),
			numbers("starts"), columnsOf(maybe, []string{"closes", "upward"}), texts("state", "by_staff"), numbers("at"),
			texts("checked_by"), one(maybe, "checked_at"), texts("note"))}
	appointments = &table{name: "appointments", class: isRecord, subject: "appointment", power: true, shared: true,
		columns: join(texts("id", "staff", "role", "org", "path"), one(maybe, "ended"))}
	roleChanges = &table{name: "role_changes", class: isRecord, subject: "role_change",
		columns: join(texts("id", "staff", "org", "path", "role"), numbers("granted"), texts("before_roles", "after_roles", "asked_by", "done_by", "reason"),
			numbers("at"), texts("reviewed_by"), one(maybe, "reviewed_at"))}
	sheets = &table{name: "responsibility_sheets", class: isRecord, subject: "sheet", power: true, shared: true,
		columns: join(texts("id"), numbers("year"), texts("org", "path", "head", "paper"), numbers("at"))}
	dutyRules = &table{name: "duty_rules", class: isRecord, subject: "rules",
		columns: join(texts("id", "org", "path"), numbers("version"), texts("duty", "keeper"), columnsOf(secret, []string{"rota", "two_sign", "seal_rule"}),
			texts("by_staff"), numbers("at", "reviewed"), texts("reviewer"))}
	exercises = &table{name: "exercises", class: isRecord, subject: "exercise",
		columns: join(texts("id", "kind"), numbers("year"), texts("org", "path"), numbers("held_on"), texts("bodies"),
			columnsOf(secret, []string{"topic", "giver", "people", "result"}), texts("by_staff"), numbers("at"))}
	incidents = &table{name: "incidents", class: isRecord, subject: "incident",
		columns: join(texts("id"), numbers("year"), texts("org", "path"), numbers("noticed"), columnsOf(secret, []string{"noticed_by", "what", "whose"}),
			numbers("people", "leak"), texts("by_staff"), numbers("at"))}
	incidentNotes = &table{name: "incident_notes", class: isRecord, subject: "incident-note",
		columns: join(texts("id", "incident"), numbers("n"), texts("kind", "org", "path", "party"), numbers("happened"), one(secret, "note"),
			texts("by_staff"), numbers("at"), later(columnsOf(maybe, []string{"leak", "people"})))}
	custodyKeys = &table{name: "custody_keys", class: isRecord, subject: "key", power: true, shared: true,
		columns: join(texts("fingerprint", "staff", "path"), one(blob, "certificate"), texts("token_label", "state"), numbers("since"),
			texts("by_staff", "reason", "token", "serial", "issuer", "public_key"))}
	custodyTokens = &table{name: "custody_tokens", class: isRecord, subject: "token", power: true, shared: true,
		columns: join(texts("serial", "label", "vendor", "state", "custodian", "path", "for_staff", "delivery"), numbers("delivered", "since"),
			texts("by_staff", "reason"), one(blob, "loss_mark"))}
	custodyRequests = &table{name: "custody_requests", class: isRecord, subject: "request", power: true, shared: true,
		columns: join(texts("id", "staff", "path", "by_staff", "reason"), numbers("at"), texts("state", "token"), later(join(texts("answered_by"), one(maybe, "answered"), texts("answer"))))}
	policies = &table{name: "policies", class: isRecord, subject: "policy", power: true, shared: true,
		columns: join(texts("id", "org", "path", "digest"), columnsOf(blob, []string{"model", "file"}), texts("base", "of_id"),
			numbers("effective"), texts("reason", "by_staff", "second"), numbers("at"))}
	custodians = &table{name: "custodians", class: isRecord, subject: "custodians", power: true, shared: true,
		columns: join(texts("id", "org", "path", "staff"), numbers("quorum"), texts("base", "reason", "by_staff", "second"), numbers("at"))}
	emergencies = &table{name: "emergencies", class: isRecord, subject: "emergency", power: true, shared: true,
		columns: join(texts("id", "org", "path", "list", "staff", "fingerprint"), one(blob, "certificate"), texts("token", "role", "reason"),
			numbers("called", "deadline"), texts("sealed", "state"), numbers("opened", "opening", "until", "used"), texts("told"))}
	media = &table{name: "media", class: isRecord, subject: "medium", power: true, shared: true,
		columns: join(texts("id", "kind", "custodian", "path", "for_staff", "encryption", "location", "contents", "state"), numbers("since"),
			texts("by_staff", "second_staff", "reason"))}
	stocktakes = &table{name: "stocktakes", class: isRecord, subject: "stocktake", power: true, shared: true,
		columns: join(texts("id", "path"), numbers("year", "opened"), texts("by_staff"), one(maybe, "closed"), texts("closed_by", "second_staff", "note"),
			numbers("expected", "proved", "counted", "missing"))}
	sightings = &table{name: "sightings", class: isRecord, subject: "sighting", shared: true,
		columns: join(texts("id", "path"), numbers("year"), texts("token", "how", "by_staff"), numbers("at"))}
	windows = &table{name: "windows", class: isRecord, subject: "window", shared: true,
		columns: join(texts("id"), numbers("year"), texts("org", "path", "stage"), numbers("opens", "closes"), texts("paper", "reason"))}
	applications = &table{name: "applications", class: isRecord, subject: "application",
		columns: join(texts("id"), numbers("year"),
			texts("unit", "school", "path", "state", "outcome", "reg_kind", "class", "name", "stage", "subject", "apply_no"),
			numbers("applied_at"), one(blob, "form"),
			columnsOf(secret, []string{"id_number", "cert_number", "gender", "appraisals", "ethics", "health"}),
			blindOf("id_number_blind", "id_number"), blindOf("cert_number_blind", "cert_number"), one(maybe, "live_year"),
			one(blob, "findings"),
			texts("pack", "import_id", "deeds", "reviewer", "sender", "auditor", "confirmer"), numbers("round"),
			texts("school_conclusion", "school_reason", "conclusion", "conclusion_rules", "reason", "return_reason"),
			numbers("imported_at", "updated_at"),
			texts("held_from", "hold_case", "hold_reason", "withdraw_reason", "withdraw_page", "withdraw_scan"),
			numbers("early_entry"), texts("early_valid_to"))}
	reviews = &table{name: "reviews", class: isRecord, subject: "review",
		columns: join(texts("id", "application", "path"), numbers("round"), texts("reviewer"), one(blob, "compared"),
			one(blob, "explained"), one(blob, "answers"), texts("conclusion", "reason"), numbers("at"))}
	corrections = &table{name: "corrections", class: isRecord, subject: "correction",
		columns: join(texts("id", "application", "path", "field"), one(secret, "old_value"), one(secret, "new_value"),
			texts("reason", "evidence"), numbers("mended_at_source"), texts("by_staff"), numbers("at"))}
	imports = &table{name: "imports", class: isRecord, subject: "import",
		columns: join(texts("id", "organ", "path"), numbers("year"), texts("file_digest", "choice"),
			numbers("accepted", "refused", "overdue", "waiting"), texts("by_staff"), numbers("at"))}
	relatives = &table{name: "relatives", class: isRecord, subject: "relative", shared: true,
		columns: join(texts("id", "staff", "path", "school", "apply_no", "relation"), numbers("at"), texts("removal", "removal_seconded"), numbers("removed_at"))}
	sheetChanges = &table{name: "sheet_changes", class: isRecord, subject: "sheet-change",
		columns: join(texts("id", "application", "path", "file_digest"), one(secret, "fields"), numbers("applied"), texts("by_staff"), numbers("at"))}
	earlyRenewals = &table{name: "early_renewals", class: isRecord, subject: "early-renewal", power: true,
		columns: join(texts("id"), numbers("year"), texts("school", "path", "apply_no", "name", "valid_to", "reason", "by_staff", "second"), numbers("at"),
			later(texts("person")))}
	workingDays = &table{name: "working_days", class: isRecord, subject: "working-days", shared: true,
		columns: join(texts("id"), numbers("year"), texts("org", "path", "off_days", "on_days", "paper", "reason"))}
	delegations = &table{name: "delegations", class: isRecord, subject: "delegation", power: true, shared: true,
		columns: join(texts("id", "school", "path", "kind", "delegate"), numbers("from_at", "until_at"), texts("reason", "by_staff", "ended_by", "end_reason"),
			numbers("ended_at"))}
	looks = &table{name: "looks", class: isRecord, subject: "look",
		columns: join(texts("id", "about", "path", "fields"), one(secret, "reason"), texts("by_staff", "hour"), numbers("at"))}
	proposals = &table{name: "proposals", class: isRecord, subject: "proposal",
		columns: join(texts("id", "kind", "unit", "path", "subject"), one(blob, "body"), texts("signers", "signed", "state", "note"),
			numbers("expires"))}
)

// The log's tables and scratch: named here so that none is forgotten.
var (
	logHead = &table{name: "log_head", class: isLog, columns: join(numbers("id", "size"), one(blob, "root"), one(blob, "frontier"),
		numbers("epoch", "logged"), one(blob, "hmac"), numbers("signed_size"))}
	logEntries = &table{name: "log_entries", class: isLog, columns: join(numbers("number"), one(blob, "leaf"),
		numbers("previous", "received", "logged"), texts("act", "actor", "body", "subject", "path"), one(blob, "statement"))}
	logBodies = &table{name: "log_bodies", class: isLog, columns: join(numbers("number"), texts("kind"), one(blob, "salt"),
		one(blob, "seed"), one(blob, "body"))}
	logTiles       = &table{name: "log_tiles", class: isLog, columns: join(numbers("level", "idx"), one(blob, "hashes"))}
	logCheckpoints = &table{name: "log_checkpoints", class: isLog, columns: join(numbers("size"), texts("note"), numbers("signed_at"))}

	sessions = &table{name: "sessions", class: isScratch, columns: join(texts("token_hash", "staff", "fingerprint"),
		numbers("started", "seen", "expires", "locked"), one(blob, "payload"), texts("locked_for"), numbers("present_until"),
		texts("ticket", "stream", "address", "road"), one(blob, "mark"))}
	pendings = &table{name: "pendings", class: isScratch, columns: join(texts("id", "cookie_hash", "staff", "kind"),
		one(blob, "statement"), one(blob, "annex"), one(blob, "payload"), numbers("created", "expires"))}
	drafts     = &table{name: "drafts", class: isScratch, columns: join(texts("staff", "name"), one(blob, "body"), numbers("updated"))}
	importJobs = &table{name: "import_jobs", class: isScratch, columns: join(texts("id", "organ", "path", "by_staff", "state"),
		numbers("progress", "total"), texts("file_name"), one(blob, "original"), one(blob, "report"), numbers("created", "updated"))}
	importRows  = &table{name: "import_rows", class: isScratch, columns: join(texts("job"), numbers("line"), texts("code"), one(blob, "cells"))}
	throttles   = &table{name: "throttles", class: isScratch, columns: join(texts("name"), numbers("count", "since"))}
	revocations = &table{name: "revocation_answers", class: isScratch, columns: join(texts("authority", "serial"), numbers("at", "said", "ended", "held"), one(blob, "mark"))}
)

var tables = []*table{
	logHead, logEntries, logBodies, logTiles, logCheckpoints,
	organisations, staff, filings, appointments, roleChanges, sheets, dutyRules, exercises, incidents, incidentNotes, custodyKeys, custodyTokens, custodyRequests, media, stocktakes, sightings,
	policies, custodians, emergencies,
	windows, workingDays, applications, reviews, corrections, imports, sheetChanges, earlyRenewals, delegations, relatives, looks, proposals,
	sessions, pendings, drafts, importJobs, importRows, throttles, revocations,
}

// records lists the record tables, in the order in which an act writes them.
func records() []*table { return recordTables }

var recordTables = slices.DeleteFunc(slices.Clone(tables), func(t *table) bool { return t.class != isRecord })
