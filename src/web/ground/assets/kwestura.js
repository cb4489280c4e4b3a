// What makes work faster; every page does its job without it.
"use strict";

// A button beside what is copied into a banking app; without a script there is none.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const name = button.textContent;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

// Keys of one letter are in the way of whoever speaks to their screen (WCAG 2.1.4): a box in the frame
// switches them off, and this browser keeps that.
const KEYS = "kwestura-keys";
let keysOff = false;
try { keysOff = localStorage.getItem(KEYS) === "off"; } catch { /* Nothing is kept here. */ }
document.body.classList.toggle("no-keys", keysOff);
for (const label of document.querySelectorAll("[data-keys]")) {
  const box = label.querySelector("input");
  label.hidden = false;
  box.checked = !keysOff;
  box.addEventListener("change", () => {
    keysOff = !box.checked;
    document.body.classList.toggle("no-keys", keysOff);
    try { localStorage.setItem(KEYS, keysOff ? "off" : "on"); } catch { /* It holds for this page. */ }
  });
}

// In a list j and k go from row to row, and the arrows once one of them is there; Enter opens it.
const rows = [...document.querySelectorAll("[data-row]")];
const step = (key) => ({ j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 })[key];
function moved(key) {
  const at = rows.indexOf(document.activeElement);
  if (!step(key) || rows.length === 0 || (at < 0 && key.length > 1)) return false;
  const to = at < 0 && step(key) < 0 ? rows.length - 1 : at + step(key);
  if (rows[to]) rows[to].focus();
  return true;
}

// A key does what the link, button, field, box or summary with its name in `data-key` does.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (keysOff && event.key.length === 1) return;
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (typing) {
    if (event.key === "Escape") typing.blur();
    return;
  }
  // Enter on something is that thing's own.
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  if (moved(event.key)) {
    event.preventDefault();
    return;
  }
  const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!found) return;
  event.preventDefault();
  if (found.matches("input:not([type=checkbox]), textarea")) {
    found.focus();
    found.select();
  } else {
    found.click();
    const field = found.matches("summary") && found.parentElement.querySelector("input:not([type=hidden]), textarea");
    if (field) field.focus();
  }
});

// A box above a column chooses all of it; without a script there is none.
for (const all of document.querySelectorAll("[data-all]")) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll(`input[name="${all.dataset.all}"]`)) box.checked = all.checked;
  });
}

// Twice is once: a form that was sent is not sent again by an impatient finger.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// Files may be dropped on a form that takes them; it then goes the way that its button goes.
for (const zone of document.querySelectorAll("form[data-drop]")) {
  const over = (is) => (event) => { event.preventDefault(); zone.classList.toggle("over", is); };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    zone.querySelector("input[type=file]").files = event.dataTransfer.files;
    zone.requestSubmit();
  });
}

// An open page follows what happens, while somebody looks at it.
const live = document.body.dataset.live;
if (live && window.EventSource) {
  let source;
  const follow = () => {
    if (source) source.close();
    source = document.hidden ? undefined : new EventSource(live);
    if (source) source.addEventListener("live", (event) => tell(JSON.parse(event.data)));
  };
  const tell = (told) => {
    for (const place of document.querySelectorAll("[data-count]")) {
      if (told[place.dataset.count] !== undefined) place.textContent = told[place.dataset.count];
    }
    const owner = document.querySelector("[data-owner]");
    if (owner && told.owner !== undefined) {
      owner.hidden = told.owner === owner.dataset.owner;
      owner.querySelector("b").textContent = told.owner;
    }
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

// Figures that are still being counted are looked at again, unless somebody has begun to write.
if (document.querySelector("[data-again]")) {
  let writing = false;
  document.addEventListener("input", () => { writing = true; });
  setTimeout(() => { if (!writing) location.reload(); }, 3000);
}

// While files are imported, the page says how far it has come.
for (const words of document.querySelectorAll("[data-progress]")) {
  document.addEventListener("submit", () => { words.hidden = false; });
}
