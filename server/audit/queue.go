package audit

import "sync"

// A span is some batches in a row: a worker's portion. Portions are large so
// that workers meet seldom.
type span struct {
	batches [8]*batch
	used    int
}

// spanEntries is how many entries a full span covers.
const spanEntries = 8 * TileWidth

// A queue puts the spans that workers have read back into their order.
type queue struct {
	mu      sync.Mutex
	moved   *sync.Cond // next has risen, or the run has stopped
	next    uint64     // the span to be judged next
	ready   map[uint64]*span
	free    []*span
	judging bool // a worker is judging; it takes all that is ready
	stopped bool
	err     error
}

// take gives a span to fill, once the index is within the window; nil when the
// run has stopped.
func (q *queue) take(index, window uint64) *span {
	q.mu.Lock()
	defer q.mu.Unlock()
	for index >= q.next+window && !q.stopped {
		q.moved.Wait()
	}
	if q.stopped {
		return nil
	}
	if last := len(q.free) - 1; last >= 0 {
		s := q.free[last]
		q.free = q.free[:last]
		return s
	}
	return &span{}
}

func (q *queue) stop(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.stopped {
		q.stopped, q.err = true, err
	}
	q.moved.Broadcast()
}

// judge puts a span in its place and, unless another worker is at it, has
// everything judged whose turn has come.
func (q *queue) judge(index uint64, s *span, accept func(*span) error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ready[index] = s
	if q.judging {
		return
	}
	q.judging = true
	for !q.stopped {
		s, ok := q.ready[q.next]
		if !ok {
			break
		}
		delete(q.ready, q.next)
		q.mu.Unlock()
		err := accept(s)
		q.mu.Lock()
		if err != nil && !q.stopped {
			q.stopped, q.err = true, err
		}
		q.next++
		q.free = append(q.free, s)
		q.moved.Broadcast()
	}
	q.judging = false
}
