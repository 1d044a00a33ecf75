// Package server holds nothing but the test that keeps the arrows between the
// packages beneath it pointing inward (imports_test.go).
package server
