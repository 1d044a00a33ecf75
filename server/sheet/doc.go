// Package sheet reads the application sheets that bureaus and schools export
// from the national site, judges them row by row, and writes the report a
// person decides upon. It exists because a spreadsheet is the one door through
// which foreign files enter Sealdesk.
//
// It promises: the report of SPEC.md for any bytes whatever, with nothing
// outside the file read, fetched or run; bounded memory and time (no part is
// ever held unpacked, only the text of known columns up to Limits.Text); no
// personal value in a sentence, a report or an error; the same judgement for a
// whole sheet (Check) and for one mended row (Mend).
//
// It does not store, does not know who is asking, and concludes nothing: an
// accepted row carries what the rule pack proposes.
//
// Reading is done by our own strict streaming reader over archive/zip instead
// of a spreadsheet library: the rules ask for what libraries hide (raw cell
// types against number formats, hidden rows, macros and links anywhere in the
// package, DOCTYPE in any part, checksums of parts nobody opens) and libraries,
// like encoding/xml, hold a hostile tag or text whole in memory. excelize
// writes our templates and reports, and is the opponent of the bench.
package sheet
