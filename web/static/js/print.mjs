// Shows a print button where scripts run; without them the browser's own menu prints.
export class Print {
  constructor(button) {
    button.hidden = false
    button.addEventListener('click', () => window.print())
  }
}
