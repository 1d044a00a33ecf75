package view

// WithdrawForm ends the record at the teacher's paper request. POST, multipart.
// Form: withdraw_reason, withdraw_page, scan (a file) or scan_digest with
// scan_mark (of the one that was received before), withdraw_head (staff id of the
// head).
type WithdrawForm struct {
	Action string
	Reason Field
	Page   Field
	// Scan holds the digest of a scan that was received already, ScanMark what
	// the server knows it by.
	Scan     Field
	ScanMark string
	Head     Choices
}

// Mark puts a sentence beside its field and reports whether there is one.
func (f *WithdrawForm) Mark(field, text string) bool {
	switch field {
	case "withdraw_reason":
		f.Reason.Error = text
	case "withdraw_page":
		f.Page.Error = text
	case "scan":
		f.Scan.Error = text
	case "withdraw_head":
		f.Head.Error = text
	default:
		return false
	}
	return true
}

// HoldForm stops the record under a case number. POST.
// Form: hold_case, hold_reason.
type HoldForm struct {
	Action       string
	Case, Reason Field
}

// Mark puts a sentence beside its field and reports whether there is one.
func (f *HoldForm) Mark(field, text string) bool {
	switch field {
	case "hold_case":
		f.Case.Error = text
	case "hold_reason":
		f.Reason.Error = text
	default:
		return false
	}
	return true
}

// ReleaseForm lets the record go on. POST. Form: release_reason.
type ReleaseForm struct {
	Action string
	// Case is the number it is held under, Back the state it returns to.
	Case, Back string
	Reason     Field
}

// Mark puts a sentence beside its field and reports whether there is one.
func (f *ReleaseForm) Mark(field, text string) bool {
	if field != "release_reason" {
		return false
	}
	f.Reason.Error = text
	return true
}
