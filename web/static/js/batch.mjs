// Counts the ticked rows of a register and ticks all of the page at once. The
// server counts again; this is for the eye only.
export class Batch {
  constructor(form) {
    this.boxes = [...form.querySelectorAll('input[type="checkbox"][name="application"]')]
    this.all = form.querySelector('[data-batch="all"]')
    this.count = form.querySelector('[data-batch="count"]')
    this.max = Number(form.dataset.max) || Infinity
    this.over = form.querySelector('[data-batch="over"]')
    for (const box of this.boxes) box.addEventListener('change', () => this.show())
    if (this.all) {
      this.all.closest('.tick').hidden = this.boxes.length === 0
      this.all.addEventListener('change', () => {
        for (const box of this.boxes) box.checked = this.all.checked
        this.show()
      })
    }
    this.show()
  }

  show() {
    const chosen = this.boxes.filter((box) => box.checked).length
    for (const box of this.boxes) box.closest('tr').classList.toggle('on', box.checked)
    if (this.count) this.count.textContent = String(chosen)
    if (this.over) this.over.hidden = chosen <= this.max
    if (this.all) {
      this.all.checked = chosen > 0 && chosen === this.boxes.length
      this.all.indeterminate = chosen > 0 && chosen < this.boxes.length
    }
  }
}
