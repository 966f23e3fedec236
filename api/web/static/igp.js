// What the pages can do beyond forms and links. Everything works without it.

import { keepDrafts } from "./draft.js";
import { dateFields } from "./dates.js";

function focusOnWrong() {
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();
}

// Ctrl+S sends the form that one writes in; Enter that ends the choice of a character sends nothing.
function keys(event) {
  if (event.isComposing) return;
  if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
    const form = document.querySelector("form[data-save]");
    if (form) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-submit]"));
    }
  }
  if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
    const search = document.getElementById("site-search");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
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
document.addEventListener("change", sizes);
focusOnWrong();
enliven(document);
