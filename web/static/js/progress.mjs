// Asks how far a long work is and leads on when it is done. The page may be
// left at any time; without scripts its reload link does the same.
export class Progress {
  constructor(root) {
    this.root = root
    this.address = root.dataset.status
    this.bar = root.querySelector('progress')
    this.text = root.querySelector('[data-progress="text"]')
    this.fault = root.querySelector('[data-progress="fault"]')
    this.failures = 0
    this.wait(1000)
  }

  wait(milliseconds) {
    setTimeout(() => this.ask(), milliseconds)
  }

  async ask() {
    try {
      const answer = await fetch(this.address, { headers: { Accept: 'application/json' }, redirect: 'error' })
      if (!answer.ok) throw new Error(String(answer.status))
      const state = await answer.json()
      this.failures = 0
      this.fault.hidden = true
      if (state.location) {
        location.assign(state.location)
        return
      }
      if (this.bar && state.total > 0) {
        this.bar.max = state.total
        this.bar.value = state.done
      }
      if (state.sentence) this.text.textContent = state.sentence
      this.wait(1000)
    } catch {
      this.failures += 1
      this.fault.hidden = this.failures < 3
      this.wait(Math.min(1000 * 2 ** this.failures, 15000))
    }
  }
}
