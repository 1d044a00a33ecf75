// Package registration is the periodic registration itself: what an application
// is, what the rules find in it, and how one act leads it from one state to the
// next. It exists so that the notice's order can be read, and tested, without a
// database, a page or a key in the way.
//
// It promises that every transition is a pure function: time, person, rules and
// calendar are arguments, the record that comes in is not touched, and a
// refusal is a *fault.Error whose sentence says what is wrong and how to mend
// it. A transition holds everything the domain asks of it at once: state,
// window by the server's clock, separation of duty on this record, rules,
// reasons. Every text that people sign about registration is derived here from
// the transition's steps, so that it can be derived again from the rows inside
// the transaction and compared byte by byte.
//
// It does not know who may do what (policy), whether a seal is good (hsm/seal),
// or how a sheet is read (server/sheet). It keeps nothing. Sentences carry
// record numbers; names stand only in the fields of a refusal, which a page
// shows and no log keeps.
package registration
