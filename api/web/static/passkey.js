// Between the browser's passkeys and a form: what the page asks goes in, what a passkey said comes out.

const UNSUPPORTED = "這個瀏覽器不支援通行金鑰，請改用新版的 Chrome、Edge、Firefox 或 Safari。";
const SAYS = {
  NotAllowedError: "沒有完成：您取消了，或等候的時間已過。請再按一次。",
  AbortError: "沒有完成：您取消了，或等候的時間已過。請再按一次。",
  InvalidStateError: "這個裝置或安全金鑰已經新增過，請改用另一個。",
  SecurityError: "瀏覽器不允許在這個網址使用通行金鑰，請改以正式網址開啟。",
  NotSupportedError: "這個裝置無法使用通行金鑰，請改用另一個裝置或安全金鑰。",
};
const FAILED = "裝置無法完成驗證，請再試一次，或改用另一個裝置。";

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

function written(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function asked(options) {
  const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const made = { ...options, challenge: bytes(options.challenge) };
  if (options.user) made.user = { ...options.user, id: bytes(options.user.id) };
  if (options.allowCredentials) made.allowCredentials = known(options.allowCredentials);
  if (options.excludeCredentials) made.excludeCredentials = known(options.excludeCredentials);
  return made;
}

function told(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]) {
    if (credential.response[name]) response[name] = written(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: written(credential.rawId), type, response });
}

async function take(form, says, button) {
  const publicKey = asked(JSON.parse(form.dataset.options));
  const register = form.dataset.passkey === "register";
  says.textContent = "請依瀏覽器的指示操作……";
  button.disabled = true;
  try {
    const credential = register
      ? await navigator.credentials.create({ publicKey })
      : await navigator.credentials.get({ publicKey });
    form.elements.credential.value = told(credential);
    form.submit();
  } catch (error) {
    says.textContent = SAYS[error.name] || FAILED;
    button.disabled = false;
    button.focus();
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const says = form.querySelector("[data-passkey-says]");
  const button = form.querySelector("button[type=submit]");
  if (!window.PublicKeyCredential) {
    says.textContent = UNSUPPORTED;
    continue;
  }
  button.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take(form, says, button);
  });
}
