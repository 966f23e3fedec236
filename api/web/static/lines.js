// How far a long write is. The form is sent for lines of progress first, and then as ever: what was
// done under its key is done once, and the page tells what came of it. What was refused is not sent
// again: its page comes with the lines.

const LINES = "application/x-ndjson";

function shown(form) {
  const box = document.createElement("p");
  const bar = document.createElement("progress");
  const text = document.createElement("span");
  box.setAttribute("role", "status");
  bar.setAttribute("aria-label", "進度");
  text.textContent = "　辦理中，請勿關閉頁面。";
  box.append(bar, text);
  form.append(box);
  return { bar, text };
}

function refused(page) {
  const made = new DOMParser().parseFromString(page, "text/html");
  document.title = made.title;
  document.querySelector("main").replaceWith(made.querySelector("main"));
  document.querySelector("main .error-summary")?.focus();
}

// The page of a refusal, where there was one.
async function follow(form, told) {
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: LINES } });
  if (!answer.headers.get("content-type")?.startsWith(LINES)) {
    return answer.status >= 400 ? answer.text() : undefined;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let page;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return page;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const { decided, of, body } = JSON.parse(line);
      page = body?.page;
      if (of === undefined) continue;
      told.bar.max = of;
      told.bar.value = decided;
      told.text.textContent = `　已辦理 ${decided} 位，共 ${of} 位。請勿關閉頁面。`;
    }
  }
}

async function start(event) {
  const form = event.target;
  if (!form.hasAttribute("data-lines") || event.defaultPrevented) return;
  event.preventDefault();
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  // A connection that broke off leaves the answer to the form itself.
  const page = await follow(form, shown(form)).catch(() => {});
  if (page === undefined) form.submit();
  else refused(page);
}

document.addEventListener("submit", start);
