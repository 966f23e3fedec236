// What the pages can do beyond forms and links. Everything works without it.

import { keepDrafts } from "./draft.js";
import { dateFields } from "./dates.js";
import "./lines.js";

function focusOnWrong() {
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();
}

const KEYS_OFF = "igp-keys-off";

function typing(target) {
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

// Ctrl+S sends the form that one writes in; `/` and Ctrl+K lead to the search, `?` tells the keys.
// While a character is chosen (isComposing, or 229 in older browsers) no key means anything, and a
// single key means nothing in a field.
function keys(event) {
  if (event.isComposing || event.keyCode === 229) return;
  const control = event.ctrlKey || event.metaKey;
  if (event.key === "s" && control) {
    const form = document.querySelector("form[data-save]");
    if (form) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-submit]"));
    }
    return;
  }
  const single = !control && !event.altKey && !typing(event.target) && !localStorage.getItem(KEYS_OFF);
  if ((event.key === "k" && control) || (event.key === "/" && single)) {
    const search = document.getElementById("site-search");
    if (search && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      search.focus();
    }
  }
  if (event.key === "?" && single) {
    event.preventDefault();
    document.getElementById("keys")?.showModal();
  }
}

// Single keys can be switched off, for whoever speaks to the machine or hits them by mistake.
function keysToggle(button) {
  const show = () => button.setAttribute("aria-pressed", String(Boolean(localStorage.getItem(KEYS_OFF))));
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    if (localStorage.getItem(KEYS_OFF)) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "1");
    show();
  });
}

function composing(event) {
  if (event.key === "Enter" && event.isComposing) event.preventDefault();
}

// One click, one deed.
function once(event) {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (form.method === "post" && !event.submitter?.hasAttribute("data-rows")) {
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  }
}

// What is too large is said before it is sent.
function sizes(event) {
  const field = event.target;
  const largest = Number(field.dataset?.largest);
  if (!largest) return;
  const wrong = [...field.files].some((file) => file.size > largest);
  field.setCustomValidity(wrong ? `檔案最大 ${largest / 1024 ** 2} MB，請縮小後再選擇。` : "");
  field.reportValidity();
}

// On paper nothing can be opened: what is folded is printed open.
function unfold() {
  for (const one of document.querySelectorAll("main details:not([open])")) {
    one.open = true;
    window.addEventListener("afterprint", () => (one.open = false), { once: true });
  }
}

export function enliven(root) {
  dateFields(root);
  keepDrafts(root);
}

// A form that came anew with one row more or less: one goes on in the row that was added last.
function swapped() {
  enliven(document);
  const form = document.getElementById("the-form");
  const group = form?.querySelector(`#${CSS.escape(`f-${form.dataset.grown}`)}`);
  const row = group ? [...group.querySelectorAll(".row-card")].pop() : null;
  (row?.querySelector("input:not([type=hidden]), select, textarea") || group)?.focus();
}

document.addEventListener("htmx:after:swap", swapped);
document.addEventListener("keydown", keys);
document.addEventListener("keydown", composing, true);
document.addEventListener("submit", once);
window.addEventListener("beforeprint", unfold);
document.addEventListener("change", sizes);
document.querySelectorAll("[data-keys-toggle]").forEach(keysToggle);
focusOnWrong();
enliven(document);
