// Dates are typed; the calendar is a second way. What was understood is said beside the field.

const DAYS = "日一二三四五六";

// The forms that are typed most; the server reads more (domain/calendar.py).
export function read(text) {
  const plain = text.normalize("NFKC").trim().replace(/^(中華)?民國/, "");
  const found =
    plain.match(/^(\d{2,3})[./-](\d{1,2})[./-](\d{1,2})$/) ||
    plain.match(/^(\d{2,3})年(\d{1,2})月(\d{1,2})日$/) ||
    plain.match(/^(\d{2,3})(\d{2})(\d{2})$/);
  if (!found) return null;
  const [year, month, day] = [Number(found[1]) + 1911, Number(found[2]), Number(found[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date : null;
}

export function written(date) {
  const year = date.getUTCFullYear() - 1911;
  const day = `${date.getUTCMonth() + 1}月${date.getUTCDate()}日`;
  return `民國${year}年${day}（${DAYS[date.getUTCDay()]}）`;
}

function typed(iso) {
  const [year, month, day] = iso.split("-").map(Number);
  return `${year - 1911}/${month}/${day}`;
}

function enliven(field) {
  const input = field.querySelector("input");
  const echo = field.querySelector("[data-echo]");
  const button = field.querySelector("[data-pick]");
  if (!input || !button || !button.hidden) return;
  button.hidden = false;
  input.addEventListener("change", () => {
    const date = read(input.value);
    echo.textContent = date ? written(date) : "";
  });
  button.addEventListener("click", () => toggle(field, input, button));
}

async function toggle(field, input, button) {
  const open = field.querySelector(".date-pop");
  if (open) return close(field, button);
  await import("./cally.js");
  const pop = document.createElement("div");
  pop.className = "date-pop";
  pop.setAttribute("role", "dialog");
  pop.setAttribute("aria-label", button.getAttribute("aria-label"));
  const calendar = document.createElement("calendar-date");
  calendar.setAttribute("locale", "zh-TW-u-ca-roc");
  calendar.setAttribute("first-day-of-week", "0");
  for (const [slot, text] of [["previous", "‹ 上個月"], ["next", "下個月 ›"]]) {
    const label = document.createElement("span");
    label.slot = slot;
    label.textContent = text;
    calendar.append(label);
  }
  const date = read(input.value);
  const today = document.documentElement.dataset.today;
  if (date) calendar.setAttribute("value", date.toISOString().slice(0, 10));
  else if (today) calendar.setAttribute("focused-date", today);
  if (today) calendar.setAttribute("today", today);
  calendar.append(document.createElement("calendar-month"));
  calendar.addEventListener("change", () => {
    input.value = typed(calendar.value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    close(field, button);
    input.focus();
  });
  pop.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close(field, button);
      button.focus();
    }
  });
  // Whoever goes on with Tab leaves it behind: it would lie over what comes next.
  pop.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !field.contains(event.relatedTarget)) close(field, button);
  });
  pop.append(calendar);
  field.append(pop);
  button.setAttribute("aria-expanded", "true");
  requestAnimationFrame(() => calendar.focus());
}

function close(field, button) {
  field.querySelector(".date-pop")?.remove();
  button.setAttribute("aria-expanded", "false");
}

export function dateFields(root) {
  for (const field of root.querySelectorAll("[data-date]")) enliven(field);
}
