// A slider over the moments at which something was recorded; it fills the field that can be typed,
// and says beside it which moment of that minute is meant.

import { written } from "./dates.js";

function words(iso) {
  const local = new Date(new Date(iso).getTime() + 8 * 3600 * 1000);
  const day = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()));
  return `${written(day)} ${local.toISOString().slice(11, 16)}`;
}

for (const box of document.querySelectorAll("[data-moments]")) {
  const moments = box.dataset.moments.split(" ").filter(Boolean);
  const slider = box.querySelector("[data-slider]");
  const input = box.querySelector(".moment-input");
  const exact = box.querySelector("input[type=hidden]");
  const echo = box.querySelector("[data-moment-echo]");
  if (!slider || moments.length < 2) continue;
  slider.hidden = false;
  slider.addEventListener("input", () => {
    const iso = moments[Number(slider.value)];
    input.value = words(iso).replace(/（.）/, "");
    exact.value = iso;
    echo.textContent = "";
    slider.setAttribute("aria-valuetext", words(iso));
  });
}
