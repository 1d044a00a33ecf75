// A browser keeps a page as it was left and shows it again on the way back,
// whatever Cache-Control says. A text that waits for its seal may be signed by
// then: such a page is asked of the portal anew.
export class Fresh {
  constructor() {
    window.addEventListener('pageshow', (event) => {
      if (event.persisted) location.reload()
    })
  }
}
