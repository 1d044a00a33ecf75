// A second click on a submit button would drop the answer to the first, and
// with it a seal that the token has already made. The pages work without this.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", (event) => {
  // On the way back a browser may show the page as it was left, with a text that
  // is signed by now: ask for it anew.
  if (event.persisted && document.querySelector("form[data-once]")) location.reload();
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});
