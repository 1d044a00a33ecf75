import { HtmlValidate, StaticConfigLoader } from "html-validate/browser"
globalThis.htmlValidate = async (pages, rules) => {
  const loader = new StaticConfigLoader({ root: true, extends: ["html-validate:recommended"], rules })
  const validator = new HtmlValidate(loader)
  const found = []
  for (const [name, html] of Object.entries(pages)) {
    const report = await validator.validateString(html, name)
    for (const result of report.results) {
      for (const m of result.messages) found.push(`${name}:${m.line}:${m.column} ${m.ruleId}: ${m.message}`)
    }
  }
  return found
}
