// Package figure is what the server's figures share: which one was asked for,
// how work is raced, what counts as the middle of several rounds, and the line
// by which `make bench` is read. Only files with the build tag bench use it; it
// measures nothing by itself.
package figure

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// Rounds is how many interleaved rounds a figure takes.
const Rounds = 5

// Wanted tells whether one of the names was asked for: ONLY names one figure,
// an empty ONLY all.
func Wanted(names ...string) bool {
	only := os.Getenv("ONLY")
	return only == "" || slices.Contains(names, only)
}

// Median is the middle of an odd number of rounds.
func Median(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}

// Print says for people what was measured, and then the figure's own line. The
// larger the ratio the better.
func Print(name, text string, ratio, goal float64) {
	verdict := "held"
	if ratio < goal {
		verdict = "short"
	}
	fmt.Printf("%s: %s\nbench\t%s\tratio=%.2f\tgoal=%.2f\t%s\n", name, text, name, ratio, goal, verdict)
}

// Rates prints the figure of two sides' rates. Each round's two sides ran one
// after the other, so they are held against each other round by round: a disk
// whose speed drifts from round to round would bend a ratio of two medians.
func Rates(name string, ours, theirs []float64, goal float64, unit string) {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / theirs[i]
	}
	Print(name, fmt.Sprintf("ours %.0f %s (%.0f-%.0f), opponent %.0f %s (%.0f-%.0f), by round %.2f-%.2f",
		Median(ours), unit, slices.Min(ours), slices.Max(ours), Median(theirs), unit, slices.Min(theirs), slices.Max(theirs),
		slices.Min(ratios), slices.Max(ratios)), Median(ratios), goal)
}

// Race runs n pieces of work by so many workers and gives the rate a second.
func Race(workers, n int, do func(int) error) float64 {
	var wait sync.WaitGroup
	next := make(chan int)
	began := time.Now()
	for range workers {
		wait.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					panic(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
	return float64(n) / time.Since(began).Seconds()
}
