// Hides the open page as soon as the session is locked or ended: the token was
// pulled, the agent fell silent, nobody did anything for too long. Nothing is
// thrown away. Once the same person has unlocked, in another tab, the page
// stands as it was, with all that was typed.
const every = 1000 // milliseconds between two questions
const silence = 6000 // without an answer the page is hidden too

export class Watch {
  constructor(veil) {
    this.veil = veil
    this.page = document.querySelector('.frame')
    this.title = document.title
    this.heard = Date.now()
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.ask() })
    setInterval(() => this.ask(), every)
    this.ask()
  }

  async ask() {
    if (this.asking) return
    this.asking = true
    try {
      const answer = await fetch(this.veil.dataset.state, { cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(silence / 2) })
      if (!answer.ok) throw new Error(String(answer.status))
      const session = await answer.json()
      this.heard = Date.now()
      this.show(session.state === 'open' && session.person !== this.veil.dataset.person ? 'other' : session.state)
    } catch {
      if (Date.now() - this.heard > silence) this.show('silent')
    } finally {
      this.asking = false
    }
  }

  show(state) {
    const hidden = state !== 'open'
    for (const line of this.veil.querySelectorAll('[data-why]')) line.hidden = line.dataset.why !== state
    if (hidden !== this.veil.hidden) return
    if (hidden) {
      this.scroll = scrollY
      this.focus = document.activeElement
    }
    this.page.hidden = hidden
    this.veil.hidden = !hidden
    document.title = hidden ? this.veil.dataset.title : this.title
    if (hidden) return // what is read out stands in the veil's status
    this.focus?.focus({ preventScroll: true })
    scrollTo(0, this.scroll)
  }
}
