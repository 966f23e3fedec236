// What is typed into a long form is kept on the server as a draft, never in the record itself.

const IDLE_MS = 1500;

function enliven(form) {
  if (form.dataset.kept) return;
  form.dataset.kept = "1";
  const state = form.querySelector("[data-draft-state]");
  let timer = null;
  let dirty = form.hasAttribute("data-dirty");
  let leaving = false;

  const say = (text) => {
    if (state) state.textContent = text;
  };

  async function keep() {
    timer = null;
    say("儲存中……");
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        credentials: "same-origin",
        redirect: "error",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const now = new Date().toLocaleTimeString("zh-TW", { hour: "2-digit", minute: "2-digit", hour12: false });
      say(`草稿已於 ${now} 儲存，尚未送出`);
    } catch {
      say("草稿沒有儲存，請檢查網路，或重新登入");
    }
  }

  form.addEventListener("input", () => {
    dirty = true;
    if (!form.dataset.draft) return;
    say("尚未儲存");
    clearTimeout(timer);
    timer = setTimeout(keep, IDLE_MS);
  });
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
  });
  window.addEventListener("beforeunload", (event) => {
    if (dirty && !leaving && form.isConnected) event.preventDefault();
  });
}

export function keepDrafts(root) {
  for (const form of root.querySelectorAll("form[data-draft], form[data-guard]")) enliven(form);
}
