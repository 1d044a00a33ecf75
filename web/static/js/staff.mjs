// Starts what a page of the portal needs. Every page works without it: modules
// add focus, counting and progress, never a step that matters.
import { Button } from '../govuk/components/button/button.mjs'
import { Checkboxes } from '../govuk/components/checkboxes/checkboxes.mjs'
import { ErrorSummary } from '../govuk/components/error-summary/error-summary.mjs'
import { Radios } from '../govuk/components/radios/radios.mjs'
import { SkipLink } from '../govuk/components/skip-link/skip-link.mjs'
import { Batch } from './batch.mjs'
import { Once } from './once.mjs'
import { Fresh } from './fresh.mjs'
import { Print } from './print.mjs'
import { Progress } from './progress.mjs'
import { Watch } from './watch.mjs'

const modules = {
  'govuk-button': Button,
  'govuk-checkboxes': Checkboxes,
  'govuk-error-summary': ErrorSummary,
  'govuk-radios': Radios,
  'govuk-skip-link': SkipLink,
  batch: Batch,
  once: Once,
  fresh: Fresh,
  print: Print,
  progress: Progress,
  watch: Watch,
}

// govuk-frontend's components start only under this class.
document.body.classList.add('js-enabled', 'govuk-frontend-supported')

for (const [name, Module] of Object.entries(modules)) {
  for (const root of document.querySelectorAll(`[data-module="${name}"]`)) {
    try {
      new Module(root)
    } catch (fault) {
      console.error(name, fault)
    }
  }
}
