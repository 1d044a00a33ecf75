package portal

import (
	"context"
	"sync"
	"time"
)

// jobs are what a portal does in the background: sheets being read, and chores
// that repeat. A portal that stops waits
// for them; one that was killed begins them anew when somebody asks, since the
// file is kept.
type jobs struct {
	mu      sync.Mutex
	running map[string]*progress
	ctx     context.Context
	cancel  context.CancelFunc
	all     sync.WaitGroup
}

// progress is how far a sheet is, in rows.
type progress struct{ done, total int }

func newJobs() *jobs {
	ctx, cancel := context.WithCancel(context.Background())
	return &jobs{running: map[string]*progress{}, ctx: ctx, cancel: cancel}
}

// start runs work for a job, once at a time.
func (j *jobs) start(id string, work func(ctx context.Context, tell func(done, total int))) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.running[id] != nil || j.ctx.Err() != nil {
		return
	}
	now := &progress{}
	j.running[id] = now
	j.all.Add(1)
	go func() {
		defer j.all.Done()
		defer func() {
			j.mu.Lock()
			delete(j.running, id)
			j.mu.Unlock()
		}()
		work(j.ctx, func(done, total int) {
			j.mu.Lock()
			now.done, now.total = done, total
			j.mu.Unlock()
		})
	}()
}

// repeat runs a chore now and every so often, until close.
func (j *jobs) repeat(every time.Duration, chore func(context.Context)) {
	j.all.Add(1)
	go func() {
		defer j.all.Done()
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			chore(j.ctx)
			select {
			case <-j.ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
}

// at tells how far a job is, and whether it runs in this portal.
func (j *jobs) at(id string) (progress, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if p := j.running[id]; p != nil {
		return *p, true
	}
	return progress{}, false
}

func (j *jobs) close() {
	j.cancel()
	j.all.Wait()
}
