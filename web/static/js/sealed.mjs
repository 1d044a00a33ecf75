// Takes what the agent put behind the address's # (a seal, or the answer to an
// order), takes it out of the history before anything else, and posts it to
// this same origin. It stays in memory for another try; it is never stored.
const page = document.querySelector('[data-sealed]')
const parts = new URLSearchParams(location.hash.slice(1))
const presence = parts.get('presence') ?? ''
const name = ['seal', 'request', 'installed'].find((name) => parts.has(name))
const brought = name && parts.get(name)
history.replaceState(null, '', location.pathname)

function show(shown, sentence) {
  for (const part of page.querySelectorAll('[data-part]')) part.hidden = part.dataset.part !== shown
  const part = page.querySelector(`[data-part="${shown}"]`)
  if (sentence) part.querySelector('[data-sentence]').textContent = sentence
  part.querySelector('h2')?.focus()
}

// Only a path of this origin is followed.
function follow(address) {
  const target = new URL(address, location.href)
  if (target.origin !== location.origin) return false
  location.replace(target.href)
  return true
}

async function send() {
  show('busy')
  let answer
  try {
    answer = await fetch(page.dataset.post, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
      body: new URLSearchParams({ [name]: brought, presence }),
      redirect: 'error',
    })
  } catch {
    show('failed', '没有连上服务器。印章还在本页，没有丢，也没有用掉；请检查网络后再试。')
    return
  }
  let told = {}
  try {
    told = await answer.json()
  } catch {
    told = {}
  }
  if (told.location && follow(told.location)) return
  const sentence = told.sentence || `服务器的答复（${answer.status}）看不懂，不知道是否已经记下；再送一次是安全的，同一枚印章只生效一次。`
  // 5xx, 429 and an answer that says nothing pass; any other refusal stands, and the same seal would meet it again.
  const passing = answer.ok || answer.status >= 500 || answer.status === 429
  show(passing ? 'failed' : 'refused', sentence)
}

if (page) {
  for (const button of page.querySelectorAll('[data-retry]')) button.addEventListener('click', send)
  const to = parts.get('to') // the agent handed the seal in itself
  if (!brought && to?.startsWith('/') && follow(to)) show('busy')
  else if (brought) send()
  else show('nothing')
}
