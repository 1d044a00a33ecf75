// Masks a number that is shown once as soon as its page is left, so that a browser
// that keeps pages in memory brings none back. Without scripts the answer is not
// kept either (no-store), and its reload is answered with the masked record.
export class Once {
  constructor(shown) {
    window.addEventListener('pagehide', () => {
      shown.textContent = shown.dataset.masked
    })
  }
}
